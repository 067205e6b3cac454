import type { Signal } from '../../domain/report/signal.ts'
import { invalidReport } from '../report-errors.ts'
import { type ExplainedSignal, keptOf, type RejectedEvent, type SourceRequest } from '../source.ts'
import { find, type SourceEvent } from './event.ts'
import { valueAt } from './locator.ts'
import { type FoundValues, mapEvent } from './map-event.ts'
import { compileMapping, type Mapping, type MappingRules } from './mapping.ts'
import { checkCount, type ReadOptions, readEvents } from './read-events.ts'

/**
 * What is stored of an event: its part of the body, at most 64 KiB (`part`); only what the mapping read (`values`), where a
 * body may carry secrets; or its part as received (`all`).
 */
export type Keep = 'part' | 'values' | 'all'

/** Characters of one value. */
const LONGEST_VALUE = 8_192

export interface MappedReader {
  /** See `OpenSource.read`. */
  read(raw: Uint8Array, request: SourceRequest): readonly (Signal | RejectedEvent)[]
  /** See `SourceKind.explainSignals`. */
  explain(raw: Uint8Array, request: SourceRequest): readonly ExplainedSignal[]
}

/** Reads bodies by a mapping. A faulty event of several is rejected alone; one that is the only one is the request's fault. */
export function openMapping(rules: MappingRules, keep: Keep, options: ReadOptions = {}): MappedReader {
  const mapping = compileMapping(rules)
  const each = (raw: Uint8Array, request: SourceRequest): ExplainedSignal[] => {
    const events = readEvents(raw, request, options).flatMap((event) => itemsOf(mapping, event))
    checkCount(events.length)
    return events.map((event) => {
      const mapped = mapEvent(mapping, event)
      const { found } = mapped
      if ('signal' in mapped) return { signal: withRaw(mapped.signal, { event, raw, keep, found }), found }
      if (event.index === undefined) throw invalidReport([mapped.fault])
      return { signal: { type: 'rejected', index: event.index, ...mapped.fault }, found }
    })
  }
  return {
    read: (raw, request) => each(raw, request).map(({ signal }) => signal),
    explain: each,
  }
}

/** The items of the list at `each`, numbered through. */
function itemsOf(mapping: Mapping, event: SourceEvent): readonly SourceEvent[] {
  const { each } = mapping
  if (!each || event.fault) return [event]
  for (const { value, path } of event.roots) {
    const list = valueAt(value, each.steps)
    if (list === undefined || list === null) continue
    if (!Array.isArray(list)) throw invalidReport([{ pointer: path + each.text, detail: 'must be a list' }])
    checkCount(list.length)
    return list.map((part, index) => {
      const at = `${path}${each.text}/${index}`
      return { ...event, roots: [{ value: part, path: at }, ...event.roots], part, index, count: list.length, path: at }
    })
  }
  // An event of another kind has no such list.
  const type = mapping.type && find(event, mapping.type)
  if (type && !mapping.types.has(String(type.value))) return [event]
  throw invalidReport([{ pointer: event.path + each.text, detail: 'is missing; it must be a list' }])
}

function withRaw(
  signal: Signal,
  { event, raw, keep, found }: { event: SourceEvent; raw: Uint8Array; keep: Keep; found: FoundValues },
): Signal {
  if (signal.type !== 'lost') return signal
  if (keep === 'values')
    return {
      ...signal,
      raw: Buffer.from(
        JSON.stringify(
          Object.fromEntries(Object.entries(found).map(([name, { value }]) => [name, value.slice(0, LONGEST_VALUE)])),
        ),
      ),
    }
  const part = event.part === undefined ? raw : Buffer.from(JSON.stringify(event.part))
  return { ...signal, raw: keep === 'all' ? part : keptOf(part) }
}
