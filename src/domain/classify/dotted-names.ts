const between = (code: number, from: number, to: number) => code >= from && code <= to

/**
 * A run of letters, digits, hyphens, underscores and dots. `opaque` is what to read instead of it: the text itself for
 * numbers with dots (versions, addresses), nothing for a host or file name, null where its words are to be read.
 */
export function dottedRun(
  text: string,
  start: number,
  errorNames: ReadonlySet<string>,
): { readonly end: number; readonly opaque: string | null } {
  let end = start
  let lastDot = -1
  let letters = false
  let capitals = false
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end)
    if (code === 0x2e) {
      const next = text.charCodeAt(end + 1)
      if (!(between(next, 0x30, 0x39) || between(next, 0x41, 0x5a) || between(next, 0x61, 0x7a) || next === 0x5f)) break
      lastDot = end
    } else if (between(code, 0x61, 0x7a)) letters = true
    else if (between(code, 0x41, 0x5a)) capitals = true
    else if (!(between(code, 0x30, 0x39) || code === 0x2d || code === 0x5f)) break
  }
  if (lastDot < 0) return { end, opaque: letters && !capitals && isHost(text, start, end) ? '' : null }
  if (!letters && !capitals) return { end, opaque: text.slice(start, Math.min(end, start + 16)) }
  const last = text.slice(lastDot + 1, end)
  const host = !capitals && /^[a-z][a-z0-9-]{1,62}$/.test(last) && !errorNames.has(last)
  return { end, opaque: host ? '' : null }
}

/** Whether a name without dots is a host's: `host='shop'` of Python's pools, and `shop-api:8080`, but not `error-code:10054`. */
function isHost(text: string, start: number, end: number): boolean {
  if (start >= 6 && /^host=["']$/.test(text.slice(start - 6, start))) return true
  const name = text.slice(start, end)
  return (
    /[-_]/.test(name) &&
    !/(?:code|errno|error|status|number|id)$/.test(name) &&
    /^:(?:80|443|\d{4,5})(?![\w.])/.test(text.slice(end, end + 8))
  )
}
