import type { SourceRequest } from '../source.ts'
import { type Locator, valueAt } from './locator.ts'

/** A part of a document, and where it is. */
export interface Root {
  readonly value: unknown
  /** JSON Pointer of it in the body. */
  readonly path: string
}

/** One event of a request: where its values are looked for, the innermost first. */
export interface SourceEvent {
  readonly roots: readonly Root[]
  readonly headers: SourceRequest['headers']
  readonly form?: ReadonlyMap<string, string>
  /** Attributes of a CloudEvent, for `header:ce-NAME` in any of its modes. */
  readonly attributes?: Readonly<Record<string, unknown>>
  /** Its part of the body, to be stored; undefined: the whole body. */
  readonly part?: unknown
  /** Position in the list that `each` or a batch names. */
  readonly index?: number
  /** Items of the list that `each` names. */
  readonly count?: number
  /** Where the event itself is; what is found elsewhere is shared with the others of the list. */
  readonly path: string
  /** What is wrong with it as a whole. */
  readonly fault?: { readonly pointer: string; readonly detail: string }
}

export interface Found {
  readonly value: unknown
  /** JSON Pointer, or the locator where it is no pointer. */
  readonly at: string
  /** Whether it belongs to this event alone. */
  readonly isOwn: boolean
}

/** The first of the places that has a value. null and an empty text count as none. */
export function find(event: SourceEvent, locators: readonly Locator[]): Found | undefined {
  for (const locator of locators) {
    const found = locator.in === 'body' ? inBody(event, locator.text, locator.steps) : elsewhere(event, locator)
    if (found && isValue(found.value)) return found
  }
  return undefined
}

const isValue = (value: unknown): boolean => value !== undefined && value !== null && value !== ''

function inBody({ roots, path }: SourceEvent, text: string, steps: readonly string[]): Found | undefined {
  for (const root of roots) {
    const value = valueAt(root.value, steps)
    if (isValue(value))
      return { value, at: root.path + text, isOwn: root.path === path || root.path.startsWith(`${path}/`) }
  }
  return undefined
}

function elsewhere(
  { headers, form, attributes }: SourceEvent,
  locator: Exclude<Locator, { in: 'body' }>,
): Found | undefined {
  const { name, text } = locator
  if (locator.in === 'text') return { value: name, at: text, isOwn: false }
  if (locator.in === 'form') return { value: form?.get(name), at: text, isOwn: true }
  // In no mode is an attribute of an event with attributes elsewhere.
  if (attributes && name.startsWith('ce-')) {
    const attribute = name.slice(3)
    return { value: Object.hasOwn(attributes, attribute) ? attributes[attribute] : undefined, at: text, isOwn: true }
  }
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined
  return { value: Array.isArray(value) ? value.join(', ') : value, at: text, isOwn: false }
}
