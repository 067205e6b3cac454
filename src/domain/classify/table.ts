import type { RowHead } from './row.ts'

/** The rows compiled for matching, as `npm run generate` writes them: every array of numbers in base64, 16 bits each. */
export interface TableData {
  readonly rows: readonly RowHead[]
  /** All words of phrases and ideas, with spaces between them; a word's number is its place, from 1 on. */
  readonly words: string
  /** How a word is shown where that is not how it is read: `ECONNREFUSED`, `délai`. */
  readonly shown: Readonly<Record<string, string>>
  /** Beginnings of words that stand for all their endings; numberWords on from the words. */
  readonly beginnings: string
  /** The tree of phrases: for each node its words and the nodes that they lead to, in pairs, sorted by word. */
  readonly edges: string
  /** For each node the gaps that begin there: at most how many words, and the node behind, in pairs. */
  readonly gaps: string
  /** For each node the phrases that end there: twice the row's number, plus 1 if the phrase has a gap. */
  readonly found: string
  /** For each word and beginning the idea groups that it stands for. */
  readonly groups: string
  /** For each idea group the meanings that need it. */
  readonly meaningsOf: string
  /** For each meaning its row, then its idea groups. */
  readonly meanings: string
  /** For each meaning the idea groups that must appear nowhere. */
  readonly without: string
}

/** The table is written with the low byte first, as nearly every machine keeps it. */
const IS_BIG_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 0

/** Lists of numbers in one array: where each begins, where the last ends, then all items. */
export class Lists {
  readonly #all: Uint16Array
  constructor(base64: string) {
    const bytes = Buffer.from(base64, 'base64')
    if (IS_BIG_ENDIAN) bytes.swap16()
    this.#all = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length >> 1)
  }
  get size(): number {
    return this.#all[0]!
  }
  /** Where the list begins; it ends before the start of the next. */
  start(list: number): number {
    return this.#all[1 + list]!
  }
  item(at: number): number {
    return this.#all[at]!
  }
}

/** The table ready for use. Made once, when the first message is read: until then it costs its text only. */
export interface Table {
  readonly rows: readonly RowHead[]
  readonly numbers: ReadonlyMap<string, number>
  /** How each number is written: words, then beginnings. */
  readonly words: readonly string[]
  readonly shown: Readonly<Record<string, string>>
  readonly edges: Lists
  readonly gaps: Lists
  readonly found: Lists
  readonly beginnings: ReadonlyMap<string, number>
  readonly groups: Lists
  readonly meaningsOf: Lists
  readonly meanings: Lists
  readonly without: Lists
}

/** @throws nothing for what compile.ts made */
export function openTable(data: TableData): Table {
  const words = data.words.split(' ')
  const beginnings = data.beginnings.split(' ')
  return {
    rows: data.rows,
    words: [...words, ...beginnings.map((text) => `${text}…`)],
    shown: data.shown,
    numbers: numberWords(words, 1),
    beginnings: numberWords(beginnings, words.length + 1),
    edges: new Lists(data.edges),
    gaps: new Lists(data.gaps),
    found: new Lists(data.found),
    groups: new Lists(data.groups),
    meaningsOf: new Lists(data.meaningsOf),
    meanings: new Lists(data.meanings),
    without: new Lists(data.without),
  }
}

function numberWords(words: readonly string[], first: number): Map<string, number> {
  const numbers = new Map<string, number>()
  for (const word of words) numbers.set(word, first + numbers.size)
  return numbers
}

const IDEOGRAPHS = '\u2e80'

/** Words of the table as a person would write them: `…` where others stood between, none between ideographs. */
export function show({ words, shown }: Table, numbers: readonly number[]): string {
  let text = ''
  for (const number of numbers) {
    const word = number === 0 ? '…' : words[number - 1]!
    const joined = text !== '' && text.at(-1)! >= IDEOGRAPHS && word >= IDEOGRAPHS
    text += `${text === '' || joined ? '' : ' '}${shown[word] ?? word}`
  }
  return text
}
