import { causeOfRow, type Row, type RowHead } from './row.ts'
import { words } from './words.ts'

/** A phrase of a row in a message. */
export interface Match {
  readonly row: RowHead
  /** Words of the phrase, never other text of the message: of alternatives the one that was read, `…` for any words. */
  readonly phrase: string
  /** Words, first and beyond the last. */
  readonly start: number
  readonly end: number
  /** A longer phrase says what this one inside it means; given only where asked for. */
  readonly covered: boolean
}

/** Matches kept of one message; more are not needed to decide, and a hostile text has thousands. */
const MOST = 64
const IDEOGRAPHS = '\u2e80'

/** A part of a phrase: how many words its gap has at most, or the words one of which stands there. */
type Part = number | readonly string[]

interface Phrase {
  readonly row: RowHead
  readonly text: string
  /** It has no gaps and a cause: what stands inside it says nothing by itself. */
  readonly covers: boolean
  /** Made of the text when the phrase's first word is first met. */
  parts?: readonly Part[]
  /** How it writes its words: `econnrefused` as ECONNREFUSED. Made when it is first shown. */
  written?: ReadonlyMap<string, string>
}

/** Phrases by their first word. */
export type Phrases = ReadonlyMap<string, readonly Phrase[]>

export function compilePhrases(rows: readonly Row[]): Phrases {
  const phrases = new Map<string, Phrase[]>()
  for (const row of rows)
    for (const text of row.phrases ?? []) {
      const phrase = { row, text, covers: !text.includes('{') && causeOfRow(row) !== undefined }
      for (const first of partsOf(text.split(' ', 1)[0]!)[0] as readonly string[]) {
        const others = phrases.get(first)
        if (others === undefined) phrases.set(first, [phrase])
        else others.push(phrase)
      }
    }
  return phrases
}

const partsOf = (text: string): Part[] =>
  text.split(' ').flatMap((part): Part[] => {
    if (part.startsWith('{')) return [Number(part.charAt(1))]
    // Rows are written as they are read but for capitals and what is not ASCII: accents and ideographs.
    const isPlain = !/[^\0-\x7f]/.test(part)
    return isPlain ? [part.toLowerCase().split('|')] : words(part).texts.map((word) => [word])
  })

/**
 * The phrases in a text, in time linear in its words: phrases and their gaps are short.
 * @param texts words as words.ts reads them
 * @param all whether those that a longer one covers are given too
 */
export function matchPhrases(phrases: Phrases, texts: readonly string[], all = false): Match[] {
  const kept: { readonly phrase: Phrase; readonly start: number; readonly end: number; readonly covered: boolean }[] =
    []
  let covered = 0
  for (let start = 0; start < texts.length; start++) {
    const found: { readonly phrase: Phrase; readonly end: number }[] = []
    let longest = 0
    for (const phrase of phrases.get(texts[start]!) ?? []) {
      phrase.parts ??= partsOf(phrase.text)
      const end = endOf(phrase.parts, 0, texts, start)
      if (end > 0) found.push({ phrase, end })
      if (phrase.covers) longest = Math.max(longest, end)
    }
    for (const { phrase, end } of found) {
      const { row } = phrase
      const isInside = causeOfRow(row) !== undefined && row.marks === undefined && (end <= covered || end < longest)
      if (isInside && !all) continue
      // The first half stays, then the latest replace each other: both ends of a long text are read.
      if (kept.length >= MOST) kept.splice(MOST / 2, 1)
      kept.push({ phrase, start, end, covered: isInside })
    }
    covered = Math.max(covered, longest)
  }
  return kept.map(({ phrase, ...place }) => ({
    row: phrase.row,
    phrase: show(texts.slice(place.start, place.end), phrase),
    ...place,
  }))
}

/** Where the longest reading of a phrase's parts ends that begins at a word; -1 if there is none. */
function endOf(parts: readonly Part[], from: number, texts: readonly string[], at: number): number {
  if (from === parts.length) return at
  const part = parts[from]!
  if (typeof part !== 'number') return part.includes(texts[at]!) ? endOf(parts, from + 1, texts, at + 1) : -1
  let end = -1
  for (let skip = 0; skip <= part && texts[at + skip - 1] !== '|'; skip++)
    end = Math.max(end, endOf(parts, from + 1, texts, at + skip))
  return end
}

/** Words of a phrase as it writes them, and `…` for other words. */
function show(texts: readonly string[], phrase: Phrase): string {
  phrase.written ??= new Map(
    phrase.text.split(/[ |]/).flatMap((word) => {
      const read = words(word).texts
      return read.map((text) => [text, read.length === 1 ? word : text] as const)
    }),
  )
  return join(texts.map((text) => phrase.written?.get(text) ?? '…'))
}

/** Words as a text: one `…` for several, and no space between ideographs. */
export function join(texts: readonly string[]): string {
  let joined = ''
  for (const text of texts) {
    if (text === '…' && joined.endsWith('…')) continue
    const isGlued = joined !== '' && joined.at(-1)! >= IDEOGRAPHS && text >= IDEOGRAPHS
    joined += `${joined === '' || isGlued ? '' : ' '}${text}`
  }
  return joined
}
