import type { Cause } from '../cause/cause.ts'
import { withoutAdvice } from './advice.ts'
import { compileMeanings, type Meanings, readMeaning } from './meanings.ts'
import { compilePhrases, matchPhrases, type Phrases } from './phrases.ts'
import { type Reading, readings } from './readings.ts'
import { causeOfRow, type Mark, RANK, type Rank } from './row.ts'
import { ROWS, VOCABULARY } from './rows.ts'
import { type Words, words } from './words.ts'

/** The rows, compiled when they are first needed: many messages need no meaning. */
let phrases: Phrases | undefined
export function allPhrases(): Phrases {
  phrases ??= compilePhrases(ROWS)
  return phrases
}
let meanings: Meanings | undefined
export function allMeanings(): Meanings {
  meanings ??= compileMeanings(ROWS, VOCABULARY)
  return meanings
}

export interface Evidence {
  /** The rule's own words, or a number with its kind: never other text of the message. */
  readonly read: string
  /** Id of the rule, such as `dns.resolve`, or `code.http`. */
  readonly rule: string
  /** What it means by itself. */
  readonly means: Cause
}

export interface Finding extends Evidence {
  readonly rank: Rank
  readonly at: number
  readonly end: number
  readonly status?: number
  readonly drop?: boolean
}

/** All that a message says, by itself: see classify.ts for what a report's number makes of it. */
export interface ParsedMessage {
  readonly findings: readonly Finding[]
  readonly marks: ReadonlySet<Mark>
  /** The wording of the sender's client stands at the very start. */
  readonly client: boolean
  /** It looks like the body of an answer. */
  readonly body: boolean
}

/** How many words from the start the wording of the sender's client must begin. */
const START = 10

/** What a message says; of what is guessed in it only where it says nothing else. Total. */
export function parseMessage(message: string): ParsedMessage {
  const text = words(message)
  const sure = withoutAdvice(text, true)
  const parsed = readWords({ ...text, texts: sure })
  if (parsed.findings.length > 0 || sure === text.texts) return parsed
  return readWords({ ...text, texts: withoutAdvice(text, false) })
}

function readWords(text: Words): ParsedMessage {
  const findings: Finding[] = []
  const marks = new Set<Mark>()
  let client = false
  for (const { row, phrase, start, end } of matchPhrases(allPhrases(), text.texts)) {
    for (const mark of row.marks ?? []) marks.add(mark)
    if (row.marks?.includes('client') && start < START) client = true
    const means = causeOfRow(row)
    if (means === undefined) continue
    const { id, status, drop } = row
    findings.push({
      read: phrase,
      rule: id,
      means,
      rank: row.rank ?? 'reason',
      at: start,
      end,
      ...(status === undefined ? {} : { status }),
      ...(drop ? { drop } : {}),
    })
  }
  for (const reading of readings(text)) {
    for (const mark of reading.marks) marks.add(mark)
    if (reading.marks.includes('client') && reading.at < START) client = true
    findings.push(fromReading(reading))
  }
  if (RANK[strongest(findings)?.rank ?? 'outer'] <= RANK.outer) {
    const meant = readMeaning(allMeanings(), text.texts, text.marks)
    if (meant !== undefined) {
      const { row, ideas, start, end } = meant
      const { id, rank = 'outer' } = row
      for (const mark of row.marks ?? []) marks.add(mark)
      if (findings.length === 0 || rank !== 'outer')
        findings.push({ read: ideas, rule: id, means: causeOfRow(row)!, rank, at: start, end })
    }
  }
  const body = '{[<'.includes(text.first) && text.first !== ''
  return { findings, marks, client, body }
}

const fromReading = ({ kind, number, cause, rank, at }: Reading): Finding => ({
  read: `${kind} ${number}`,
  rule: `number.${kind}`,
  means: cause,
  rank,
  at,
  end: at + 1,
  ...(kind === 'http' ? { status: number } : {}),
  ...(cause === 'connection_reset' ? { drop: true } : {}),
})

/**
 * The highest rank; of equals the last, and of those that end together the longest; but of HTTP statuses the first, since
 * what follows is that answer's body.
 */
export function strongest(findings: readonly Finding[]): Finding | undefined {
  let best: Finding | undefined
  for (const finding of findings) {
    const difference = best === undefined ? 1 : RANK[finding.rank] - RANK[best.rank]
    const later =
      best !== undefined &&
      (finding.rank === 'status'
        ? finding.at < best.at
        : finding.end > best.end || (finding.end === best.end && finding.at <= best.at))
    if (difference > 0 || (difference === 0 && later)) best = finding
  }
  return best
}
