import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { CAUSES, type Cause } from '../../src/domain/cause/cause.ts'

/** One real message, where its wording was seen, and its cause by the boundaries of the issue, not by the classifier. */
export interface Sample {
  /** The sender's number; 0 where only the text is known. */
  readonly code?: number
  readonly message: string
  readonly cause: Cause
  /** A URL, or `owner/repository path`. */
  readonly origin: string
  /** In looks.jsonl: the look that it was collected for. */
  readonly look?: string
}

/** Rules are tuned on the first alone. */
export type Part = 'tune' | 'held-out'

/**
 * `tuned`: what the rules began with, by origin in two parts. `looks`: sets collected later from other projects, each
 * measured once before any rule was changed for it, and tuned on afterwards.
 */
export function samples(name: 'tuned' | 'looks'): Sample[] {
  return readFileSync(new URL(`./${name}.jsonl`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Sample)
}

/** The repository or host of an origin: everything that one project wrote falls in one part. */
export function originKey(origin: string): string {
  const repository = /^(?:https:\/\/github\.com\/)?([\w.-]+\/[\w.-]+)/.exec(origin)
  if (repository !== null && !origin.startsWith('https://') === true) return repository[1]!.toLowerCase()
  const url = new URL(origin)
  return url.hostname === 'github.com' ? repository![1]!.toLowerCase() : url.hostname
}

export const partOf = ({ origin }: Sample): Part =>
  createHash('sha256').update(originKey(origin)).digest()[0]! % 2 === 0 ? 'tune' : 'held-out'

export interface Score {
  /** Mean over causes of the share of its samples that got it. */
  readonly macroRecall: number
  readonly right: number
  readonly total: number
  /** Rows: true cause; columns: the classifier's. Only causes that occur. */
  readonly confusion: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly wrong: readonly { readonly sample: Sample; readonly cause: Cause }[]
}

export function score(list: readonly Sample[], classify: (sample: Sample) => Cause): Score {
  const confusion: Record<string, Record<string, number>> = {}
  const wrong: { sample: Sample; cause: Cause }[] = []
  for (const sample of list) {
    const cause = classify(sample)
    const row = confusion[sample.cause] ?? {}
    confusion[sample.cause] = row
    row[cause] = (row[cause] ?? 0) + 1
    if (cause !== sample.cause) wrong.push({ sample, cause })
  }
  const recalls = Object.entries(confusion).map(
    ([cause, row]) => (row[cause] ?? 0) / Object.values(row).reduce((sum, count) => sum + count, 0),
  )
  const macroRecall = recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length
  return { macroRecall, right: list.length - wrong.length, total: list.length, confusion, wrong }
}

/** The confusion table as text: a line a true cause, with its recall and what it was taken for. */
export function table({ confusion }: Score): string {
  return CAUSES.filter((cause) => confusion[cause] !== undefined)
    .map((cause) => {
      const row = confusion[cause]!
      const total = Object.values(row).reduce((sum, count) => sum + count, 0)
      const others = Object.entries(row)
        .filter(([taken]) => taken !== cause)
        .map(([taken, count]) => `${taken} ${count}`)
      return `  ${cause.padEnd(19)} ${String(row[cause] ?? 0).padStart(3)} of ${String(total).padStart(3)}${others.length > 0 ? `  taken for ${others.join(', ')}` : ''}`
    })
    .join('\n')
}
