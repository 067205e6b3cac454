import { idempotencyOf } from '../../domain/report/idempotency.ts'
import type { Signal, SignalTarget } from '../../domain/report/signal.ts'
import { memoize } from '../../domain/text/memoize.ts'
import { safeMessage } from '../../domain/text/safe-message.ts'
import type { FieldFault } from '../../errors.ts'
import { type Found, find, type SourceEvent } from './event.ts'
import { parseLocator } from './locator.ts'
import type { MappedType, Mapping, ValueName } from './mapping.ts'
import { codeOf, countOf, textOf, timeOf, urlTextOf, ValueFault } from './values.ts'

/** By the name of a value: where it was found, and the text there. */
export type FoundValues = Record<string, { readonly at: string; readonly value: string }>

export type MappedEvent =
  | { readonly signal: Signal; readonly found: FoundValues }
  | { readonly fault: FieldFault; readonly found: FoundValues }

/** Characters of a URL or reference. */
const LONGEST_TARGET = 2_048
const LONGEST_EVENT = 255
const NONE = new Uint8Array()

class EventFault extends Error {
  readonly fault: FieldFault
  constructor(pointer: string, detail: string) {
    super(detail)
    this.fault = { pointer, detail }
  }
}

/**
 * What an event says by a mapping. Total: a fault names the place where another value was due.
 * @returns the signal, with an empty `raw`
 */
export function mapEvent(mapping: Mapping, event: SourceEvent): MappedEvent {
  const found: FoundValues = {}
  if (event.fault) return { fault: event.fault, found }
  try {
    return { signal: signalOf(mapping, event, found), found }
  } catch (error) {
    if (error instanceof EventFault) return { fault: error.fault, found }
    throw error
  }
}

function signalOf(mapping: Mapping, event: SourceEvent, found: FoundValues): Signal {
  const read = reader(mapping, event, found)
  const type = typeOf(mapping, event, found)
  const more = type && mapping.refine?.(type, (locator) => find(event, [parseLocator(locator)])?.value)
  if (type === undefined || more === 'ignored') return { type: 'ignored' }

  const id = read('id', textOf)
  const target = targetOf(mapping, event, read)
  const code = read('code', codeOf)
  const message = read('message', mapping.anyMessage ? jsonText : textOf)
  const [time, attempts] = [read('time', timeOf)?.value, read('attempts', countOf)?.value]
  const [name, tenant] = [read('event', textOf)?.value, read('tenant', textOf)?.value]
  const shared = {
    ...target,
    ...(id &&
      id.value !== '' && {
        id: event.index === undefined || id.isOwn ? id.value : `${shortId(id.value)}#${event.index}`,
      }),
    ...(time !== undefined && { time }),
    ...(attempts !== undefined && { attempts }),
    ...(name && { event: name.slice(0, LONGEST_EVENT) }),
    ...(tenant && { tenant }),
  }
  const text = joined(code && { value: code.value.words, isOwn: code.isOwn }, message, event)
  if (type === 'lost')
    return { type, ...shared, code: code?.value.code ?? 0, message: text, raw: NONE, ...more } as Signal
  return {
    type,
    ...shared,
    ...(code && { code: code.value.code }),
    ...(text !== '' && { message: text }),
    ...more,
  } as Signal
}

/** An id that all events of a list share is hashed once if it is long, and not for each of them. */
const shortId = memoize((id) => idempotencyOf(id, NONE).key)

type OwnText = { readonly value: string; readonly isOwn: boolean } | undefined

/**
 * Words in the place of a code are what the classifier reads, so they come before the message. Of a text that many events
 * share each has the beginning: what is stored and logged of a request must not be 200 times its bytes.
 */
function joined(words: OwnText, message: OwnText, { count = 1 }: SourceEvent): string {
  const [first = '', rest = ''] = [words, message].map((text) =>
    text && !text.isOwn && count > MANY ? shortened(text.value) : text?.value,
  )
  if (first === '' || rest.includes(first)) return rest
  return rest === '' ? first : `${first}: ${rest}`
}
const MANY = 8
/** Masked first: a credential that is cut in two may no longer look like one. */
const shortened = memoize((text) => safeMessage(text, 1_024))

const jsonText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** @returns undefined for an event that is none of the mapped ones. @throws EventFault */
function typeOf({ type, types }: Mapping, event: SourceEvent, found: FoundValues): MappedType | undefined {
  if (type === undefined) return 'lost'
  const at = find(event, type)
  if (!at) return undefined
  const text = textOf(at.value)
  if (text instanceof ValueFault) throw new EventFault(at.at, text.detail)
  found['type'] = { at: at.at, value: text }
  return types.get(text)
}

type Read = <T>(
  name: ValueName,
  convert: (value: unknown) => T | ValueFault,
) => { readonly value: T; readonly isOwn: boolean } | undefined

/** Reads values, and notes where each was found. */
const reader =
  ({ values }: Mapping, event: SourceEvent, found: FoundValues): Read =>
  (name, convert) => {
    const at: Found | undefined = find(event, values[name])
    if (!at) return undefined
    const value = convert(at.value)
    if (value instanceof ValueFault) throw new EventFault(at.at, value.detail)
    found[name] = { at: at.at, value: jsonText(at.value) }
    return { value, isOwn: at.isOwn }
  }

/** @throws EventFault if neither a URL nor a reference is found, or it is too long */
function targetOf({ values }: Mapping, { path }: SourceEvent, read: Read): SignalTarget {
  for (const name of ['endpoint', 'ref'] as const) {
    const text = read(name, name === 'endpoint' ? urlTextOf : textOf)?.value
    if (text === undefined || text === '') continue
    if (text.length <= LONGEST_TARGET) return name === 'endpoint' ? { url: text } : { ref: text }
    throw new EventFault(pointerOf(path, values[name][0]!.text), `is longer than ${LONGEST_TARGET} characters`)
  }
  const [first] = [...values.endpoint, ...values.ref]
  throw new EventFault(pointerOf(path, first?.text ?? ''), 'is missing; it must name the endpoint')
}

const pointerOf = (path: string, locator: string): string =>
  locator === '' || locator.startsWith('/') ? path + locator : locator
