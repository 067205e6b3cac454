/** Whether a parsed value is a mapping. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** An empty section (`admin:` with nothing below it) is null in YAML and means the defaults. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== null)
      .map(([key, item]) => [key, withoutNulls(item)]),
  )
}

/** The steps of a JSON pointer (RFC 6901). */
export const segments = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))

/** `endpoints[0].urls`, as people name a key. */
export function keyName(path: readonly string[]): string {
  let name = ''
  for (const part of path) name += /^\d+$/.test(part) ? `[${part}]` : name ? `.${part}` : part
  return name || 'the file'
}

/** @returns undefined where there is nothing */
export function valueAt(document: unknown, path: readonly string[]): unknown {
  let at = document
  for (const part of path) at = (at as Record<string, unknown> | null | undefined)?.[part]
  return at
}

/** A value as a fault shows it: short, and without what may be a password in a URL. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  const masked = text.replace(/\/\/.*@/g, '//***@')
  return masked.length > 80 ? `${masked.slice(0, 77)}…` : masked
}
