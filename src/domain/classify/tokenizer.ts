import { dottedRun } from './dotted-names.ts'

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
 * `TITLE`: a colon or a dash follows it, as in `404 - endpoint moved`. `LEADS`: a colon with white space, or the end of its
 * line, follows it.
 */
export const MARK = { NEGATIVE: 1, PARENTHESES: 2, GLUED: 4, TITLE: 8, LEADS: 16 } as const

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

const UNKNOWN = 6

/** Character classes, and characters without accents in lower case, of the first 8,192 (alphabetic scripts), as they are met. */
const KIND = new Uint8Array(8_192).fill(UNKNOWN)
const FOLDED = new Uint16Array(8_192)
/**
 * What Unicode does not fold: Turkish dotless i, whose capital is written like ours; and strokes through letters, which are
 * no accents: Polish l, Danish and Norwegian o, Croatian and Vietnamese d.
 */
const STROKES: Readonly<Record<string, string>> = { ı: 'i', Ł: 'l', ł: 'l', Ø: 'o', ø: 'o', Đ: 'd', đ: 'd' }

function classOf(code: number): number {
  const char = String.fromCharCode(code)
  const folded = code < 0x80 ? char.toLowerCase() : (STROKES[char] ?? char.normalize('NFD').charAt(0).toLowerCase())
  FOLDED[code] = folded.charCodeAt(0)
  if (/[0-9]/.test(char)) return DIGIT
  if (/[A-Z]/.test(char)) return UPPER
  if (/[a-z]/.test(char)) return LOWER
  if (code < 0x80) return SEPARATOR
  if (/\p{M}/u.test(char)) return IGNORED
  return /\p{L}/u.test(char) ? LOWER : SEPARATOR
}

const between = (code: number, from: number, to: number) => code >= from && code <= to
const isIdeograph = (code: number) =>
  between(code, 0x2e80, 0x2fff) ||
  between(code, 0x3041, 0x9fff) ||
  between(code, 0xac00, 0xd7a3) ||
  between(code, 0xf900, 0xfaff)

/** Full-width forms (U+FF01 to U+FF5E) are ASCII drawn wide. */
const narrow = (code: number) => (between(code, 0xff01, 0xff5e) ? code - 0xfee0 : code)
function kindOf(code: number): number {
  if (!(code < 8_192)) return isIdeograph(code) ? IDEOGRAPH : SEPARATOR
  if (KIND[code] === UNKNOWN) KIND[code] = classOf(code)
  return KIND[code]!
}

/** No phrase goes across them, nor across a comma beside a double quote, as between members of JSON: what precedes is another statement. */
const BARRIERS = new Set([0x3b, 0x5d])
/** Ends of sentences, where white space follows and then more. */
const STOPS = new Set([0x2e, 0x21, 0x3f])
const DASHES = new Set([0x2d, 0x2013, 0x2014])
const APOSTROPHES = new Set([0x27, 0x2019, 0x60, 0xb4])
const isSpace = (code: number) => code <= 0x20 || code === 0xa0 || code === 0x3000
const QUOTES = new Set([0x22, 0x27, 0x60, 0x28, 0x3c, 0x3e, 0x201c, 0x201d, 0x5c, 0x29, 0x5d, 0x7d])

/** Words that stand for others, and names that are not hosts'. They are data (rows/lexicon.json), not the tokenizer's. */
export interface Lexicon {
  /** What a word is read as: `couldnt` as `could` and `not`, `errors` as `error`. */
  readonly readAs: ReadonlyMap<string, readonly string[]>
  /** Last parts of dotted names that are an error's name, not a host's: Python writes its classes so. */
  readonly errorNames: ReadonlySet<string>
  /** Units that may directly follow their number: `5s` and `10000ms` are read as `5 s` is. */
  readonly units: ReadonlySet<string>
}

const NUMBER_AND_LETTERS = /^(\d{1,6})([a-z]{1,8})$/

/**
 * Reads a text of any length and content in bounded time: of a long one its beginning and its end. Never throws.
 */
export function tokenize(message: string, lexicon: Lexicon): Words {
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
      if (
        BARRIERS.has(code) ||
        (code === 0x2c && (at(index - 1) === 0x22 || at(index + 1) === 0x22)) ||
        (STOPS.has(code) && endsSentence(index)) ||
        (DASHES.has(code) && isBetweenSpaces(index))
      )
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
      const run = dottedRun(text, index, lexicon.errorNames)
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
    const mark = markOf(start, cursor)
    const amount = previous !== DIGIT && kindOf(at(start)) === DIGIT ? NUMBER_AND_LETTERS.exec(lower) : null
    if (amount !== null && lexicon.units.has(amount[2]!)) {
      push(amount[1]!, mark)
      push(amount[2]!, 0)
      return cursor
    }
    const [first = lower, ...others] = lexicon.readAs.get(lower) ?? []
    push(first, mark)
    for (const other of others) push(other, 0)
    return cursor
  }

  function isBetweenSpaces(dash: number): boolean {
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
    if (after === 0x0a || after === 0x0d || (after === 0x3a && isSpace(at(stop + 1)))) mark |= MARK.LEADS
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
