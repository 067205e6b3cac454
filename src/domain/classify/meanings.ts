import { join } from './phrases.ts'
import { RANK, type Row, type RowHead } from './row.ts'
import { MARK } from './words.ts'

/**
 * What a sentence means, whatever its words and their order: an idea is a set of words that say the same in any tense and
 * language, such as REFUSE, and a meaning is a few ideas that are close together. Phrases are exact and come first;
 * meanings read what is not listed.
 */
export interface FoundMeaning {
  readonly row: RowHead
  /** The words of ideas that were read, never other text of the message. */
  readonly ideas: string
  /** Words, first and beyond the last. */
  readonly start: number
  readonly end: number
}

/** Words of each idea, by its name in capitals; `refuse*` is all forms of a word, `verweiger~` any ending. */
export type Vocabulary = Readonly<Record<string, readonly string[]>>

interface Meaning {
  readonly row: RowHead
  /** Of meanings that say as much the first decides. */
  readonly order: number
  /** One of each of these groups of ideas (`NOT|FAIL`), by number. */
  readonly needs: readonly number[]
  /** None of these anywhere. */
  readonly without: readonly number[]
}

export interface Meanings {
  /** Groups that a word belongs to. */
  readonly ofWord: ReadonlyMap<string, readonly number[]>
  /** Groups that all words with a beginning belong to. */
  readonly ofBeginning: ReadonlyMap<string, readonly number[]>
  /** The meanings that need a group, by the group's number. */
  readonly ofGroup: readonly (readonly Meaning[])[]
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
 * All forms of a word that stands with an asterisk: `refuse*` is refuse, refuses, refused and refusing. What ends in a
 * consonant that is doubled, or is irregular, is listed with its forms.
 */
export function forms(entry: string): readonly string[] {
  if (!entry.endsWith('*')) return [entry]
  const word = entry.slice(0, -1)
  if (word.endsWith('e')) return [word, `${word}s`, `${word}d`, `${word.slice(0, -1)}ing`]
  if (/[^aeiou]y$/.test(word)) {
    const stem = word.slice(0, -1)
    return [word, `${stem}ies`, `${stem}ied`, `${word}ing`]
  }
  if (/(s|x|z|ch|sh)$/.test(word)) return [word, `${word}es`, `${word}ed`, `${word}ing`]
  return [word, `${word}s`, `${word}ed`, `${word}ing`]
}

/** @throws Error for an idea that is not in the vocabulary */
export function compileMeanings(rows: readonly Row[], vocabulary: Vocabulary): Meanings {
  const ofWord = new Map<string, number[]>()
  const ofBeginning = new Map<string, number[]>()
  const numbers = new Map<string, number>()
  const ofGroup: Meaning[][] = []
  let order = 0
  const groupOf = (group: string): number => {
    const known = numbers.get(group)
    if (known !== undefined) return known
    const number = ofGroup.push([]) - 1
    numbers.set(group, number)
    for (const name of group.split('|')) {
      const listed = /^[A-Z]/.test(name) ? vocabulary[name] : [name]
      if (listed === undefined) throw new Error(`no idea ${name}`)
      for (const form of listed.flatMap(forms)) {
        const index = form.endsWith('~') ? ofBeginning : ofWord
        const text = form.replace('~', '')
        const groups = index.get(text)
        if (groups === undefined) index.set(text, [number])
        else if (groups.at(-1) !== number) groups.push(number)
      }
    }
    return number
  }
  for (const row of rows)
    for (const ideas of row.meanings ?? []) {
      const parts = ideas.split(' ')
      const needs = parts.filter((part) => !part.startsWith('!')).map(groupOf)
      const without = parts.filter((part) => part.startsWith('!')).map((part) => groupOf(part.slice(1)))
      const meaning = { row, order: order++, needs, without }
      for (const group of new Set(needs)) ofGroup[group]!.push(meaning)
    }
  return { ofWord, ofBeginning, ofGroup }
}

/** A word with its groups. */
interface Idea {
  readonly shown: string
  readonly groups: readonly number[]
}
const NONE: Idea = { shown: '…', groups: [] }

/** A meaning that is whole in the text. */
interface Candidate {
  readonly meaning: Meaning
  readonly start: number
  readonly end: number
  /** It stands on one side of a heading. */
  readonly isWhole: boolean
}

/**
 * @param marks bits of MARK for each word
 * @returns what a text means, at most one: of the highest rank, on one side of a heading ("Failed to send: …"), with the most
 *   ideas, the first of the table. Linear in its words.
 */
export function readMeaning(
  meanings: Meanings,
  texts: readonly string[],
  marks: readonly number[],
): FoundMeaning | undefined {
  const last: number[] = Array(meanings.ofGroup.length).fill(-1)
  const read: Idea[] = []
  const found: Candidate[] = []
  let floor = 0
  let heading = 0
  const stop = Math.min(texts.length, MOST_WORDS)
  for (let at = 0; at < stop; at++) {
    const text = texts[at]!
    const next = texts[at + 1] ?? ''
    if (text === '|') floor = at
    if (at > 0 && (marks[at - 1]! & MARK.LEADS) !== 0) heading = at
    // The scheme of a URL is no word of the sentence: "https://…: unavailable" does not say that HTTPS is.
    const isScheme = text === 'https' && texts[at + 1] === ''
    const idea = isScheme ? NONE : ideaOf(meanings, text, next)
    read.push(idea)
    for (const group of idea.groups) last[group] = at
    for (const group of idea.groups)
      for (const meaning of meanings.ofGroup[group]!) {
        const start = startOf(meaning, at, text >= IDEOGRAPHS)
        if (start >= 0) found.push({ meaning, start, end: at + 1, isWhole: start >= heading })
      }
  }
  let best: Candidate | undefined
  for (const next of found)
    if (next.meaning.without.every((group) => last[group] === -1) && (best === undefined || isBetter(next, best)))
      best = next
  if (best === undefined) return undefined
  const { meaning, start, end } = best
  const isNeeded = ({ groups }: Idea) => meaning.needs.some((group) => groups.includes(group))
  const ideas = join(read.slice(start, end).map((idea) => (isNeeded(idea) ? idea.shown : '…')))
  return { row: meaning.row, ideas, start, end }

  /** Where the meaning begins that is whole at this word; -1 if one of its ideas does not stand near enough. */
  function startOf({ needs }: Meaning, at: number, isIdeograph: boolean): number {
    const span = SPAN[needs.length]!
    const nearest = Math.max(floor, at - (isIdeograph ? 2 * span : span))
    let start = at
    for (const group of needs) {
      const place = last[group]!
      if (place < nearest) return -1
      if (place < start) start = place
    }
    return start
  }
}

function isBetter(one: Candidate, other: Candidate): boolean {
  const rankOf = ({ meaning }: Candidate) => RANK[meaning.row.rank ?? 'outer']
  const difference =
    rankOf(one) - rankOf(other) ||
    Number(one.isWhole) - Number(other.isWhole) ||
    one.meaning.needs.length - other.meaning.needs.length
  return difference > 0 || (difference === 0 && one.meaning.order < other.meaning.order)
}

/** What a word stands for: itself, it and the next ideograph, or its beginnings that are listed. */
function ideaOf({ ofWord, ofBeginning }: Meanings, text: string, next: string): Idea {
  if (text.length === 1 && text >= IDEOGRAPHS) {
    const pair = ofWord.get(text + next)
    if (pair !== undefined) return { shown: text + next, groups: pair }
  }
  const exact = ofWord.get(text)
  let idea: Idea = exact === undefined ? NONE : { shown: text, groups: exact }
  for (let length = Math.min(text.length, LONGEST_BEGINNING); length >= SHORTEST_BEGINNING; length--) {
    const beginning = text.slice(0, length)
    const more = ofBeginning.get(beginning)
    if (more === undefined) continue
    idea = {
      shown: idea === NONE ? `${beginning}…` : idea.shown,
      groups: idea === NONE ? more : [...new Set([...idea.groups, ...more])],
    }
  }
  return idea
}
