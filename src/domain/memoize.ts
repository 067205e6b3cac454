const ENTRIES = 512
const LENGTH = 512

/**
 * Caches the results of a pure function: platforms report the same few endpoints and messages repeatedly.
 * Bounded to half a mebibyte of short texts; results for longer texts are not cached.
 */
export function memoize<T>(compute: (text: string) => T): (text: string) => T {
  const results = new Map<string, T>()
  return (text) => {
    // Looking up a long text costs as much as the function: all of it is hashed.
    if (text.length > LENGTH) return compute(text)
    const known = results.get(text)
    if (known !== undefined) return known
    const result = compute(text)
    if (results.size >= ENTRIES) results.clear()
    results.set(text, result)
    return result
  }
}
