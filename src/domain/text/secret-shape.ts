import { knownKeyAt } from './redact/known-keys.ts'

/**
 * Tells words from ids, tokens and keys by their shape alone. A heuristic, leaning to "secret": a masked word costs a
 * little clarity, a shown key costs a rotation. What it cannot tell: a short or lower-case secret that reads like words.
 */

/** The letters that commonly follow a letter within English words: 94 % of all pairs in words, 36 % in random letters. */
const FOLLOWERS: Readonly<Record<string, string>> = {
  a: 'bcdgiklmnprstuvy',
  b: 'aeilorsu',
  c: 'acehiklortu',
  d: 'adeilorsu',
  e: 'abcdefglmnopqrstvwxy',
  f: 'aefiloru',
  g: 'aehilnorsu',
  h: 'aeiort',
  i: 'abcdefglmnoprstvxz',
  j: 's',
  k: 'eis',
  l: 'adeilostuy',
  m: 'abeimopsu',
  n: 'acdefgiknostuv',
  o: 'abcdfgiklmnoprstuvw',
  p: 'aehiloprstu',
  q: 'u',
  r: 'acdegikmnorstuvy',
  s: 'acehilopstuy',
  t: 'acehilorstuy',
  u: 'abcegilmnprst',
  v: 'aei',
  w: 'aeio',
  x: 'ept',
  y: 'ps',
  z: 'e',
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi

const withoutUuids = (text: string): string => text.replace(UUID, '')

const MAX_ENCODINGS = 4

/**
 * The text that is meant, with percent-encoding undone as often as it was applied, and look-alike digits and letters
 * (full width, Arabic-Indic, …) replaced by plain ones.
 * @returns undefined if the bytes are no UTF-8 or are encoded more than four times: no honest text is
 */
export function plainText(text: string): string | undefined {
  let plain = text
  for (let round = 0; plain.includes('%'); round++) {
    let faulty = false
    const decoded = plain.replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => {
      try {
        return decodeURIComponent(bytes)
      } catch {
        faulty = true
        return bytes
      }
    })
    if (faulty || (round === MAX_ENCODINGS && decoded !== plain)) return undefined
    if (decoded === plain) break
    plain = decoded
  }
  return isAscii(plain)
    ? plain
    : plain
        .normalize('NFKC')
        .replace(/\p{Nd}/gu, '0')
        .replace(/\p{Cf}/gu, '')
}

const isAscii = (text: string): boolean => /^[\0-\x7f]*$/.test(text)

const NAMED_VALUE = /(?:password|passwd|secret|token|api[-_]?key)[^a-z0-9]{1,3}[^\d]{0,40}\d/i

/** One path segment: whether it is more likely an id, a token, an address or a secret than a word that people chose. */
export function looksLikeId(segment: string): boolean {
  // Most segments; no letters that few make gibberish.
  if (/^[a-z]{1,5}$/.test(segment)) return false
  const text = plainText(segment)
  if (text === undefined) return true
  if (text === '') return false
  if (text.length > 100 || /[@=]/.test(text) || knownKeyAt(text) >= 0 || text.search(UUID) >= 0) return true
  if (NAMED_VALUE.test(text)) return true
  const pieces = piecesOf(text)
  // Keys come in groups too (a1b2-c3d4-e5f6): what each group hides, all of them together show.
  const joined = pieces.join('')
  return changes(joined) >= 4 || (pieces.length > 1 && isGibberish(joined)) || pieces.some(isIdPiece)
}

/** One host label. Stricter than a path segment, since a host must stay useful: numbers and short mixtures stay. */
export function looksLikeRandomLabel(label: string): boolean {
  if (knownKeyAt(label) >= 0 || label.search(UUID) >= 0) return true
  const pieces = piecesOf(label)
  const joined = pieces.join('')
  return (
    (joined.length >= 16 && changes(joined) >= 5) ||
    pieces.some(
      (piece) =>
        isGibberish(piece) ||
        (piece.length >= 8 && isMixed(piece) && (changes(piece) >= 3 || /^[0-9a-f]+$/i.test(piece))),
    )
  )
}

/** A few characters over and over, as tests and rulers have: nothing can be hidden in them. */
const FILLER = /^(.{1,10}?)\1{7,}.{0,9}$/s

/** What Kubernetes adds to the name of a Deployment for its pods, and GKE to that of a pool for its nodes. */
const POD = /(?<=^[a-z][a-z0-9./-]{0,200})-[a-z0-9]{8,10}-[a-z0-9]{4,5}$/

/** One run of token characters within prose. The strictest: error text is full of class names, paths, hashes and times. */
export function looksLikeToken(run: string): boolean {
  const text = plainText(run)
  if (text === undefined) return true
  if (POD.test(text) && looksLikeName(text.replace(POD, ''))) return false
  if (text !== run && knownKeyAt(text) >= 0) return true
  const rest = withoutUuids(text)
  if (FILLER.test(rest)) return false
  if (hasKeyGroups(rest)) return true
  if (rest.length < 16) return false
  const pieces = piecesOf(rest)
  if (pieces.some((piece) => piece.length >= 16 && (changes(piece) >= 3 || isGibberish(lettersOf(piece))))) return true
  // Base64 may contain a slash, a path holds many: over several pieces counts only what mixes case as no path does.
  const joined = pieces.join('')
  if (joined.length >= 20 && isCaseMixed(joined) && (changes(joined) >= 6 || isUnpronounceable(lettersOf(joined))))
    return true
  if (joined.length >= 18 && /\d/.test(joined) && classChanges(joined) / joined.length > 0.33) return true
  return rest.split(/[./]/).some((part) => {
    const letters = part.replace(/[^A-Za-z0-9]/g, '')
    return letters.length >= 20 && changes(letters) >= 5
  })
}

/**
 * Three groups or more of equal length, as product keys and recovery codes have: VK7JG-NPHTM-C97JM, a1b2-c3d4-e5f6. Ids of
 * security advisories (GHSA) have the same form and are public.
 */
function hasKeyGroups(text: string): boolean {
  for (const [groups] of text.matchAll(/[A-Za-z0-9]{3,8}(?:-[A-Za-z0-9]{3,8}){2,}/g)) {
    let joined = ''
    let count = 0
    let length = 0
    for (const group of groups.startsWith('GHSA-') ? [] : [...groups.split('-'), '']) {
      if (group.length === length) {
        joined += group
        count++
        continue
      }
      if (count >= 3 && length >= 4 && isKey(joined)) return true
      joined = group
      count = 1
      length = group.length
    }
  }
  return false
}
function isKey(joined: string): boolean {
  if (joined.length >= 15) return changes(joined) >= 3 || isUnpronounceable(lettersOf(joined))
  return changes(joined) >= (/[a-z]/.test(joined) ? 5 : 3)
}

/**
 * Whether a text before `=` can be the name of a value: words, numbers and addresses, but no mixture of letters and digits as
 * tokens have.
 */
export const looksLikeName = (text: string): boolean =>
  piecesOf(text).every((piece, index, all) => /^\d+$/.test(piece) || !isIdPiece(piece, index, all))

/** Whether it is nothing but words, joined as identifiers are: `orderId`, `spec.template`, `shop-database`. */
export const looksLikeWords = (text: string): boolean =>
  /^[A-Za-z][A-Za-z._/$-]{0,99}$/.test(text) &&
  !looksLikeId(text) &&
  wordsOf(text).every((word) => oddPairs(word) <= 0.25)

const piecesOf = (text: string): string[] => text.match(isAscii(text) ? /[A-Za-z0-9]+/g : /[\p{L}\p{M}\p{Nd}]+/gu) ?? []

function isIdPiece(piece: string, _index: number, all: readonly string[]): boolean {
  if (/^\d+$/.test(piece)) return piece.length >= 4 || all.length === 1
  if (!/\d/.test(piece)) return isGibberish(piece) || /^[0-9a-f]{8,}$/i.test(piece)
  // Words with a number at one end (oauth2, 2checkout), versions (v1beta1), and what is too short to be a secret (k8s).
  if (piece.length <= 4 || /^v\d{1,3}(?:alpha|beta|rc)\d{0,3}$/i.test(piece)) return false
  const word = /^(?:\d{1,3}(\D+)|(\D+)\d{1,3})$/.exec(piece)
  if (!word) return true
  const letters = word[1] ?? word[2] ?? ''
  return isGibberish(letters) || (isCaseMixed(letters) && letters.length >= 4)
}

const lettersOf = (piece: string): string => piece.replace(/\d+/g, '')
const isMixed = (piece: string): boolean => /\d/.test(piece) && /\D/.test(piece)

/** How often digits and letters take turns. */
function changes(piece: string): number {
  let count = 0
  for (let i = 1; i < piece.length; i++) if (isDigit(piece, i) !== isDigit(piece, i - 1)) count++
  return count
}

/** How often upper case, lower case and digits take turns. */
const classChanges = (piece: string): number =>
  (piece.match(/[a-z](?=[A-Z\d])|[A-Z](?=[a-z\d])|\d(?=[A-Za-z])/g) ?? []).length

const isDigit = (text: string, index: number): boolean => {
  const code = text.charCodeAt(index)
  return code >= 48 && code <= 57
}

/** Upper and lower case as random letters mix them; camelCase and acronyms do not. */
function isCaseMixed(piece: string): boolean {
  const upper = piece.match(/[A-Z]/g)?.length ?? 0
  const lower = piece.match(/[a-z]/g)?.length ?? 0
  return upper / (upper + lower) > 0.3 && lower > 0 && (piece.match(/[a-z\d][A-Z]/g)?.length ?? 0) >= 2
}

/** Letters that no word and no camelCase name is made of. */
function isGibberish(piece: string): boolean {
  if (piece.length >= 8 && isCaseMixed(piece)) return true
  if (piece.length > 40) return true
  if (isUnpronounceable(piece)) return true
  const words = wordsOf(piece)
  return words.length > 1 && words.some(isUnpronounceable)
}

const wordsOf = (text: string): string[] => text.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? []

const isUnpronounceable = (letters: string): boolean => oddPairs(letters) > (letters.length < 12 ? 0.5 : 0.34)

/** Of the pairs of letters the part that words do not have; 0 for fewer than six letters. */
function oddPairs(letters: string): number {
  if (letters.length < 6 || !/^[A-Za-z]+$/.test(letters)) return 0
  const word = letters.toLowerCase()
  let odd = 0
  for (let i = 1; i < word.length; i++) if (!FOLLOWERS[word[i - 1]!]?.includes(word[i]!)) odd++
  return odd / (word.length - 1)
}
