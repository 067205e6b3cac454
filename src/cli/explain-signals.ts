import type { IncomingHttpHeaders } from 'node:http'
import type { Config } from '../config/schema.ts'
import { classify } from '../domain/classify/classify.ts'
import { identifier } from '../domain/report/endpoint.ts'
import { refIdentifier } from '../domain/report/endpoint-refs.ts'
import type { Lost } from '../domain/report/signal.ts'
import { stringify, visibleText } from '../domain/text/external-text.ts'
import { redact } from '../domain/text/redact.ts'
import { AppError } from '../errors.ts'
import { hasAuth, readableRequest } from '../sources/auth/config.ts'
import type { ExplainedSignal, SourceKind } from '../sources/source.ts'
import { readStdin } from './stdin.ts'
import { UsageError } from './usage.ts'

export interface ExplainedSource {
  readonly config: Config
  readonly kind: SourceKind
  /** The source in the configuration. */
  readonly section: object
  /** As on the command line, `Name: value`. */
  readonly headers: readonly string[]
  readonly json: boolean
}

/** Characters of one value that are shown. */
const LONGEST = 200

/**
 * Prints the signals that a sample on stdin yields, where each value was found, and what the service would make of it; sends
 * and stores nothing.
 * @returns the exit code
 * @throws UsageError if the sample cannot be read
 */
export async function explainSignals(of: ExplainedSource): Promise<number> {
  const raw = await readStdin()
  const headers = requestHeaders(of.headers, raw)
  const request = hasAuth(of.section) ? readableRequest(headers, of.section.auth) : { headers }
  const explained = await of.kind.explainSignals!(of.section, raw, request).catch((error: unknown) => {
    if (!(error instanceof AppError)) throw error
    throw new UsageError(error.message)
  })
  const name = Object.entries(of.config.sources).find(([, section]) => section === of.section)![0]
  const views = explained.map((each) => view(each, of, name))
  process.stdout.write(of.json ? `${stringify({ signals: views })}\n` : text(views))
  return 0
}

/** The headers given; without a Content-Type what the sample looks like. */
function requestHeaders(given: readonly string[], raw: Uint8Array): IncomingHttpHeaders {
  const headers: Record<string, string> = {}
  for (const line of given) {
    const at = line.indexOf(':')
    if (at < 1) throw new UsageError(`--header takes 'Name: value'`)
    headers[line.slice(0, at).trim().toLowerCase()] = line.slice(at + 1).trim()
  }
  const isJson = /^\s*[[{"]/.test(Buffer.from(raw.subarray(0, 100)).toString())
  return { 'content-type': isJson ? 'application/json' : 'application/x-www-form-urlencoded', ...headers }
}

type View = ReturnType<typeof view>

function view({ signal, found }: ExplainedSignal, { config, kind, section }: ExplainedSource, source: string) {
  const values = Object.entries(found).map(([name, { at, value }]) => ({
    name,
    at,
    value: redact(value).slice(0, LONGEST),
  }))
  if (signal.type === 'rejected') {
    const { index, pointer, detail } = signal
    return { type: signal.type, index, pointer, detail, values }
  }
  if (signal.type === 'ignored') return { type: signal.type, values }
  const target =
    signal.ref === undefined
      ? identifier(config.endpoints)(signal.url)
      : refIdentifier(config.endpoints)(`${source}:${signal.ref}`)
  const { code, message = '' } = signal
  const cause = signal.type === 'lost' ? classify(signal as Lost, kind.codes?.(section)).cause : undefined
  return {
    type: signal.type,
    endpoint: target.endpoint,
    url: target.url,
    ...(code !== undefined && { code }),
    ...(message !== '' && { message: redact(message).slice(0, LONGEST) }),
    ...(cause !== undefined && { cause }),
    ...(signal.type === 'disabled' && signal.manual && { manual: true }),
    ...(signal.type === 'recovered' && signal.what !== undefined && { what: signal.what }),
    values,
  }
}

function text(views: readonly View[]): string {
  if (views.length === 0) return 'the sample yields no signal\n'
  return views.map((each, index) => one(each, views.length > 1 ? ` ${index + 1}` : '')).join('\n')
}

function one({ values, ...members }: View, number: string): string {
  const { type, ...rest } = members
  const lines = Object.entries(rest).map(([name, value]) => `  ${name}: ${visibleText(String(value))}`)
  const places = values.map(({ name, at, value }) => `  ${name} = ${visibleText(value)} (from ${visibleText(at)})`)
  const note = type === 'ignored' ? ' (answered 202, nothing is recorded)' : ''
  return [
    `signal${number}: ${type}${note}`,
    ...lines,
    'found:',
    ...(places.length > 0 ? places : ['  nothing']),
    '',
  ].join('\n')
}
