import type { Cause } from '../cause/cause.ts'
import { CURL, ERRNO, GETADDRINFO, GRPC, NSURL, statusCause, UV, WINHTTP, WINSOCK } from './numbers.ts'
import type { Mark, Rank } from './row.ts'
import { glued, isOther, isStatus, isUnit } from './statuses.ts'
import { MARK, type Words } from './words.ts'

/** A number in the text whose meaning the words around it tell. */
export interface Reading {
  readonly kind: 'http' | 'curl' | 'errno' | 'getaddrinfo' | 'winsock' | 'winhttp' | 'nsurl' | 'grpc'
  readonly number: number
  readonly cause: Cause
  readonly rank: Rank
  readonly marks: readonly Mark[]
  /** Which word it is. */
  readonly at: number
}

const set = (...texts: string[]) => new Set(texts.join(' ').split(' '))

const ERRNO_BEFORE = set('errno oserror errorno errcode winerror wsaerror')
const SOCKET_BEFORE = set(
  'error errno code exception winerror socketerror wsa socket fehler erreur errore ошибка errorcode',
)

/** Names of the interfaces of Windows in whose results WinHTTP's numbers stand, as words: WinHttpRequestCallback. */
const WINDOWS = set('win winhttp wininet')
/** Could not connect, send, receive: a text next to it tells more. */
const CURL_VAGUE = new Set([7, 55, 56])
/** It says as little as that connecting failed, and the text next to it more. */
const GRPC_UNAVAILABLE = 14

/** Numbers looked at, from either end of a text: a dump full of them is no account of an error. */
const MOST_FIRST = 96
const MOST_LAST = 32

/** Every number of a text that its neighbours explain, in the order of the text. */
export function readings({ texts, marks }: Words): Reading[] {
  const places: number[] = []
  for (let at = 0; at < texts.length; at++)
    if (isNumber(texts[at]!) || glued(texts[at]!) !== undefined || windows(texts[at]!) !== undefined) places.push(at)
  if (places.length > MOST_FIRST + MOST_LAST) places.splice(MOST_FIRST, places.length - MOST_FIRST - MOST_LAST)
  const found: Reading[] = []
  for (const at of places) {
    const status = glued(texts[at]!)
    const number = isOther(texts[at - 1] ?? '') ? undefined : windows(texts[at]!)
    const reading =
      number !== undefined
        ? ofWindows(number, at)
        : status === undefined
          ? read(Number(texts[at]), at, texts, marks[at]!)
          : ({ kind: 'http', number: status, cause: statusCause(status), rank: 'status', marks: [], at } as const)
    if (reading !== null) found.push(reading)
  }
  return found
}

function ofWindows(number: number, at: number): Reading {
  const socket = WINSOCK[number]
  if (socket !== undefined) return { kind: 'winsock', number, cause: socket, rank: 'reason', marks: [], at }
  return { kind: 'winhttp', number, cause: WINHTTP[number]!, rank: 'phase', marks: [], at }
}

/** Numbers of Windows begin so where they are printed as a HRESULT: facility 7, in hexadecimal or as a negative number. */
const HRESULT = 0x8007_0000
/**
 * @returns a number of WinSock, WinHTTP or WinINet in hexadecimal (`0x2ee2`, `0x80072EE2`) or as a signed HRESULT
 *   (`-2147012894`); undefined for any other word
 */
function windows(text: string): number | undefined {
  const first = text.charCodeAt(0)
  if (text.length < 6 || text.length > 10 || first < 0x30 || first > 0x39) return undefined
  let number = 0
  if (/^0x0{0,4}2[7-9a-f][0-9a-f]{2}$/.test(text)) number = Number(text)
  else if (/^(0x)?80072[7-9a-f][0-9a-f]{2}$/.test(text))
    number = Number.parseInt(text.slice(text.startsWith('0x') ? 2 : 0), 16) - HRESULT
  else if (/^21470\d{5}$/.test(text)) number = 2 ** 32 - Number(text) - HRESULT
  return WINSOCK[number] === undefined && WINHTTP[number] === undefined ? undefined : number
}

function isNumber(text: string): boolean {
  const first = text.charCodeAt(0)
  return first >= 0x30 && first <= 0x39 && text.length <= 6 && /^\d{1,6}$/.test(text)
}

function read(number: number, at: number, texts: readonly string[], mark: number): Reading | null {
  const back = (steps: number) => texts[at - steps] ?? ''
  const make = (kind: Reading['kind'], cause: Cause | undefined, rank: Rank, marked: readonly Mark[] = []) =>
    cause === undefined ? null : { kind, number, cause, rank, marks: marked, at }

  if (isCurl(texts, at))
    return make(
      'curl',
      CURL[number],
      CURL_VAGUE.has(number) ? 'outer' : 'phase',
      number === 35 ? ['client', 'handshake'] : ['client'],
    )
  const negative = (mark & MARK.NEGATIVE) !== 0
  const nearby = [back(1), back(2), back(3), back(4)]
  if (number >= 1_000 && number < 1_300 && (negative || nearby.includes('nsurlerrordomain'))) {
    const apple = NSURL[number]
    if (apple !== undefined && (nearby.includes('code') || nearby.includes('error') || nearby.includes('domain')))
      return make('nsurl', apple, 'reason')
  }
  if (
    ERRNO_BEFORE.has(back(1)) ||
    (back(1) === 'error' && back(2) === 'os') ||
    (back(1) === 'code' && back(2) === 'errno')
  ) {
    if (negative && number < 10 && GETADDRINFO[number] !== undefined)
      return make('getaddrinfo', GETADDRINFO[number], 'reason')
    return make('errno', ERRNO[number] ?? WINSOCK[number] ?? UV[number], 'reason')
  }
  if (SOCKET_BEFORE.has(back(1)) && number >= 10_004 && number <= 11_010)
    return make('winsock', WINSOCK[number], 'reason')
  if (number >= 12_001 && number <= 12_180 && nearby.some((word) => SOCKET_BEFORE.has(word) || WINDOWS.has(word)))
    return make('winhttp', WINHTTP[number], 'phase')
  if (back(1) === 'error' && back(2) === 'connect' && ERRNO[number] !== undefined && number > 99)
    return make('errno', ERRNO[number], 'reason')
  if (
    back(1) === 'failed' &&
    (mark & MARK.PARENTHESES) === 0 &&
    ERRNO[number] !== undefined &&
    /^(connect|recv|send|writev|readv|ssl_do_handshake)$/.test(back(2))
  )
    return make('errno', ERRNO[number], 'reason')
  if (
    number <= 16 &&
    (back(1) === 'grpc' ||
      (back(1) === 'status' && back(2) === 'grpc') ||
      (back(1) === 'code' && nearby.includes('grpc')))
  )
    return make('grpc', GRPC[number], number === GRPC_UNAVAILABLE ? 'outer' : 'phase')
  if (isStatus(number, at, texts, mark)) return make('http', statusCause(number), 'status')
  return null
}

/** What is between libcurl's name and its number: `cURL connection error (60)`, `curl_exec failed, errno 35`. */
const CURL_BETWEEN = set(
  'error errno code exit status returned returns failed failure with no err rc e number nr n num numero result exec request response',
  'connection connect http https call transfer session api wp php easy perform got by because of due to exception erreur fehler errore',
  'erro fout blad ошибка hatasi hata fehlercode foutcode codigo codice kod код de du 错 误 錯 誤 码 碼 代 エ ラ ー 오 류',
)
const CURL_NAMES = set('curl libcurl curle pycurl curlerror curlcode')

/** `cURL error 28`, `curl: (28)`, `curl_errno=28`, `libcurl error code 28`, `cURL connection error (60)`. */
function isCurl(texts: readonly string[], at: number): boolean {
  if (Number(texts[at]) > 101 || isUnit(texts[at + 1] ?? '')) return false
  for (let steps = 1; steps <= 6; steps++) {
    const word = texts[at - steps] ?? ''
    if (CURL_NAMES.has(word)) return true
    if (word === 'url' && texts[at - steps - 1] === 'c') return true
    if (!CURL_BETWEEN.has(word)) return false
  }
  return false
}
