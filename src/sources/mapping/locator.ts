/** Where a value is: a JSON Pointer (RFC 6901) into the body, a header, a form field, or a literal text. */
export type Locator =
  | { readonly in: 'body'; readonly text: string; readonly steps: readonly string[] }
  | { readonly in: 'header' | 'form' | 'text'; readonly text: string; readonly name: string }

/** What a locator may be written as; in RE2's syntax, which the chart's schema is read with. */
export const POINTER_PATTERN = '^(/([^~/]|~[01])*)+$'
export const LOCATOR_PATTERN =
  "^((/([^~/]|~[01])*)*|header:[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}|form:.{1,200}|text:.{1,1000})$"

/** @param text that fits `LOCATOR_PATTERN` */
export function parseLocator(text: string): Locator {
  const [, place, name = ''] = /^(header|form|text):(.*)$/s.exec(text) ?? []
  if (place === undefined) return { in: 'body', text, steps: pointerSteps(text) }
  return { in: place as 'header', text, name: place === 'header' ? name.toLowerCase() : name }
}

/** The reference tokens of a JSON Pointer. */
export const pointerSteps = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))

/** The value that a pointer's steps lead to; undefined if there is none. Inherited members are not values. */
export function valueAt(root: unknown, steps: readonly string[]): unknown {
  let at = root
  for (const step of steps) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined
    if (Array.isArray(at) && !/^(0|[1-9]\d*)$/.test(step)) return undefined
    at = (at as Record<string, unknown>)[step]
  }
  return at
}
