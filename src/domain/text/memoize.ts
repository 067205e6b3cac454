const ENTRIES = 512
const CHARACTERS = 262_144

/**
 * Caches the results of a pure function: platforms report the same few endpoints and messages repeatedly, and all events of a
 * list may share one long text. What a request costs is therefore bounded by its bytes: each of its texts is computed once, or
 * once more for every 256 Ki characters of others.
 *
 * Bounded to 512 texts, and to half a mebibyte of them or one text that is longer.
 */
export function memoize<T>(compute: (text: string) => T): (text: string) => T {
  const results = new Map<string, T>()
  let characters = 0
  return (text) => {
    const known = results.get(text)
    if (known !== undefined) return known
    const result = compute(text)
    characters += text.length
    if (results.size >= ENTRIES || characters > CHARACTERS) {
      results.clear()
      characters = text.length
    }
    results.set(text, result)
    return result
  }
}
