import type { Cause } from '../cause.ts'
import { withoutAdvice } from './advice.ts'
import { compileMeanings } from './ideas.ts'
import { statusCause } from './numbers.ts'
import { compile, type Mark, RANK, type Rank } from './phrases.ts'
import { type Reading, readings } from './readings.ts'
import { RULES } from './rules/index.ts'
import { MEANINGS } from './rules/meanings.ts'
import { VOCABULARY } from './rules/vocabulary.ts'
import { type Words, words } from './words.ts'

const match = compile(RULES)
const mean = compileMeanings(VOCABULARY, MEANINGS, RANK)

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

/** All that a message tells, by itself: see classify.ts for what a report's number makes of it. */
export interface Account {
  readonly findings: readonly Finding[]
  readonly marks: ReadonlySet<Mark>
  /** The wording of the sender's client stands at the very start. */
  readonly client: boolean
  /** It looks like the body of an answer. */
  readonly body: boolean
}

/** How many words from the start the wording of the sender's client must begin. */
const START = 10

/** What a message tells; of what is guessed in it only where it tells nothing else. Total. */
export function readAccount(message: string): Account {
  const text = words(message)
  const sure = withoutAdvice(text.texts, true)
  const account = readWords({ ...text, texts: sure })
  if (account.findings.length > 0 || sure === text.texts) return account
  return readWords({ ...text, texts: withoutAdvice(text.texts, false) })
}

function readWords(text: Words): Account {
  const findings: Finding[] = []
  const marks = new Set<Mark>()
  let client = false
  for (const { rule, phrase, start, end } of match(text.texts)) {
    for (const mark of rule.marks ?? []) marks.add(mark)
    if (rule.marks?.includes('client') && start < START) client = true
    const means = rule.cause ?? (rule.status === undefined ? undefined : statusCause(rule.status))
    if (means === undefined) continue
    const { id, status, drop } = rule
    findings.push({
      read: phrase,
      rule: id,
      means,
      rank: rule.rank ?? 'reason',
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
    const meant = mean(text.texts)
    if (meant !== undefined) {
      const { rule, ideas, start, end } = meant
      if (findings.length === 0 || rule.rank !== 'outer')
        findings.push({ read: ideas, rule: rule.id, means: rule.cause, rank: rule.rank, at: start, end })
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
