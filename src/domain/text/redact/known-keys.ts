import data from './key-prefixes.json' with { type: 'json' }

/** What follows a prefix: `least` of these characters. */
const FOLLOWING: Readonly<Record<string, (least: number) => string>> = {
  token: (least) => `[\\w-]{${least}}`,
  alnum: (least) => `[a-z0-9]{${least}}`,
  hex: (least) => `[0-9a-f]{${least}}`,
  mixed: (least) => `(?=[a-z]{0,${least - 1}}\\d)[a-z0-9]{${least}}`,
}

/**
 * Prefixes of keys and tokens (key-prefixes.json says where they are from), of equal demands together. Without regard to case,
 * since a host name or a careless client folds it.
 */
function pattern(): RegExp {
  const alternatives = data.groups.map(
    ({ prefixes, of, least }) => `(?:${prefixes.split(' ').map(RegExp.escape).join('|')})${FOLLOWING[of]!(least)}`,
  )
  return new RegExp(`(?<![A-Za-z0-9])(?:${alternatives.join('|')})`, 'i')
}
const KNOWN_KEY = pattern()

/** Where a key with a documented prefix starts, or -1. */
export const knownKeyAt = (text: string): number => text.search(KNOWN_KEY)
