import { RANK, type RowHead } from './row.ts'
import { show, type Table } from './table.ts'
import { MARK } from './words.ts'

/**
 * What a sentence means, whatever its words and their order: an idea is a set of words that say the same in any tense and
 * language, such as REFUSE, and a meaning is a few ideas that are close together. Phrases are exact and come first;
 * meanings read what is not listed.
 */
export interface FoundMeaning {
  readonly row: RowHead
  /** The words of the table that were read, never other text of the message. */
  readonly ideas: string
  /** Words, first and beyond the last. */
  readonly start: number
  readonly end: number
}

/** How far apart the first and the last idea may stand, in words, by how many there are. */
const SPAN: readonly number[] = [0, 1, 8, 9, 11, 13]
/** Meanings are looked for in a text no further than this: a report says what happened in its first sentences. */
const MOST_WORDS = 160
/** Letters of the beginnings of words that stand for any ending. */
export const SHORTEST_BEGINNING = 4
export const LONGEST_BEGINNING = 10
const IDEOGRAPHS = '\u2e80'

/**
 * @param numbers the words' numbers in the table, 0 for any other word
 * @param marks bits of MARK for each word
 * @returns what a text means, at most one: of the highest rank, on one side of a heading ("Failed to send: …"), with the most
 *   ideas, the first of the table. Linear in its words.
 */
export function readMeaning(
  table: Table,
  texts: readonly string[],
  numbers: readonly number[],
  marks: readonly number[],
): FoundMeaning | undefined {
  const { groups, meaningsOf, meanings, without, rows } = table
  const last = new Int16Array(meaningsOf.size).fill(-1)
  const read: number[] = []
  const found: { readonly meaning: number; readonly start: number; readonly end: number; readonly isWhole: boolean }[] =
    []
  let floor = 0
  let heading = 0
  const stop = Math.min(texts.length, MOST_WORDS)
  for (let at = 0; at < stop; at++) {
    const text = texts[at]!
    if (text === '|') floor = at
    if (at > 0 && (marks[at - 1]! & MARK.LEADS) !== 0) heading = at
    // The scheme of a URL is no word of the sentence: "https://…: unavailable" does not say that HTTPS is.
    const isScheme = text === 'https' && texts[at + 1] === ''
    const word = isScheme ? 0 : meant(table, text, texts[at + 1] ?? '', numbers[at]!)
    read.push(word)
    if (word === 0) continue
    const first = groups.start(word)
    const beyond = groups.start(word + 1)
    for (let of = first; of < beyond; of++) last[groups.item(of)] = at
    for (let of = first; of < beyond; of++) {
      const group = groups.item(of)
      for (let by = meaningsOf.start(group); by < meaningsOf.start(group + 1); by++) {
        const meaning = meaningsOf.item(by)
        const start = startOf(meaning, at, text >= IDEOGRAPHS)
        if (start >= 0) found.push({ meaning, start, end: at + 1, isWhole: start >= heading })
      }
    }
  }
  let best: (typeof found)[number] | undefined
  for (const next of found) if (isAllowed(next.meaning) && (best === undefined || isBetter(next, best))) best = next
  if (best === undefined) return undefined
  const { meaning, start, end } = best
  const row = rows[meanings.item(meanings.start(meaning))]!
  return { row, ideas: show(table, wordsOf(meaning, start, end)), start, end }

  /** Where the meaning begins that is whole at this word; -1 if one of its ideas does not stand near enough. */
  function startOf(meaning: number, at: number, isIdeograph: boolean): number {
    const from = meanings.start(meaning) + 1
    const to = meanings.start(meaning + 1)
    const span = SPAN[to - from]!
    const nearest = Math.max(floor, at - (isIdeograph ? 2 * span : span))
    let start = at
    for (let of = from; of < to; of++) {
      const place = last[meanings.item(of)]!
      if (place < nearest) return -1
      if (place < start) start = place
    }
    return start
  }

  function isAllowed(meaning: number): boolean {
    for (let of = without.start(meaning); of < without.start(meaning + 1); of++)
      if (last[without.item(of)] !== -1) return false
    return true
  }

  function isBetter(one: (typeof found)[number], other: (typeof found)[number]): boolean {
    const rankOf = ({ meaning }: { meaning: number }) =>
      RANK[rows[meanings.item(meanings.start(meaning))]!.rank ?? 'outer']
    const sizeOf = ({ meaning }: { meaning: number }) => meanings.start(meaning + 1) - meanings.start(meaning)
    const difference =
      rankOf(one) - rankOf(other) || Number(one.isWhole) - Number(other.isWhole) || sizeOf(one) - sizeOf(other)
    return difference > 0 || (difference === 0 && one.meaning < other.meaning)
  }

  function wordsOf(meaning: number, start: number, end: number): number[] {
    const needed = new Set<number>()
    for (let of = meanings.start(meaning) + 1; of < meanings.start(meaning + 1); of++) needed.add(meanings.item(of))
    const shown: number[] = []
    for (let at = start; at < end; at++) {
      const word = read[at]!
      let isNeeded = false
      for (let of = groups.start(word); of < groups.start(word + 1); of++) isNeeded ||= needed.has(groups.item(of))
      if (isNeeded) shown.push(word)
      else if (shown.at(-1) !== 0) shown.push(0)
    }
    return shown
  }
}

/** What a word stands for: itself, it and the next ideograph, or the longest of its beginnings that are listed; 0 for nothing. */
function meant({ numbers, beginnings, groups }: Table, text: string, next: string, number: number): number {
  const hasMeaning = (word: number | undefined): word is number =>
    word !== undefined && groups.start(word) < groups.start(word + 1)
  if (text.length === 1 && text >= IDEOGRAPHS) {
    const pair = numbers.get(text + next)
    if (hasMeaning(pair)) return pair
    return hasMeaning(number) ? number : 0
  }
  // What the compiler knows of a word includes its beginnings.
  if (number !== 0) return hasMeaning(number) ? number : 0
  for (let length = Math.min(text.length, LONGEST_BEGINNING); length >= SHORTEST_BEGINNING; length--) {
    const known = beginnings.get(text.slice(0, length))
    if (known !== undefined) return known
  }
  return 0
}
