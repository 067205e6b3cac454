import fc from 'fast-check'

const alphabet = (characters: string, minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...characters), minLength, maxLength })

const LOWER = 'abcdefghijklmnopqrstuvwxyz'
const UPPER = LOWER.toUpperCase()
const DIGITS = '0123456789'
const WORD = UPPER + LOWER + DIGITS

const base64 = (encoding: 'base64' | 'base64url' | 'hex', bytes: number): fc.Arbitrary<string> =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes + 24 })
    // Random bytes, not small ones: no generator bias towards zeros, which no key consists of.
    .map((seed) => Buffer.from(scramble(seed)).toString(encoding))
    // One in ten thousand happens to read like words; how many pass is measured by its own test.
    .filter((text) => /(?:\d.*){3}/.test(text))

/** fast-check likes 0 and 255; a key's bytes are evenly spread (xorshift over the seed). */
function scramble(seed: Uint8Array): Uint8Array {
  let state = seed.reduce((sum, byte) => (Math.imul(sum, 31) + byte + 7) | 0, 0x9e3779b9) || 1
  return seed.map(() => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state & 0xff
  })
}

const prefixed = (...prefixes: string[]): fc.Arbitrary<string> =>
  fc.tuple(fc.constantFrom(...prefixes), alphabet(WORD, 16, 40)).map(([prefix, rest]) => prefix + rest)

const jwtPart = fc
  .record({ sub: fc.string({ minLength: 1 }), alg: fc.constantFrom('HS256', 'RS256') })
  .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))

/** Credentials whose shape alone gives them away. */
export const shapedSecret: fc.Arbitrary<string> = fc.oneof(
  prefixed(
    'sk_live_',
    'sk_test_',
    'rk_live_',
    'whsec_',
    'ghp_',
    'gho_',
    'github_pat_',
    'glpat-',
    'xoxb-',
    'xoxp-',
    'npm_',
  ),
  alphabet(UPPER + DIGITS, 16, 16).map((rest) => `AKIA${rest}`),
  alphabet(WORD, 35, 35).map((rest) => `AIza${rest}`),
  fc.tuple(jwtPart, jwtPart, base64('base64url', 32)).map((parts) => parts.join('.')),
  base64('base64url', 24),
  base64('base64', 24),
  base64('hex', 16),
)

/** Credentials that only the name before them gives away. */
export const plainSecret: fc.Arbitrary<string> = alphabet(`${WORD}!$^*_-`, 6, 30).map((text) => `q${text}7`)

/** Ids as they are in paths. */
export const pathId: fc.Arbitrary<string> = fc.oneof(
  fc.uuid(),
  fc.uuid().map((id) => id.toUpperCase()),
  fc.nat().map(String),
  fc.ulid(),
  base64('hex', 8),
  fc.emailAddress().map(encodeURIComponent),
  base64('base64url', 16),
)

/** Percent-encodes every character, some, or all of it twice. */
export const disguises: fc.Arbitrary<(text: string) => string> = fc.constantFrom(
  (text: string) => text,
  (text: string) => encodeURIComponent(text),
  everyCharacter,
  (text: string) => encodeURIComponent(everyCharacter(text)),
  (text: string) => everyCharacter(text.slice(0, 2)).toLowerCase() + text.slice(2),
)

function everyCharacter(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
}
