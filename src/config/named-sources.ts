import { closest } from 'fastest-levenshtein'
import { DEFAULT_SOURCES, RESERVED_NAMES, SOURCE_NAME, sourceKinds } from '../sources/index.ts'
import type { SourceKind } from '../sources/source.ts'
import { isRecord, keyName, shown } from './document.ts'

/** A configured source; the rest of its keys are its kind's. */
export interface SourceConfig {
  readonly kind: string
  readonly path: string
}

/** A source that a document names. */
export interface NamedSource {
  readonly kind: SourceKind
  /** Its section, before anything was checked. */
  readonly written: object
}

export interface NamedSources {
  /** The document's sources of a known kind. */
  readonly sources: unknown
  readonly named: ReadonlyMap<string, NamedSource>
  readonly faults: readonly string[]
}

/** Finds out the kind of each source in a document. @param given the section as it was written */
export function nameSources(given: unknown): NamedSources {
  const written = given ?? Object.fromEntries(DEFAULT_SOURCES.map((name) => [name, {}]))
  if (!isRecord(written)) return { sources: written, named: new Map(), faults: [] }
  const faults: string[] = []
  const named = new Map<string, NamedSource>()
  const sources: [string, unknown][] = []
  for (const [name, value] of Object.entries(written)) {
    const fault = nameFault(name)
    const kind = fault === undefined ? kindOf(name, value) : fault
    if (typeof kind === 'string') faults.push(kind)
    else {
      named.set(name, { kind, written: isRecord(value) ? value : {} })
      sources.push([name, value ?? {}])
    }
  }
  if (Object.keys(written).length === 0)
    faults.push(
      `sources: names no source; write at least one, for example ${DEFAULT_SOURCES[0]}: {}, or remove the key`,
    )
  return { sources: Object.fromEntries(sources), named, faults }
}

function nameFault(name: string): string | undefined {
  const place = keyName(['sources', name])
  if (RESERVED_NAMES.includes(name)) return `${place}: the name ${name} is reserved; write another name`
  return new RegExp(SOURCE_NAME).test(name)
    ? undefined
    : `${place}: is not a name for a source; write lower-case letters, digits, hyphen and underscore, at most 50`
}

/** @returns the kind, or what is wrong */
function kindOf(name: string, value: unknown): SourceKind | string {
  const place = keyName(['sources', name])
  const known = [...sourceKinds.keys()]
  const own = sourceKinds.get(name)
  const given = isRecord(value) ? value['kind'] : undefined
  if (given === undefined || given === null)
    return (
      own ??
      `${place}: unknown source; did you mean ${closest(name, known)}? Under a name of your own write its kind (known: ${known.join(', ')})`
    )
  const kind = typeof given === 'string' ? sourceKinds.get(given) : undefined
  if (!kind) {
    const what = typeof given === 'string' ? `${shown(given)} is` : 'its value is'
    return `${place}.kind: ${what} not a known kind; write one of: ${known.join(', ')}`
  }
  return own && own !== kind
    ? `${place}.kind: a source named ${name} is of the kind ${name}; write another name for one of the kind ${kind.kind}`
    : kind
}
