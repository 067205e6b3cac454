/**
 * A message as words, in one pass: what all clients' texts have in common once spelling is taken away.
 * `ConnectionRefusedError`, `connection_refused`, `Connection-Refused` and `connection refused` read the same; accents and
 * full-width forms are folded; a Chinese, Japanese or Korean character is a word. URLs, paths, host names and addresses
 * become one empty word, so that `https://timeout.example/not-found` says nothing.
 */
export interface Words {
  /** Lower case; empty where something stood that must not be read, `|` between statements. */
  readonly texts: readonly string[]
  /** Bits of MARK for each word. */
  readonly marks: readonly number[]
  /** The first character that is no white space; empty for an empty message. */
  readonly first: string
}

/**
 * `NEGATIVE`: a minus stood before it. `PARENTHESES`: it stood alone in round brackets. `GLUED`: part of a longer token.
 * `TITLE`: a colon or a dash follows it, as in `404 - endpoint moved`.
 */
export const MARK = { NEGATIVE: 1, PARENTHESES: 2, GLUED: 4, TITLE: 8 } as const

/** Characters that are read: the start names the error, the end of a stack trace names the innermost one. */
const HEAD = 3_072
const TAIL = 1_024
/** Words read before the end of a long text is jumped to: 3 KiB of prose have fewer. */
const MOST_WORDS = 640

const SEPARATOR = 0
const LOWER = 1
const UPPER = 2
const DIGIT = 3
const IDEOGRAPH = 4
const IGNORED = 5

/** Character classes, and characters without accents in lower case, for all of the first 8,192 (alphabetic scripts). */
const KIND = new Uint8Array(8_192)
const FOLDED = new Uint16Array(8_192)
for (let code = 0; code < KIND.length; code++) {
  const char = String.fromCharCode(code)
  const folded = char.normalize('NFD').charAt(0).toLowerCase()
  FOLDED[code] = folded.charCodeAt(0)
  if (/\p{M}/u.test(char)) KIND[code] = IGNORED
  else if (/[0-9]/.test(char)) KIND[code] = DIGIT
  else if (/[A-Z]/.test(char)) KIND[code] = UPPER
  else if (/\p{L}/u.test(char)) KIND[code] = LOWER
}
FOLDED[0x131] = 0x69 // Turkish dotless i: its capital is written like ours
// A stroke through a letter is no accent to Unicode: Polish l, Danish and Norwegian o, Croatian and Vietnamese d.
for (const [code, letter] of [
  [0x141, 'l'],
  [0x142, 'l'],
  [0xd8, 'o'],
  [0xf8, 'o'],
  [0x110, 'd'],
  [0x111, 'd'],
] as const)
  FOLDED[code] = letter.charCodeAt(0)

const between = (code: number, from: number, to: number) => code >= from && code <= to
const isIdeograph = (code: number) =>
  between(code, 0x2e80, 0x2fff) ||
  between(code, 0x3041, 0x9fff) ||
  between(code, 0xac00, 0xd7a3) ||
  between(code, 0xf900, 0xfaff)

/** Full-width forms (U+FF01 to U+FF5E) are ASCII drawn wide. */
const narrow = (code: number) => (between(code, 0xff01, 0xff5e) ? code - 0xfee0 : code)
const kindOf = (code: number) => (code < 8_192 ? KIND[code]! : isIdeograph(code) ? IDEOGRAPH : SEPARATOR)

/** No phrase goes across them: what stands before is another statement. */
const BARRIERS = new Set([0x3b, 0x5d])
/** Ends of sentences, where white space follows and then more. */
const STOPS = new Set([0x2e, 0x21, 0x3f])
const DASHES = new Set([0x2d, 0x2013, 0x2014])
const APOSTROPHES = new Set([0x27, 0x2019, 0x60, 0xb4])
const isSpace = (code: number) => code <= 0x20 || code === 0xa0 || code === 0x3000
const QUOTES = new Set([0x22, 0x27, 0x60, 0x28, 0x3c, 0x3e, 0x201c, 0x201d, 0x5c, 0x29, 0x5d, 0x7d])

/** `couldn't`, `COULDNT` and `could not` say the same, as do `cannot` and `can not`: the verb, and then `not`. */
const NEGATED: ReadonlyMap<string, string> = new Map([
  ['cannot', 'can'],
  ['cant', 'can'],
  ['wont', 'will'],
  ...'arent couldnt didnt doesnt dont hadnt hasnt havent isnt shouldnt wasnt werent wouldnt'
    .split(' ')
    .map((word) => [word, word.slice(0, -2)] as const),
])

/** Something that went wrong says nothing of what is wrong. */
const WENT = new Set(['went', 'goes', 'gone', 'going'])

/** Several of what fails are read as one of it: a list of "certificate errors" says what a "certificate error" does. */
const SINGULAR: ReadonlyMap<string, string> = new Map(
  'error failure problem issue connection response certificate cert signature payload host header credential token pipe socket ip url permission'
    .split(' ')
    .map((word) => [`${word}s`, word] as const),
)

/** `5s` and `10000ms` are a number and its unit, as `5 s` is. */
const TIME_SPAN = /^(\d{1,6})(ms|msecs?|s|secs?|seconds?|mins?|minutes?)$/

/** Last parts of dotted names that are an error's name, not a host's: Python writes its classes so. */
const ERROR_NAMES = new Set([
  'timeout',
  'gaierror',
  'herror',
  'error',
  'timeouterror',
  'sslerror',
  'badstatusline',
  'refused',
  'reset',
  'unreachable',
  'timedout',
])

/**
 * Reads a text of any length and content in bounded time: of a long one its beginning and its end. Never throws.
 */
export function words(message: string): Words {
  const text =
    message.length > HEAD + TAIL ? `${message.slice(0, HEAD)} ${message.slice(message.length - TAIL)}` : message
  const texts: string[] = []
  const marks: number[] = []
  const at = (index: number) => narrow(text.charCodeAt(index))
  const end = text.length
  const push = (word: string, mark: number) => {
    texts.push(word)
    marks.push(mark)
  }
  const opaqueUntil = (from: number): number => {
    let index = from
    while (index < end && !isSpace(text.charCodeAt(index)) && !QUOTES.has(text.charCodeAt(index))) index++
    push('', 0)
    return index
  }

  let index = 0
  let scanned = 0
  while (index < end) {
    if (texts.length === MOST_WORDS && index < end - TAIL) {
      push('|', 0)
      index = end - TAIL
    }
    const code = at(index)
    const kind = kindOf(code)
    if (kind === SEPARATOR || kind === IGNORED) {
      if (BARRIERS.has(code) || (STOPS.has(code) && endsSentence(index)) || (DASHES.has(code) && standsAlone(index)))
        push('|', 0)
      const slash = code === 0x2f
      if (slash && at(index + 1) === 0x2f && at(index - 1) === 0x3a) index = opaqueUntil(index)
      else if (slash && startsToken(index, text) && kindOf(at(index + 1)) !== SEPARATOR) index = opaqueUntil(index)
      else index++
      continue
    }
    if (kind === IDEOGRAPH) {
      push(text.charAt(index), 0)
      index++
      continue
    }
    if (index >= scanned) {
      const run = dottedRun(text, index)
      scanned = run.end
      if (run.opaque !== null) {
        push(run.opaque, 0)
        index = run.end
        continue
      }
    }
    index = readWord(index)
  }
  return { texts, marks, first: text.trimStart().charAt(0) }

  /** One word: letters and digits up to a separator or a change from lower to upper case. */
  function readWord(start: number): number {
    let word = ''
    let plainUntil = start
    let previous = SEPARATOR
    let cursor = start
    for (; cursor < end; cursor++) {
      const code = at(cursor)
      const kind = kindOf(code)
      if (kind === IGNORED) {
        word += text.slice(plainUntil, cursor)
        plainUntil = cursor + 1
        continue
      }
      if (kind === SEPARATOR || kind === IDEOGRAPH) {
        const joins = APOSTROPHES.has(code) && previous !== DIGIT && isLetter(kindOf(at(cursor + 1)))
        if (!joins) break
        word += text.slice(plainUntil, cursor)
        plainUntil = cursor + 1
        continue
      }
      if (kind === UPPER && cursor > start && (previous === LOWER || (previous === UPPER && endsAcronym(cursor)))) break
      if (code > 0x7f || text.charCodeAt(cursor) !== code) {
        word += text.slice(plainUntil, cursor) + String.fromCharCode(FOLDED[code]!)
        plainUntil = cursor + 1
      }
      previous = kind
    }
    word += text.slice(plainUntil, cursor)
    const lower = word.length > 40 ? '' : word.toLowerCase()
    const span = previous !== DIGIT && kindOf(at(start)) === DIGIT ? TIME_SPAN.exec(lower) : null
    if (span !== null) {
      push(span[1]!, markOf(start, cursor))
      push(span[2]!, 0)
      return cursor
    }
    if (lower === 'wrong' && WENT.has(texts.at(-1) ?? '')) {
      push('', 0)
      return cursor
    }
    const verb = NEGATED.get(lower)
    push(verb ?? SINGULAR.get(lower) ?? lower, markOf(start, cursor))
    if (verb !== undefined) push('not', 0)
    return cursor
  }

  function standsAlone(dash: number): boolean {
    return dash > 0 && isSpace(text.charCodeAt(dash - 1)) && isSpace(text.charCodeAt(dash + 1))
  }

  function endsSentence(stop: number): boolean {
    return stop + 2 < end && isSpace(text.charCodeAt(stop + 1))
  }

  /** The last capital of SSLError begins the next word; that of TLSv1 and of URLs does not. */
  function endsAcronym(cursor: number): boolean {
    const next = at(cursor + 1)
    const beyond = kindOf(at(cursor + 2))
    if (next === 0x76 && beyond === DIGIT) return false
    if (next === 0x73 && !isLetter(beyond)) return false
    return kindOf(next) === LOWER
  }

  function markOf(start: number, stop: number): number {
    const before = start === 0 ? 0x20 : at(start - 1)
    const beyond = start < 2 ? 0x20 : at(start - 2)
    const after = stop >= end ? 0x20 : at(stop)
    let mark = 0
    if (before === 0x2d && kindOf(beyond) === SEPARATOR) mark |= MARK.NEGATIVE
    if (before === 0x28 && after === 0x29) mark |= MARK.PARENTHESES
    if ((before === 0x2d && kindOf(beyond) !== SEPARATOR) || before === 0x23 || before === 0x5f || after === 0x5f)
      mark |= MARK.GLUED
    if (
      after === 0x3a ||
      (after === 0x2e && isSpace(at(stop + 1))) ||
      (isSpace(after) && (DASHES.has(at(stop + 1)) || at(stop + 1) === 0x3a) && isSpace(at(stop + 2)))
    )
      mark |= MARK.TITLE
    return mark
  }
}

const isLetter = (kind: number) => kind === LOWER || kind === UPPER

/** Whether a path could begin here: after white space or a quote, not inside `SSL/TLS` or `</h1>`. */
function startsToken(index: number, text: string): boolean {
  if (index === 0) return true
  const before = text.charCodeAt(index - 1)
  return isSpace(before) || before === 0x22 || before === 0x27 || before === 0x60 || before === 0x28 || before === 0x3d
}

/**
 * A run of letters, digits, hyphens, underscores and dots. `opaque` is what to read instead of it: the text itself for
 * numbers with dots (versions, addresses), nothing for a host or file name, null where its words are to be read.
 */
function dottedRun(text: string, start: number): { readonly end: number; readonly opaque: string | null } {
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
  if (lastDot < 0) return { end, opaque: null }
  if (!letters && !capitals) return { end, opaque: text.slice(start, Math.min(end, start + 16)) }
  const last = text.slice(lastDot + 1, end)
  const host = !capitals && /^[a-z][a-z0-9-]{1,62}$/.test(last) && !ERROR_NAMES.has(last)
  return { end, opaque: host ? '' : null }
}
