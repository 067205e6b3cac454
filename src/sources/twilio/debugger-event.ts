import type { Lost, Signal, SignalTarget } from '../../domain/report/signal.ts'
import { rfc3339 } from '../../domain/text/human.ts'
import type { FieldFault } from '../../errors.ts'
import { readForm } from '../form.ts'
import type { GivenUp, ReportRequest } from '../give-up.ts'
import { invalidReport } from '../report-errors.ts'

/**
 * Error codes that mean a request to a webhook failed (twilio.com/docs/api/errors): retrieval and connection, protocol, host
 * name, redirects, statuses, TLS, URL, status callbacks. The same webhook reports every other error of the account.
 */
const FAILURES = /^(?:1120\d|11210|11215|11217|11220|1123\d|11321|15003)$/

const LONGEST_URL = 2_048
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/
const ACCOUNT = /^(?:AC[0-9A-Za-z]{32})?$/
/** Whether a field has swallowed the text of the one that names the account or its parent. */
const hidesAccount = ([name, value]: readonly [string, string]): boolean =>
  !/^(?:(?:Parent)?AccountSid|Payload)$/.test(name) && `${name}${value}`.includes('AccountSid')
type Members = Readonly<Record<string, unknown>>
const isRecord = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
/** A member that the sender gives as a document, or as its text. */
const documentOf = (value: unknown): Members => {
  if (isRecord(value)) return value
  if (typeof value !== 'string') return {}
  try {
    const parsed: unknown = JSON.parse(value)
    return isRecord(parsed) ? parsed : {}
  } catch {
    return {}
  }
}
const texts = (...values: readonly unknown[]): string =>
  values.find((value): value is string => typeof value === 'string' && value !== '') ?? ''

/** What was read of an event, by name: where it was, and its text. */
export interface DebuggerEvent {
  readonly signal: Signal
  readonly found: Readonly<Record<string, { readonly at: string; readonly value: string }>>
}

/**
 * Reads an event of the debugger webhook: a form with JSON in the field `Payload`.
 * @param keep whether the whole body is kept
 * @throws AppError `invalid_report`, `too_large`
 */
export function readDebuggerEvent(raw: Uint8Array, keep: boolean): DebuggerEvent {
  const form = readForm(raw)
  const sid = form.get('Sid') ?? ''
  const account = form.get('AccountSid') ?? ''
  const time = RFC3339.test(form.get('Timestamp') ?? '') ? Date.parse(form.get('Timestamp')!) : Number.NaN
  const payload = parsed(form.get('Payload'))
  const faults: FieldFault[] = [
    // The signature covers names and values without separators: what is well-formed, and in no other field, cannot be shifted.
    ...(/^[A-Za-z0-9]{1,64}$/.test(sid) ? [] : [{ pointer: '/Sid', detail: 'must be 1 to 64 letters and digits' }]),
    ...(Number.isNaN(time) ? [{ pointer: '/Timestamp', detail: 'must be a time (RFC 3339)' }] : []),
    ...(payload ? [] : [{ pointer: '/Payload', detail: 'must be a JSON object' }]),
    ...(ACCOUNT.test(account) && ![...form].some(hidesAccount)
      ? []
      : [{ pointer: '/AccountSid', detail: 'must be AC and 32 letters or digits, in a field of its own' }]),
  ]
  if (faults.length > 0) throw invalidReport(faults)

  const { error_code: given, more_info: info, webhook } = payload!
  const error = String(given ?? '')
  const about = documentOf(info)
  const { request, response } = documentOf(webhook)
  const message = texts(about['Msg'], about['msg'], about['message'])
  const url = texts(
    documentOf(request)['url'],
    about['url'],
    about['ErrorUrl'],
    /https?:\/\/[^\s"'<>]+/.exec(message)?.[0],
  )
  const status = Number(documentOf(response)['status_code'] ?? Number.NaN)
  const isStatus = Number.isInteger(status) && status >= 100 && status <= 599
  const read = {
    id: { at: 'form:Sid', value: sid },
    type: { at: 'form:Payload /error_code', value: error },
    time: { at: 'form:Timestamp', value: form.get('Timestamp')! },
    ...(url !== '' && { endpoint: { at: 'form:Payload /webhook/request/url', value: url } }),
    code: isStatus
      ? { at: 'form:Payload /webhook/response/status_code', value: String(status) }
      : { at: 'form:Payload /error_code', value: error },
    ...(message !== '' && { message: { at: 'form:Payload /more_info', value: message } }),
  }
  if (!FAILURES.test(error)) return { signal: { type: 'ignored', id: sid }, found: read }
  const target: SignalTarget =
    url === '' ? { ref: account === '' ? 'account' : account } : { url: url.slice(0, LONGEST_URL) }
  const kept = keep
    ? raw
    : Buffer.from(JSON.stringify(Object.fromEntries(Object.entries(read).map(([name, { value }]) => [name, value]))))
  const signal: Lost = {
    type: 'lost',
    id: sid,
    time,
    ...target,
    code: isStatus ? status : Number(error),
    message,
    raw: kept,
    // A subaccount stands for a customer.
    ...(form.has('ParentAccountSid') && account !== '' && { tenant: account }),
  }
  return { signal, found: read }
}

function parsed(text: string | undefined): Members | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** The event of a request that failed, as the debugger reports it: 11200 stands for any retrieval failure. */
export function debuggerEvent({ id, endpoint, code, message, at }: GivenUp): ReportRequest {
  const error = '11200'
  const response = code === 0 ? {} : { response: { status_code: code } }
  const payload = {
    resource_sid: null,
    service_sid: null,
    error_code: error,
    more_info: { Msg: message, ErrorCode: error, LogLevel: 'ERROR' },
    webhook: { type: 'application/json', request: { url: endpoint, method: 'POST' }, ...response },
  }
  const form = new URLSearchParams({
    Sid: id.replaceAll(/[^A-Za-z0-9]/g, '').slice(0, 64),
    AccountSid: 'AC00000000000000000000000000000000',
    Timestamp: rfc3339(at),
    Level: 'ERROR',
    PayloadType: 'application/json',
    Payload: JSON.stringify(payload),
  })
  return { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: form.toString() }
}
