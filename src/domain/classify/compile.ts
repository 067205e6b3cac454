import { LONGEST_BEGINNING, SHORTEST_BEGINNING } from './meanings.ts'
import type { Row, RowHead } from './row.ts'
import type { TableData } from './table.ts'
import { words } from './words.ts'

/** Words of each idea, by its name in capitals; `refuse*` is all forms of a word, `verweiger~` any ending. */
export type Vocabulary = Readonly<Record<string, readonly string[]>>

const GAP = /^\{([1-9])\}$/
const LIMIT = 2 ** 16

/**
 * Compiles rows for matching: the phrases to one tree whose equal branches are shared, the meanings to lists.
 * @throws Error for an idea that is not in the vocabulary, and for a table that needs numbers above 16 bits
 */
export function compile(rows: readonly Row[], vocabulary: Vocabulary): TableData {
  const spelled = new Spelling()
  const tree = new Tree()
  rows.forEach(({ phrases = [] }, index) => {
    for (const phrase of phrases) tree.insert(phrase, index, spelled)
  })
  const meanings = compileMeanings(rows, vocabulary, spelled)
  const { edges, gaps, found } = tree.minimal()
  return {
    rows: rows.map(headOf),
    words: spelled.words.join(' '),
    shown: spelled.shown(),
    edges: pack(edges),
    gaps: pack(gaps),
    found: pack(found),
    ...meanings,
  }
}

function headOf({ id, cause, status, rank, marks, drop }: Row): RowHead {
  const head = { id, cause, status, rank, marks, drop }
  return JSON.parse(JSON.stringify(head)) as RowHead
}

/** Lists as table.ts reads them, in base64. */
function pack(lists: readonly (readonly number[])[]): string {
  const numbers = [lists.length]
  let start = lists.length + 2
  for (const list of [...lists, []]) {
    numbers.push(start)
    start += list.length
  }
  for (const list of lists) numbers.push(...list)
  if (start >= LIMIT || numbers.some((number) => number >= LIMIT)) throw new Error('the table needs more than 16 bits')
  const bytes = Buffer.alloc(2 * numbers.length)
  numbers.forEach((number, index) => {
    bytes.writeUInt16LE(number, 2 * index)
  })
  return bytes.toString('base64')
}

/** The words of the table, numbered from 1, and how each is written. */
class Spelling {
  readonly words: string[] = []
  readonly #numbers = new Map<string, number>()
  readonly #written = new Map<string, Set<string>>()

  number(text: string): number {
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    this.words.push(text)
    this.#numbers.set(text, this.words.length)
    return this.words.length
  }

  /** Numbers of the words that a part of a phrase is read as. */
  read(part: string): number[] {
    const texts = words(part).texts
    if (texts.length === 1) {
      const written = this.#written.get(texts[0]!) ?? new Set()
      this.#written.set(texts[0]!, written.add(part))
    }
    return texts.map((text) => this.number(text))
  }

  /** Words that are never written as they are read, with the first way in which they are. */
  shown(): Record<string, string> {
    const others = [...this.#written].filter(
      ([text, written]) => ![...written].some((each) => each.toLowerCase() === text && each === each.toLowerCase()),
    )
    return Object.fromEntries(others.map(([text, written]) => [text, [...written][0]!]))
  }
}

interface Node {
  readonly next: Map<number, Node>
  readonly gaps: Map<number, Node>
  readonly found: number[]
}
const node = (): Node => ({ next: new Map(), gaps: new Map(), found: [] })

class Tree {
  readonly #root = node()

  insert(phrase: string, row: number, spelled: Spelling): void {
    let ends = [this.#root]
    let gapped = 0
    for (const part of phrase.split(' ')) {
      const gap = GAP.exec(part)
      if (gap !== null) {
        gapped = 1
        ends = ends.map(({ gaps }) => getOrMake(gaps, Number(gap[1])))
      } else
        ends = part.split('|').flatMap((word) => {
          const numbers = spelled.read(word)
          return ends.map((end) => numbers.reduce((at, number) => getOrMake(at.next, number), end))
        })
    }
    for (const { found } of ends) if (!found.includes(2 * row + gapped)) found.push(2 * row + gapped)
  }

  /** Nodes that lead to the same are one; the root is the first. */
  minimal(): { edges: number[][]; gaps: number[][]; found: number[][] } {
    const edges: number[][] = [[]]
    const gaps: number[][] = [[]]
    const found: number[][] = [[]]
    const known = new Map<string, number>()
    const visit = (each: Node, place?: number): number => {
      const out = [...each.next].sort(([one], [other]) => one - other).flatMap(([word, to]) => [word, visit(to)])
      const over = [...each.gaps].flatMap(([most, to]) => [most, visit(to)])
      const key = JSON.stringify([out, over, each.found])
      const id = place ?? known.get(key) ?? edges.length
      known.set(key, id)
      edges[id] = out
      gaps[id] = over
      found[id] = each.found
      return id
    }
    visit(this.#root, 0)
    return { edges, gaps, found }
  }
}

function getOrMake(map: Map<number, Node>, key: number): Node {
  const known = map.get(key) ?? node()
  map.set(key, known)
  return known
}

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

type MeaningTables = Pick<TableData, 'beginnings' | 'groups' | 'meaningsOf' | 'meanings' | 'without'>

function compileMeanings(rows: readonly Row[], vocabulary: Vocabulary, spelled: Spelling): MeaningTables {
  const groupIds = new Map<string, number>()
  const ofWord = new Map<string, Set<number>>()
  const ofBeginning = new Map<string, Set<number>>()
  const groupOf = (part: string): number => {
    const known = groupIds.get(part)
    if (known !== undefined) return known
    const id = groupIds.size
    groupIds.set(part, id)
    for (const name of part.split('|')) {
      const listed = /^[A-Z]/.test(name) ? vocabulary[name] : [name]
      if (listed === undefined) throw new Error(`no idea ${name}`)
      for (const form of listed.flatMap(forms)) {
        const index = form.endsWith('~') ? ofBeginning : ofWord
        const text = words(form).texts.join('')
        index.set(text, (index.get(text) ?? new Set()).add(id))
      }
    }
    return id
  }
  const meanings: number[][] = []
  const without: number[][] = []
  rows.forEach(({ meanings: listed = [] }, row) => {
    for (const ideas of listed) {
      const parts = ideas.split(' ')
      meanings.push([row, ...parts.filter((part) => !part.startsWith('!')).map(groupOf)])
      without.push(parts.filter((part) => part.startsWith('!')).map((part) => groupOf(part.slice(1))))
    }
  })
  for (const word of ofWord.keys()) spelled.number(word)
  const beginnings = [...ofBeginning.keys()]
  /** Groups of a word itself and of those of its beginnings that count; an idea's exact word keeps all of them. */
  const groupsOf = (text: string): number[] => {
    const exact = ofWord.get(text)
    const all = new Set(exact)
    for (let length = Math.min(text.length, LONGEST_BEGINNING); length >= SHORTEST_BEGINNING; length--) {
      const known = ofBeginning.get(text.slice(0, length))
      for (const id of known ?? []) all.add(id)
    }
    return [...all].sort((one, other) => one - other)
  }
  const meaningsOf = Array.from({ length: groupIds.size }, (_, group) =>
    meanings.flatMap(([, ...parts], meaning) => (parts.includes(group) ? [meaning] : [])),
  )
  return {
    beginnings: beginnings.join(' '),
    groups: pack([[], ...[...spelled.words, ...beginnings].map(groupsOf)]),
    meaningsOf: pack(meaningsOf),
    meanings: pack(meanings),
    without: pack(without),
  }
}
