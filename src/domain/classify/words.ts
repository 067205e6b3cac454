import lexicon from './rows/lexicon.json' with { type: 'json' }

/**
 * A message as words: what all clients' texts have in common once spelling is taken away.
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
const LONGEST_WORD = 40

/** What a word is read as: `couldnt` as `could` and `not`, `errors` as `error`. */
const READ_AS = new Map(Object.entries(lexicon.readAs).map(([word, read]) => [word, read.split(' ')]))
/** Last parts of dotted names that are an error's name, not a host's: Python writes its classes so. */
const ERROR_NAMES = new Set(lexicon.errorNames)
/** Units that may directly follow their number: `5s` and `10000ms` are read as `5 s` is. */
const UNITS = new Set(lexicon.units)

const SPACE = '\\0-\\x20\\xa0\\u3000'
const IDEOGRAPH = '\\u2e80-\\u2fff\\u3041-\\u9fff\\uac00-\\ud7a3\\uf900-\\ufaff'
/** Of alphabetic scripts. */
const LETTER = '[[\\p{L}\\p{M}]&&[\\0-\\u1fff]]'
const ALPHANUMERIC = '[[\\p{L}\\p{M}0-9]&&[\\0-\\u1fff]]'
const OPAQUE = `[^${SPACE}"'\`\\(<>“\\\\\\)\\]\\}]{0,4096}`
const TOKEN = new RegExp(
  [
    // No phrase goes across these, the ends of sentences, or a comma beside a double quote, as between members of JSON.
    `(?<barrier>[;\\]]|,(?=")|(?<="),|[.!?](?=[${SPACE}][^])|(?<=[${SPACE}])[\\-–—](?=[${SPACE}]))`,
    // URLs behind their scheme; and paths where a token begins, not inside \`SSL/TLS\` or \`</h1>\`.
    `(?<opaque>(?<=:)//${OPAQUE}|(?<=^|[${SPACE}"'\`\\(=])/(?=${ALPHANUMERIC}|[${IDEOGRAPH}])${OPAQUE})`,
    `[${IDEOGRAPH}]`,
    `(?<word>${ALPHANUMERIC}{1,4096}(?:(?<![0-9])['’\`´](?=${LETTER})${ALPHANUMERIC}{1,4096}){0,9})`,
  ].join('|'),
  'gv',
)
/** Letters, digits, hyphens, underscores, and dots that something follows. */
const RUN = /(?:[\w-]|\.(?=\w)){1,4096}/y
/** A change from lower to upper case; the last capital of SSLError begins the next word, those of TLSv1 and URLs do not. */
const CAMEL = new RegExp(
  `(?<=[a-z]|[^\\0-\\x7f])(?=[A-Z])|(?<=[A-Z])(?=[A-Z](?!v[0-9])(?!s(?!${LETTER}))(?:[a-z]|[^\\0-\\x7f]))`,
  'v',
)
const NUMBER_AND_LETTERS = /^(\d{1,6})([a-z]{1,8})$/

/** Strokes through letters and dotless i, which are no accents to Unicode. */
const STROKES: Readonly<Record<string, string>> = { ı: 'i', Ł: 'L', ł: 'l', Ø: 'O', ø: 'o', Đ: 'D', đ: 'd' }

/** A text without accents, with full-width forms drawn narrow. */
function fold(text: string): string {
  if (!/[^\0-\x7f]/.test(text)) return text
  return text
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
    .replace(/[\uff01-\uff5e]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
    .replace(/[ıŁłØøĐđ]/g, (letter) => STROKES[letter]!)
}

/** Reads a text of any length and content in bounded time: of a long one its beginning and its end. Never throws. */
export function words(message: string): Words {
  const isLong = message.length > HEAD + TAIL
  const cut = isLong ? `${message.slice(0, HEAD)} ${message.slice(message.length - TAIL)}` : message
  const text = fold(cut)
  const texts: string[] = []
  const marks: number[] = []
  const push = (word: string, mark = 0) => {
    texts.push(word)
    marks.push(mark)
  }
  let scanned = 0
  TOKEN.lastIndex = 0
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    if (match.groups!['barrier'] !== undefined) push('|')
    else if (match.groups!['opaque'] !== undefined) push('')
    else if (match.groups!['word'] === undefined) push(match[0])
    else {
      RUN.lastIndex = match.index
      const run = match.index < scanned ? null : RUN.exec(text)
      if (run !== null) scanned = RUN.lastIndex
      const instead = run === null ? undefined : insteadOf(run[0], text, match.index)
      if (instead !== undefined) {
        push(instead)
        TOKEN.lastIndex = scanned
      } else readToken(match[0], marksOf(text, match.index, TOKEN.lastIndex), push)
    }
    if (texts.length >= MOST_WORDS && TOKEN.lastIndex < text.length - TAIL) {
      push('|')
      TOKEN.lastIndex = text.length - TAIL
    }
  }
  return { texts, marks, first: cut.trimStart().charAt(0) }
}

/** @returns what a run is read as: itself for numbers with dots (versions, addresses), nothing for a host or file name */
function insteadOf(run: string, text: string, start: number): string | undefined {
  const letters = /[a-z]/.test(run)
  const isLower = !/[A-Z]/.test(run)
  const dot = run.lastIndexOf('.')
  if (dot < 0) return letters && isLower && isHost(run, text, start) ? '' : undefined
  if (!letters && isLower) return run.slice(0, 16)
  const last = run.slice(dot + 1)
  return isLower && /^[a-z][a-z0-9-]{1,62}$/.test(last) && !ERROR_NAMES.has(last) ? '' : undefined
}

/** Whether a name without dots is a host's: `host='shop'` of Python's pools, and `shop-api:8080`, but not `error-code:10054`. */
function isHost(name: string, text: string, start: number): boolean {
  if (start >= 6 && /^host=["']$/.test(text.slice(start - 6, start))) return true
  const end = start + name.length
  return (
    /[-_]/.test(name) &&
    !/(?:code|errno|error|status|number|id)$/.test(name) &&
    /^:(?:80|443|\d{4,5})(?![\w.])/.test(text.slice(end, end + 8))
  )
}

/** Words of a token, which another case begins; what stood before it marks the first, what follows it the last. */
function readToken(token: string, { before, after }: Marks, push: (word: string, mark?: number) => void): void {
  const parts = token.replace(/['’`´]/g, '').split(CAMEL)
  parts.forEach((part, index) => {
    const isFirst = index === 0
    const isLast = index === parts.length - 1
    const alone = isFirst && isLast ? 0 : MARK.PARENTHESES
    const mark = ((isFirst ? before : 0) | (isLast ? after : 0)) & ~alone
    const word = part.length > LONGEST_WORD ? '' : part.toLowerCase()
    const amount = NUMBER_AND_LETTERS.exec(word)
    if (amount !== null && UNITS.has(amount[2]!)) {
      push(amount[1]!, mark)
      push(amount[2]!)
      return
    }
    const [first = word, ...others] = READ_AS.get(word) ?? []
    push(first, mark)
    for (const other of others) push(other)
  })
}

/** Bits of MARK by what stands before a token, and behind it. */
interface Marks {
  readonly before: number
  readonly after: number
}

const ENDS_IN_TITLE = new RegExp(`^(?::|\\.[${SPACE}]|[${SPACE}][:\\-–—][${SPACE}])`)
const LEADS = new RegExp(`^(?:[\\n\\r]|:[${SPACE}])`)
/** A minus; a hyphen follows a letter or a digit. */
const MINUS = /(?:^|[^\p{L}\p{M}0-9])-$/u

function marksOf(text: string, start: number, end: number): Marks {
  const before = text.slice(Math.max(0, start - 2), start)
  const behind = text.slice(end, end + 3)
  let first = 0
  if (before.endsWith('-')) first |= MINUS.test(before) ? MARK.NEGATIVE : MARK.GLUED
  if (/[#_]$/.test(before)) first |= MARK.GLUED
  if (before.endsWith('(') && behind.startsWith(')')) first |= MARK.PARENTHESES
  let last = 0
  if (behind.startsWith('_')) last |= MARK.GLUED
  if (ENDS_IN_TITLE.test(behind)) last |= MARK.TITLE
  if (LEADS.test(behind)) last |= MARK.LEADS
  return { before: first, after: last }
}
