import type { Cause } from '../cause/cause.ts'
import { CURL, ERRNO, GETADDRINFO, statusCause, UV, WINSOCK } from './numbers.ts'
import { type Evidence, type Finding, type ParsedMessage, parseMessage, strongest } from './parsed-message.ts'
import { RANK } from './row.ts'

export type { Evidence } from './parsed-message.ts'

/** What a source's numbers are, where its configuration says so. */
export interface CodeRules {
  /** `http` statuses, `curl` results, `errno` of either sign (getaddrinfo and WinSock too), or the source's `own`. */
  readonly meaning?: 'http' | 'curl' | 'errno' | 'own'
  /** Causes of own numbers, by the number in decimal digits. */
  readonly own?: Readonly<Record<string, Cause>>
}

export interface Classification {
  readonly cause: Cause
  /** What decided first, then up to three that said something else. Empty if nothing was read. */
  readonly evidence: readonly Evidence[]
  /** The code, where it is an HTTP status. */
  readonly httpStatus?: number
  /** What the code was taken for; `none` where it says nothing. */
  readonly codeMeaning: CodeMeaning
}

export type CodeMeaning = 'http' | 'curl' | 'errno' | 'getaddrinfo' | 'winsock' | 'own' | 'none'

/**
 * Why a delivery failed, from what its sender reports. Total: any number and any text, of which the first 3 KiB and the
 * last 1 KiB are read; never throws. The order of evidence: the innermost error that the text names (see RANK), machine
 * codes in it, the HTTP status, the sender's own number. What names no reason is `unknown`.
 *
 * An HTTP status from 300 up stands, whatever other trouble its body tells of, unless the text is the sender's own account of
 * a connection that failed: then the number is the sender's, not a receiver's.
 * @param parse reads a text, which takes most of the time; pass a memoized one where texts repeat
 */
export function classify(
  report: { readonly code: number; readonly message: string },
  rules: CodeRules = {},
  parse: (message: string) => ParsedMessage = parseMessage,
): Classification {
  const text = parse(report.message)
  const meaning = meaningOf(report.code, rules)
  if (meaning === 'http' && report.code >= 300) {
    const transport = rules.meaning === 'http' ? undefined : transportErrorOf(text, report.code)
    if (transport !== undefined) return verdict(transport, text, 'own')
    const finding = ofStatus(report.code, 'code.http', `HTTP ${report.code}`, text)
    return { ...verdict(finding, text, 'http'), httpStatus: report.code }
  }
  const cause = causeOf(report.code, meaning, rules)
  const number = { read: `${meaning} ${report.code}`, rule: `code.${meaning}`, means: cause }
  const best = strongest(text.findings)
  if (best === undefined || (best.rank === 'outer' && MACHINE.has(meaning) && cause !== 'unknown')) {
    return withStatus(
      { cause, evidence: cause === 'unknown' ? [] : [number], codeMeaning: meaning },
      meaning,
      report.code,
    )
  }
  const handshake = meaning === 'curl' && report.code === CURL_SSL_CONNECT_ERROR
  return withStatus(
    verdict(settled(best, text, handshake || text.marks.has('handshake')), text, meaning),
    meaning,
    report.code,
  )
}

/** Numbers of a transport, which tell more than a text that says only that connecting or sending failed. */
const MACHINE: ReadonlySet<CodeMeaning> = new Set(['curl', 'errno', 'getaddrinfo', 'winsock'])
const CURL_SSL_CONNECT_ERROR = 35

const withStatus = (classification: Classification, meaning: CodeMeaning, code: number): Classification =>
  meaning === 'http' ? { ...classification, httpStatus: code } : classification

/** A finding with what surrounds it: a status with its body, a drop with the phase in which it happened. */
function settled(finding: Finding, text: ParsedMessage, handshake = text.marks.has('handshake')): Finding {
  if (finding.status !== undefined)
    return { ...finding, means: ofStatus(finding.status, finding.rule, finding.read, text).means }
  if (finding.drop && handshake) return { ...finding, means: 'tls' }
  return finding
}

/** What a status means with the body that came with it. A 5xx stays a 5xx, whatever the body tells. */
function ofStatus(status: number, rule: string, read: string, { marks, findings }: ParsedMessage): Finding {
  const own = { read, rule, means: statusCause(status), rank: 'status', at: 0, end: 0 } as const
  if (marks.has('challenge') && (status === 403 || status === 503)) return { ...own, means: 'blocked' }
  if (status === 403) {
    const decided = (cause: Cause) => findings.some(({ means, rank }) => means === cause && rank === 'decisive')
    if (marks.has('firewall') || marks.has('guard') || decided('blocked')) return { ...own, means: 'blocked' }
    // A platform's page in place of an application that is stopped.
    if (decided('unavailable')) return { ...own, means: 'unavailable' }
  }
  if (own.means !== 'rejected') return own
  if (marks.has('signature')) return { ...own, means: 'authentication' }
  if (marks.has('firewall')) return { ...own, means: 'blocked' }
  const about =
    findings.find((finding) => finding.means === 'protocol' && finding.rank === 'decisive') ??
    findings.find((finding) => finding.rule === 'tls.certificate')
  return about === undefined ? own : { ...own, means: about.means }
}

/** Statuses that senders use for whatever went wrong; beside any other the text must read like a client's. */
const LOOSE = new Set([400, 500])
/** Statuses that no server sends: proxies and clients made them up for a request without an answer. */
const CLIENT_STATUSES = new Set([598, 599])

/**
 * Statuses by which a gateway reports what is behind it. A transport error in its text is that one's, and proxies written
 * in Go put it there in their client's words ("dial tcp …: connection refused"): the receiver's own door was open.
 */
const GATEWAY = new Set([502, 503, 504])

/** The transport error that the sender reports, where its number only looks like an HTTP status. */
function transportErrorOf({ findings, marks, client, body }: ParsedMessage, code: number): Finding | undefined {
  const transport = findings.filter(({ status, means }) => status === undefined && TRANSPORT.has(means))
  const isMadeUp = CLIENT_STATUSES.has(code)
  const best = strongest(transport) ?? (isMadeUp ? strongest(findings) : undefined)
  if (best === undefined) return undefined
  if (GATEWAY.has(code)) return undefined
  const reading = { findings, marks, client, body }
  if (isMadeUp) return settled(best, reading)
  if (findings.some(({ rank }) => rank === 'status')) return undefined
  if (best.means === 'protocol' && best.rank === 'decisive' && code < 500) return undefined
  if (RANK[best.rank] < RANK.reason && !client) return undefined
  if (body || marks.has('service')) return undefined
  if (findings.some(({ status, rank }) => status !== undefined && rank === 'decisive')) return undefined
  return client || LOOSE.has(code) ? settled(best, reading) : undefined
}

const TRANSPORT: ReadonlySet<Cause> = new Set<Cause>([
  'dns',
  'connection_refused',
  'connection_reset',
  'unreachable',
  'tls',
  'timeout',
  'redirect',
  'protocol',
])

function meaningOf(code: number, { meaning, own }: CodeRules): CodeMeaning {
  if (own !== undefined && Object.hasOwn(own, String(code))) return 'own'
  if (!Number.isInteger(code)) return 'none'
  const errno = code < 0 ? -code : code
  switch (meaning) {
    case 'http':
      return code >= 100 && code <= 599 ? 'http' : 'none'
    case 'curl':
      return code >= 1 && code <= 199 ? 'curl' : 'none'
    case 'errno':
      if (code < 0 && GETADDRINFO[errno] !== undefined) return 'getaddrinfo'
      if (WINSOCK[errno] !== undefined) return 'winsock'
      return errno >= 1 && errno <= 4_095 ? 'errno' : 'none'
    case 'own':
      return 'own'
  }
  if (code >= 200 && code <= 599) return 'http'
  if (code >= 1 && code <= 99) return 'curl'
  if (code >= 100 && code <= 199) return 'errno'
  if (code >= 10_004 && code <= 11_010) return 'winsock'
  if (code < 0 && GETADDRINFO[errno] !== undefined) return 'getaddrinfo'
  return code < 0 && (ERRNO[errno] !== undefined || UV[errno] !== undefined) ? 'errno' : 'none'
}

/** What the number says where the text says nothing. */
function causeOf(code: number, meaning: CodeMeaning, { own }: CodeRules): Cause {
  const number = Math.abs(code)
  switch (meaning) {
    case 'http':
      return statusCause(code)
    case 'curl':
      return CURL[code] ?? 'unknown'
    case 'errno':
      return ERRNO[number] ?? UV[number] ?? 'unknown'
    case 'getaddrinfo':
      return GETADDRINFO[number] ?? 'unknown'
    case 'winsock':
      return WINSOCK[number] ?? 'unknown'
    case 'own':
      return own?.[String(code)] ?? 'unknown'
    case 'none':
      return 'unknown'
  }
}

/** The decision first, then what else was named, each cause once, by what tells it best. */
function verdict(decided: Finding, { findings }: ParsedMessage, codeMeaning: CodeMeaning): Classification {
  const causes = [...new Set(findings.map(({ means }) => means))].filter((means) => means !== decided.means)
  const others = causes.map((cause) => strongest(findings.filter(({ means }) => means === cause))!)
  const evidence = [decided, ...others.slice(0, 3)].map(({ read, rule, means }) => ({ read, rule, means }))
  return { cause: decided.means, evidence, codeMeaning }
}
