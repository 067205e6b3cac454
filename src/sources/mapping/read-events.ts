import { SIGNAL_LIMIT } from '../../domain/report/signal.ts'
import { AppError } from '../../errors.ts'
import { BATCH, binaryAttributes, eventData, eventFault, isBinary, isJsonType, STRUCTURED } from '../cloud-event.ts'
import { FORM, readForm } from '../form.ts'
import { invalidReport, readJson } from '../report-errors.ts'
import type { SourceRequest } from '../source.ts'
import type { SourceEvent } from './event.ts'

export interface ReadOptions {
  /** Whether the data of a CloudEvent in binary mode is left unread: it may be missing or cut. */
  readonly attributesOnly?: boolean
}

const dataOf = (raw: Uint8Array, type: string): unknown =>
  isJsonType(type) && raw.length > 0 ? readJson(raw) : Buffer.from(raw).toString()

/**
 * The events of a request: one of a JSON body or a form; one or, in a batch, many of CloudEvents.
 * @throws AppError `unsupported_media_type`, `invalid_encoding`, `invalid_json`, `invalid_report`, `too_large`
 */
export function readEvents(
  raw: Uint8Array,
  { headers, isSigned }: SourceRequest,
  options: ReadOptions = {},
): readonly SourceEvent[] {
  if (isSigned) return signedEvents(raw, headers)
  const type = String(headers['content-type'] ?? '')
    .split(';', 1)[0]!
    .trim()
    .toLowerCase()
  if (type === BATCH) return batch(readJson(raw), headers)
  if (type === STRUCTURED) {
    const event = structured(readJson(raw), { path: '', headers })
    if (event.fault) throw invalidReport([event.fault])
    return [event]
  }
  if (isBinary(headers)) return [binary(options.attributesOnly ? undefined : raw, type, headers)]
  if (type === FORM) return [formEvent(raw, headers)]
  if (type !== '' && !isJsonType(type))
    throw new AppError('unsupported_media_type', `send the report as application/json, ${FORM} or a CloudEvent`)
  return [plainEvent(readJson(raw), headers)]
}

/** By the bytes alone: a signature does not cover Content-Type, by which anyone could change what they mean. */
function signedEvents(raw: Uint8Array, headers: SourceRequest['headers']): readonly SourceEvent[] {
  // A form begins with a name, which JSON never does.
  if (/^[^\s"{[=]+=/.test(Buffer.from(raw.subarray(0, 1_024)).toString('latin1'))) return [formEvent(raw, headers)]
  const document = readJson(raw)
  const isEvent = (each: unknown) => eventFault(each) === undefined
  if (Array.isArray(document) && document.some(isEvent)) return batch(document, headers)
  return [isEvent(document) ? structured(document, { path: '', headers }) : plainEvent(document, headers)]
}

const plainEvent = (value: unknown, headers: SourceRequest['headers']): SourceEvent => ({
  roots: [{ value, path: '' }],
  headers,
  path: '',
})

function formEvent(raw: Uint8Array, headers: SourceRequest['headers']): SourceEvent {
  const form = readForm(raw)
  return { ...plainEvent(Object.fromEntries(form), headers), form }
}

function batch(document: unknown, headers: SourceRequest['headers']): SourceEvent[] {
  if (!Array.isArray(document)) throw invalidReport([{ pointer: '', detail: 'must be a list of CloudEvents' }])
  checkCount(document.length)
  return document.map((event, index) => ({
    ...structured(event, { path: `/${index}`, headers }),
    index,
    part: event,
  }))
}

function structured(
  event: unknown,
  { path, headers }: { readonly path: string; readonly headers: SourceRequest['headers'] },
): SourceEvent {
  const fault = eventFault(event)
  if (fault) return { roots: [], headers, path, fault: { ...fault, pointer: path + fault.pointer } }
  const attributes = event as Readonly<Record<string, unknown>>
  const value = { ...attributes, data: eventData(attributes) }
  return {
    roots: [
      { value, path },
      { value: value.data, path: `${path}/data` },
    ],
    headers,
    attributes,
    path,
  }
}

/** Attributes and data as the same event would have them in structured mode, so that one mapping reads every mode. */
function binary(raw: Uint8Array | undefined, type: string, headers: SourceRequest['headers']): SourceEvent {
  const attributes = binaryAttributes(headers)
  const fault = eventFault(attributes)
  if (fault) throw invalidReport([{ pointer: `header:ce-${fault.pointer.slice(1)}`, detail: fault.detail }])
  const data = raw && dataOf(raw, type)
  const value = { ...attributes, data }
  return {
    roots: [
      { value, path: '' },
      { value: data, path: '/data' },
    ],
    headers,
    attributes,
    path: '',
  }
}

/** @throws AppError `too_large` */
export function checkCount(events: number): void {
  if (events > SIGNAL_LIMIT)
    throw new AppError('too_large', `the body has ${events} events; send at most ${SIGNAL_LIMIT} per request`)
}
