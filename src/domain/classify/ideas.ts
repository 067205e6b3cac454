import type { Cause } from '../cause.ts'
import type { Rank } from './phrases.ts'
import { words } from './words.ts'

/**
 * What a sentence means, whatever its words and their order: an idea is a set of words that say the same in any tense,
 * such as REFUSE, and a meaning is a few ideas that stand close together. Phrases are exact and come first; meanings read
 * what is not listed.
 */
export interface Meanings {
  readonly id: string
  readonly cause: Cause
  readonly rank: Rank
  /**
   * Ideas (in capitals) or words, all of which must stand within a short distance, in any order; `a|b` is either, and
   * `!a` must stand nowhere in the text.
   */
  readonly any: readonly string[]
}

/** What a text was read as: `ideas` are the meaning's own words, at the words from `start` to before `end`. */
export interface Meant {
  readonly rule: Meanings
  readonly ideas: string
  readonly start: number
  readonly end: number
  readonly count: number
}

/** How far apart the first and the last idea may stand, in words, by how many there are. */
const SPAN: readonly number[] = [0, 1, 8, 9, 11, 13]
/** Meanings looked for in a text no further than this: a report says what happened in its first sentences. */
const MOST_WORDS = 160
const IDEOGRAPHS = '\u2e80'
/** Letters of the beginnings of words that are listed with a tilde. */
const SHORTEST_PREFIX = 4
const LONGEST_PREFIX = 10

/**
 * All forms of a word that stands with an asterisk: `refuse*` is refuse, refuses, refused and refusing. What ends in a
 * consonant that is doubled, or is irregular, is listed with its forms. A tilde, kept, stands for any ending: `verweiger~`
 * is verweigert, verweigerte and verweigern.
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

/** A word as texts are read, or the beginning of one. */
interface Spelling {
  readonly text: string
  readonly prefix: boolean
}

interface Compiled {
  readonly rule: Meanings
  readonly ideas: string
  readonly parts: readonly number[]
  readonly without: readonly number[]
  /** Its place in the table. */
  readonly place: number
}

/**
 * @param vocabulary words of each idea, by its name in capitals
 * @returns what a text means, at most one meaning: of the highest rank, with the most ideas, the first. Linear in its words.
 * @throws Error for an idea that is not in the vocabulary
 */
export function compileMeanings(
  vocabulary: Readonly<Record<string, string>>,
  meanings: readonly Meanings[],
  rankOf: Readonly<Record<Rank, number>>,
): (texts: readonly string[]) => Meant | undefined {
  // Most ideas stand in many meanings. Spelled anew for each, they would double the memory that the process starts with.
  const spellings = new Map<string, readonly Spelling[]>()
  const spelled = (name: string): readonly Spelling[] => {
    const known = spellings.get(name)
    if (known !== undefined) return known
    const listed = /^[A-Z]/.test(name) ? vocabulary[name] : name
    if (listed === undefined) throw new Error(`no idea ${name}`)
    const made = listed
      .split(' ')
      .filter(Boolean)
      .flatMap(forms)
      .map((form) => ({ text: words(form).texts.join(''), prefix: form.endsWith('~') }))
    spellings.set(name, made)
    return made
  }
  const parts = new Map<string, number>()
  const ofWord = new Map<string, number[]>()
  const ofPrefix = new Map<string, number[]>()
  const idOf = (part: string): number => {
    const known = parts.get(part)
    if (known !== undefined) return known
    const id = parts.size
    parts.set(part, id)
    for (const name of part.split('|'))
      for (const { text, prefix } of spelled(name)) {
        const index = prefix ? ofPrefix : ofWord
        const list = index.get(text)
        if (list === undefined) index.set(text, [id])
        else if (!list.includes(id)) list.push(id)
      }
    return id
  }
  const byPart: Compiled[][] = []
  let places = 0
  for (const rule of meanings)
    for (const ideas of rule.any) {
      const all = ideas.split(' ')
      const compiled = {
        rule,
        ideas: ideas.toLowerCase(),
        parts: all.filter((part) => !part.startsWith('!')).map(idOf),
        without: all.filter((part) => part.startsWith('!')).map((part) => idOf(part.slice(1))),
        place: places++,
      }
      for (const part of compiled.parts) {
        byPart[part] ??= []
        byPart[part].push(compiled)
      }
    }
  const size = parts.size
  // What is listed with an ending of its own has every meaning of its listed beginnings too.
  for (const index of [ofWord, ofPrefix])
    for (const [text, list] of index)
      for (let length = SHORTEST_PREFIX; length < text.length + (index === ofWord ? 1 : 0); length++)
        for (const id of ofPrefix.get(text.slice(0, length)) ?? []) if (!list.includes(id)) list.push(id)
  /** What a word stands for: itself, two ideographs, or the longest of its beginnings that are listed. */
  const meant = (text: string, next: string): readonly number[] | undefined => {
    if (text.length === 1 && text >= IDEOGRAPHS) return ofWord.get(text + next) ?? ofWord.get(text)
    const exact = ofWord.get(text)
    if (exact !== undefined) return exact
    for (let length = Math.min(text.length, LONGEST_PREFIX); length >= SHORTEST_PREFIX; length--) {
      const known = ofPrefix.get(text.slice(0, length))
      if (known !== undefined) return known
    }
    return undefined
  }

  const isBetter = (one: Compiled, other: Compiled): boolean => {
    const rank = rankOf[one.rule.rank] - rankOf[other.rule.rank]
    const count = one.parts.length - other.parts.length
    return rank > 0 || (rank === 0 && (count > 0 || (count === 0 && one.place < other.place)))
  }

  return (texts) => {
    const last = new Int32Array(size).fill(-1)
    let found: { readonly by: Compiled; readonly start: number; readonly end: number }[] = []
    let floor = 0
    const stop = Math.min(texts.length, MOST_WORDS)
    for (let at = 0; at < stop; at++) {
      const text = texts[at]!
      if (text === '|') floor = at
      const here = meant(text, texts[at + 1] ?? '')
      if (here === undefined) continue
      for (const part of here) last[part] = at
      for (const part of here)
        for (const by of byPart[part] ?? []) {
          const span = SPAN[by.parts.length]!
          const from = Math.max(floor, at - (text >= IDEOGRAPHS ? 2 * span : span))
          let start = at
          let whole = true
          for (const other of by.parts) {
            const place = last[other]!
            if (place < from) {
              whole = false
              break
            }
            if (place < start) start = place
          }
          if (whole) found.push({ by, start, end: at + 1 })
        }
    }
    found = found.filter(({ by }) => by.without.every((part) => last[part] === -1))
    let best: (typeof found)[number] | undefined
    for (const next of found) if (best === undefined || isBetter(next.by, best.by)) best = next
    if (best === undefined) return undefined
    const { by, start, end } = best
    return { rule: by.rule, ideas: by.ideas, start, end, count: by.parts.length }
  }
}
