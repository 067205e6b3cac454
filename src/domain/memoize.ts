const ENTRIES = 512
const LENGTH = 512

/**
 * The same pure function, which remembers its latest results: a platform reports the same few endpoints and messages again
 * and again. Bounded to half a mebibyte of short texts; longer ones are worked out anew.
 */
export function memoize<T>(work: (text: string) => T): (text: string) => T {
  const results = new Map<string, T>()
  return (text) => {
    // Even to look a long text up is work: all of it is hashed.
    if (text.length > LENGTH) return work(text)
    const known = results.get(text)
    if (known !== undefined) return known
    const result = work(text)
    if (results.size >= ENTRIES) results.clear()
    results.set(text, result)
    return result
  }
}
