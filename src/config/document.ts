/** Whether a parsed value is a mapping. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

type Keys = { readonly properties?: Readonly<Record<string, Keys>>; readonly items?: Keys }

/**
 * A copy without the keys that have no value: an empty section (`admin:` with nothing below it) is null in YAML and means
 * the defaults. Keys that the shape does not have stay, so that a misspelled one is reported.
 */
export function withoutNulls(value: unknown, shape: Keys | undefined): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutNulls(item, shape?.items))
  if (!isRecord(value)) return value
  const known = shape?.properties ?? {}
  const has = (key: string) => Object.hasOwn(known, key)
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, item]) => item !== null || !has(key))
      .map(([key, item]) => [key, withoutNulls(item, has(key) ? known[key] : undefined)]),
  )
}

/** The steps of a JSON pointer (RFC 6901). */
export const segments = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))

/** `endpoints[0].urls`, as people name a key; one that is no plain word is quoted. */
export function keyName(path: readonly string[]): string {
  let name = ''
  for (const part of path) {
    const plain = /^[A-Za-z0-9_.-]{1,100}$/.test(part) ? part : shown(part)
    name += /^\d+$/.test(part) && name ? `[${part}]` : name ? `.${plain}` : plain
  }
  return name || 'the file'
}

/** @returns undefined if there is nothing */
export function valueAt(document: unknown, path: readonly string[]): unknown {
  let at = document
  for (const part of path) at = (at as Record<string, unknown> | null | undefined)?.[part]
  return at
}

/** A value as a fault shows it: short, and without what may be a password in a URL. */
export function shown(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'nothing')
  const masked = text.replace(/\/\/.*@/g, '//***@')
  return masked.length > 80 ? `${masked.slice(0, 77)}…` : masked
}

/** Takes a faulty value out of the document. In a list null takes its place, so that the others keep their numbers. */
export function leaveOut(document: Record<string, unknown>, place: readonly string[]): void {
  const key = place.at(-1)
  const parent = valueAt(document, place.slice(0, -1))
  if (key === undefined) return
  if (Array.isArray(parent)) parent[Number(key)] = null
  else if (isRecord(parent)) delete parent[key]
}
