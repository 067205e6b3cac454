import type { Cause } from '../cause.ts'
import { CURL, ERRNO, GETADDRINFO, GRPC, NSURL, statusCause, UV, WINHTTP, WINSOCK } from './numbers.ts'
import type { Mark, Rank } from './phrases.ts'
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

/** Words right before an HTTP status, in the languages of the tables. */
const STATUS_BEFORE = set(
  'status statuscode code codes http https response responses responded returned returns return returning replied answered',
  'result outcome httpresult rejected refused with encountered hit saw seen got received receive error errors httperror failure failed 1.0 1.1 2.0 statut estado stato statuskod statuswert kod код статус',
  'zuruckgegeben zuruck retourne renvoye devuelto devolvio retornou restituito kode httpstatus httpcode gave sent said says ответа ответ кода codigo codice',
  '码 碼 ド 드 態 态 为 為 了 错 回 ー 류 송 答 误 誤',
)
/** What may be glued to a status, as in HTTP_404. */
const NAMED = set('http https httpstatus status')
/** Words before which a number is certainly something else. */
const OTHER_NUMBER = set(
  'port ports line lines pid id ids after within in byte bytes attempt attempts retry retries errno sqlstate column col',
  'row rows size length took for every count total offset position version v number no order invoice user page item items max min than',
)
const UNITS = set(
  'ms msec msecs millisecond milliseconds millis s sec secs second seconds m min mins minute minutes h hour hours us ns bytes byte b',
  'kb mb gb kib mib gib characters chars times retries attempts tries redirects items records rows requests lines percent x',
)
/** Last words of the names of redirects, for `Found (302)`. */
const REDIRECTED = set('found permanently temporarily redirect redirected moved other')
/** Words that may stand between: a status code of 404, got an unexpected 500. */
const FILLERS = set('of is was a an the with unexpected invalid wrong bad following')
/** What makes of an announcing word another one: OS error 104, exit code 401, a Code of an NSError's Domain. */
const NOT_A_STATUS: Readonly<Record<string, ReadonlySet<string>>> = {
  error: set('os sql'),
  code: set('exit domain nsurlerrordomain network nsposixerrordomain'),
}
/** What follows a status without its having been announced: `404 Client Error`, `503 response`. */
const STATUS_AFTER = set('client server error errors response responses status')
/** The first words of each status's name, for `404 Not Found` and `(503) Server Unavailable`. */
const NAMES: Readonly<Record<number, ReadonlySet<string>>> = {
  300: set('multiple'),
  301: set('moved'),
  302: set('found moved'),
  303: set('see'),
  304: set('not'),
  307: set('temporary'),
  308: set('permanent'),
  400: set('bad'),
  401: set('unauthorized unauthorised authorization nicht non'),
  402: set('payment'),
  403: set('forbidden access verboten interdit prohibido'),
  404: set('not page file nicht introuvable no'),
  405: set('method not'),
  406: set('not'),
  407: set('proxy'),
  408: set('request'),
  409: set('conflict'),
  410: set('gone'),
  411: set('length'),
  412: set('precondition'),
  413: set('payload request content entity'),
  414: set('uri request'),
  415: set('unsupported'),
  417: set('expectation'),
  418: set('i im unused'),
  419: set('page authentication'),
  421: set('misdirected'),
  422: set('unprocessable'),
  423: set('locked'),
  424: set('failed'),
  425: set('too'),
  426: set('upgrade'),
  428: set('precondition'),
  429: set('too'),
  431: set('request'),
  451: set('unavailable'),
  494: set('request'),
  495: set('ssl'),
  496: set('ssl no'),
  497: set('http'),
  499: set('client'),
  500: set('internal server interner erreur'),
  501: set('not'),
  502: set('bad proxy'),
  503: set('service server backend temporarily'),
  504: set('gateway'),
  505: set('http'),
  507: set('insufficient'),
  508: set('loop'),
  511: set('network'),
  520: set('web unknown'),
  521: set('web'),
  522: set('connection'),
  523: set('origin'),
  524: set('a timeout'),
  525: set('ssl'),
  526: set('invalid'),
  530: set('site origin'),
}

const ERRNO_BEFORE = set('errno oserror errorno errcode winerror wsaerror')
const SOCKET_BEFORE = set(
  'error errno code exception winerror socketerror wsa socket fehler erreur errore ошибка errorcode',
)

/** Names of the interfaces of Windows in whose results WinHTTP's numbers stand, as words: WinHttpRequestCallback. */
const WINDOWS = set('win winhttp wininet')
/** Could not connect, send, receive: a text beside it tells more. */
const CURL_VAGUE = new Set([7, 55, 56])
/** It says as little as that connecting failed, and the text beside it more. */
const GRPC_UNAVAILABLE = 14

/** Numbers looked at, from either end of a text: a dump full of them is no account of an error. */
const MOST_FIRST = 96
const MOST_LAST = 32

/** Every number of a text that its neighbours explain, in the order of the text. */
export function readings({ texts, marks }: Words): Reading[] {
  const places: number[] = []
  for (let at = 0; at < texts.length; at++) if (isNumber(texts[at]!)) places.push(at)
  if (places.length > MOST_FIRST + MOST_LAST) places.splice(MOST_FIRST, places.length - MOST_FIRST - MOST_LAST)
  const found: Reading[] = []
  for (const at of places) {
    const reading = read(Number(texts[at]), at, texts, marks[at]!)
    if (reading !== null) found.push(reading)
  }
  return found
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

/** `cURL error 28`, `curl: (28)`, `curl_errno=28`, `libcurl error code 28`. */
function isCurl(texts: readonly string[], at: number): boolean {
  if (Number(texts[at]) > 101) return false
  for (let steps = 1; steps <= 4; steps++) {
    const word = texts[at - steps] ?? ''
    if (word === 'curl' || word === 'libcurl' || word === 'curle') return true
    if (word === 'url' && texts[at - steps - 1] === 'c') return true
    if (!/^(error|errno|code|exit|status|returned|failed|with|no|err|rc)$/.test(word)) return false
  }
  return false
}

function isStatus(number: number, at: number, texts: readonly string[], mark: number): boolean {
  if (number < 300 || number > 599 || (mark & MARK.NEGATIVE) !== 0) return false
  if ((mark & MARK.GLUED) !== 0) return NAMED.has(texts[at - 1] ?? '')
  const after = texts[at + 1] ?? ''
  if (texts.length === 1 || (at === 0 && (mark & MARK.TITLE) !== 0 && NAMES[number] !== undefined)) return true
  if (UNITS.has(after) && !/^status(code)?$/.test(texts[at - 1] ?? '')) return false
  let back = 1
  while (back <= 3 && FILLERS.has(texts[at - back] ?? '')) back++
  if (texts[at - back] === '|') back++
  const before = texts[at - back] ?? ''
  const earlier = texts[at - back - 1] ?? ''
  if (OTHER_NUMBER.has(before)) return false
  if (NAMES[number]?.has(after) || (after === 'unknown' && texts[at + 2] === 'status')) return true
  if (before === '' && at > 0) return false
  if (STATUS_BEFORE.has(before)) return !NOT_A_STATUS[before]?.has(earlier)
  if (/^[123]$/.test(before) && /^https?$/.test(earlier)) return true
  if ((mark & MARK.PARENTHESES) !== 0 && (number >= 400 || REDIRECTED.has(texts[at - 1] ?? ''))) return true
  return STATUS_AFTER.has(after)
}
