import type { RowHead } from './row.ts'
import { causeOfRow } from './row.ts'
import { type Lists, show, type Table } from './table.ts'

/** A phrase of the table in a message. */
export interface Match {
  readonly row: RowHead
  /** Words of the table, never other text of the message: of alternatives the one that was read, `…` for any words. */
  readonly phrase: string
  /** Words, first and beyond the last. */
  readonly start: number
  readonly end: number
  /** Only where asked for: a longer phrase says what this one inside it means. */
  readonly covered?: true
}

/** Matches kept of one message; more are not needed to decide, and a hostile text has thousands. */
const MOST = 64

interface OpenMatch {
  readonly row: RowHead
  readonly end: number
  readonly path: readonly number[]
}

/**
 * The phrases in a text, in time linear in its words: gaps and depth are bounded by the table.
 * @param texts words as words.ts reads them
 * @param numbers their numbers in the table, 0 for any other word
 * @param all whether those that a longer one covers are given too
 */
export function matchPhrases(table: Table, texts: readonly string[], numbers: readonly number[], all = false): Match[] {
  const { edges, gaps, found, rows } = table
  const kept: Match[] = []
  const path: number[] = []
  let open: OpenMatch[] = []
  let longest = 0

  const walk = (node: number, position: number): void => {
    for (let at = found.start(node); at < found.start(node + 1); at++) {
      const item = found.item(at)
      const row = rows[item >> 1]!
      open.push({ row, end: position, path: [...path] })
      if ((item & 1) === 0 && causeOfRow(row) !== undefined) longest = Math.max(longest, position)
    }
    if (position >= texts.length) return
    step(node, position)
    for (let at = gaps.start(node); at < gaps.start(node + 1); at += 2) {
      const most = gaps.item(at)
      for (let skip = 0; skip <= most && position + skip < texts.length; skip++) {
        if (texts[position + skip] === '|') break
        if (skip === 1) path.push(0)
        step(gaps.item(at + 1), position + skip)
      }
      if (path.at(-1) === 0) path.pop()
    }
  }
  const step = (node: number, position: number): void => {
    const number = numbers[position]!
    const next = number === 0 ? -1 : target(edges, node, number)
    if (next < 0) return
    path.push(number)
    walk(next, position + 1)
    path.pop()
  }

  let covered = 0
  for (let start = 0; start < texts.length; start++) {
    if (numbers[start] === 0) continue
    open = []
    longest = 0
    step(0, start)
    for (const { row, end, path: read } of open) {
      const isInside = causeOfRow(row) !== undefined && row.marks === undefined && (end <= covered || end < longest)
      if (isInside && !all) continue
      const match = { row, phrase: show(table, read), start, end }
      keep(kept, isInside ? { ...match, covered: true } : match)
    }
    covered = Math.max(covered, longest)
  }
  return kept
}

/** @returns the node that a word leads to; -1 if none */
function target(edges: Lists, node: number, word: number): number {
  let low = edges.start(node)
  let high = edges.start(node + 1) - 2
  while (low <= high) {
    const middle = low + ((((high - low) / 2) >> 1) << 1)
    const found = edges.item(middle)
    if (found === word) return edges.item(middle + 1)
    if (found < word) low = middle + 2
    else high = middle - 2
  }
  return -1
}

/** The first half stays, then the latest replace each other: both ends of a long text are read. */
function keep(kept: Match[], match: Match): void {
  if (kept.length >= MOST) kept.splice(MOST / 2, 1)
  kept.push(match)
}
