import type { Signal } from '../../domain/report/signal.ts'
import { type Locator, parseLocator, pointerSteps } from './locator.ts'

/** Names of the values that a mapping locates. */
export const VALUE_NAMES = ['id', 'endpoint', 'ref', 'code', 'message', 'time', 'event', 'tenant', 'attempts'] as const
export type ValueName = (typeof VALUE_NAMES)[number]
/** Types of signals that a mapping selects by the text at `type`. */
export const MAPPED_TYPES = ['lost', 'failing', 'disabled', 'recovered', 'delivered'] as const
export type MappedType = (typeof MAPPED_TYPES)[number]

/** What a mapping is made from. Of several locators for a value the first that has one counts. */
export type MappingRules = {
  /** The text there selects the type of the signal; without it, every event is `lost`. */
  readonly type?: string | readonly string[]
  /** JSON Pointer to a list: each of its items is an event. */
  readonly each?: string
  /** Whether a message may be any JSON, which becomes a text; else a message that is no text is a fault. */
  readonly anyMessage?: boolean
  /** Reads what locators cannot say: members to add to a signal, or `ignored`. */
  readonly refine?: (type: MappedType, text: (locator: string) => unknown) => Partial<Signal> | 'ignored' | undefined
} & { readonly [type in MappedType]?: readonly string[] } & {
  readonly [name in ValueName]?: string | readonly string[]
}

/** A mapping, ready to be used for every request. */
export interface Mapping {
  readonly type: readonly Locator[] | undefined
  readonly types: ReadonlyMap<string, MappedType>
  readonly each: { readonly text: string; readonly steps: readonly string[] } | undefined
  readonly values: Readonly<Record<ValueName, readonly Locator[]>>
  readonly refine: MappingRules['refine']
  readonly anyMessage: boolean
}

const locators = (given: string | readonly string[] | undefined): readonly Locator[] =>
  given === undefined ? [] : [given].flat().map(parseLocator)

/** Parses the locators of a mapping once, instead of for each request. */
export const compileMapping = (rules: MappingRules): Mapping => ({
  type: rules.type === undefined ? undefined : locators(rules.type),
  types: new Map(MAPPED_TYPES.flatMap((type) => (rules[type] ?? []).map((text) => [text, type] as const))),
  each: rules.each === undefined ? undefined : { text: rules.each, steps: pointerSteps(rules.each) },
  values: Object.fromEntries(VALUE_NAMES.map((name) => [name, locators(rules[name])])) as Mapping['values'],
  refine: rules.refine,
  anyMessage: rules.anyMessage ?? false,
})
