import type { Cause } from '../cause.ts'
import { words } from './words.ts'

/**
 * How much a phrase tells, least first. Of all that a message names, the highest decides; of equals the last one, since
 * clients write the innermost error last.
 * - `outer`: only that connecting, sending or receiving failed
 * - `phase`: which phase or layer failed, not why
 * - `reason`: why
 * - `decisive`: what decides whatever reasons are named beside it, such as a block page
 * - `proxy`: a proxy tells of the application behind it, whatever its inner reason
 * - `status`: an HTTP status in so many digits
 */
export const RANK = { outer: 1, phase: 2, reason: 3, decisive: 4, proxy: 5, status: 6 } as const
export type Rank = keyof typeof RANK

/**
 * What a phrase says beside its cause.
 * - `handshake`: it happened before TLS was established, so that a dropped connection is `tls`
 * - `client`: wording of the sender's HTTP client, not of an answer's body
 * - `service`: another service that the receiver uses, such as its database
 * - `firewall`, `challenge`: a firewall or a challenge page answered
 * - `guard`: with 403 that a guard in front of the receiver answered; nothing otherwise
 * - `signature`: the receiver did not accept the message's signature
 */
export type Mark = 'handshake' | 'client' | 'service' | 'firewall' | 'guard' | 'challenge' | 'signature'

/**
 * Phrases with one meaning. A phrase is words as words.ts reads them; `a|b` is either word, `{3}` any words, at most three.
 * Exactly one of `cause` and `status` is set, or only `marks`.
 */
export interface Rule {
  readonly id: string
  readonly cause?: Cause
  /** The phrase is the name of this HTTP status. */
  readonly status?: number
  readonly rank?: Rank
  readonly marks?: readonly Mark[]
  /** The connection was dropped: `tls` where that was during the handshake. */
  readonly drop?: true
  /** The standard, documentation or source that defines the phrases. */
  readonly source: string
  readonly phrases: readonly string[]
}

export interface Match {
  readonly rule: Rule
  /** Words of the table, never other text of the message: of alternatives the one that was read, `…` for any words. */
  readonly phrase: string
  /** Words, first and beyond the last. */
  readonly start: number
  readonly end: number
}

type Gap = { readonly most: number; readonly node: Node }
type Found = { readonly rule: Rule; readonly phrase: string; readonly gapped: boolean }
/** There are tens of thousands. Most go on with one word or none, so that a map is made only where it is needed. */
interface Node {
  only: { readonly text: string; readonly node: Node } | undefined
  next: Map<string, Node> | undefined
  gaps: readonly Gap[]
  found: readonly Found[]
}
const NONE: readonly never[] = []
const node = (): Node => ({ only: undefined, next: undefined, gaps: NONE, found: NONE })

function after({ only, next }: Node, text: string): Node | undefined {
  if (next !== undefined) return next.get(text)
  return only?.text === text ? only.node : undefined
}

const GAP = /^\{([1-9])\}$/
/** Matches kept of one message; more are not needed to decide, and a hostile text has thousands. */
const MOST = 64

/** One tree of words for all rules. A text is matched in time linear in its words: gaps and depth are bounded by the table. */
export function compile(rules: readonly Rule[]): (texts: readonly string[]) => Match[] {
  const root = node()
  // The same few words stand in thousands of phrases.
  const known = new Map<string, readonly string[]>()
  const texts = (word: string) => {
    const read = known.get(word) ?? words(word).texts
    known.set(word, read)
    return read
  }
  for (const rule of rules) for (const phrase of rule.phrases) insert(root, rule, phrase, texts)

  return (texts) => {
    const kept: Match[] = []
    let covered = 0
    for (let start = 0; start < texts.length; start++) {
      const first = after(root, texts[start]!)
      if (first === undefined) continue
      const here: Match[] = []
      let longest = 0
      walk(first, start + 1)
      for (const match of here) if (!isCovered(match, covered, longest)) keep(kept, match)
      covered = Math.max(covered, longest)

      function walk(current: Node, position: number): void {
        for (const { rule, phrase, gapped } of current.found) {
          here.push({ rule, phrase, start, end: position })
          if (!gapped && isCause(rule)) longest = Math.max(longest, position)
        }
        const word = texts[position]
        if (word === undefined) return
        const next = after(current, word)
        if (next !== undefined) walk(next, position + 1)
        for (const gap of current.gaps) {
          for (let skip = 0; skip <= gap.most && position + skip < texts.length; skip++) {
            const text = texts[position + skip]!
            if (text === '|') break
            const beyond = after(gap.node, text)
            if (beyond !== undefined) walk(beyond, position + skip + 1)
          }
        }
      }
    }
    return kept
  }
}

const isCause = (rule: Rule) => rule.cause !== undefined || rule.status !== undefined

/** A longer phrase says what the shorter one inside it means: "host not found" is not "not found". Marks stay. */
const isCovered = (match: Match, covered: number, longest: number) =>
  isCause(match.rule) && match.rule.marks === undefined && (match.end <= covered || match.end < longest)

/** The first half stays, then the latest replace each other: both ends of a long text are read. */
function keep(kept: Match[], match: Match): void {
  if (kept.length < MOST) kept.push(match)
  else {
    kept.splice(MOST / 2, 1)
    kept.push(match)
  }
}

function insert(root: Node, rule: Rule, phrase: string, texts: (word: string) => readonly string[]): void {
  const gapped = phrase.split(' ').some((part) => GAP.test(part))
  let ends: { at: Node; read: string }[] = [{ at: root, read: '' }]
  for (const part of phrase.split(' ')) {
    const gap = GAP.exec(part)
    if (gap !== null) for (const end of ends) go(end, beyond(end.at, Number(gap[1])), '…')
    else if (!part.includes('|')) for (const end of ends) go(end, step(end.at, texts(part)), part)
    else
      ends = part
        .split('|')
        .flatMap((word) => ends.map(({ at, read }) => go({ at, read }, step(at, texts(word)), word)))
  }
  for (const { at, read } of ends) at.found = [...at.found, { rule, phrase: read, gapped }]
}

/** Changes what it is given: thousands of phrases are read at a start, most of them without alternatives. */
function go<End extends { at: Node; read: string }>(end: End, to: Node, word: string): End {
  end.at = to
  end.read = end.read === '' ? word : `${end.read} ${word}`
  return end
}

/** One node for all phrases that have the same gap at the same place. */
function beyond(from: Node, most: number): Node {
  const known = from.gaps.find((gap) => gap.most === most)
  if (known !== undefined) return known.node
  const made = node()
  from.gaps = [...from.gaps, { most, node: made }]
  return made
}

function step(from: Node, texts: readonly string[]): Node {
  let current = from
  for (const text of texts) {
    const next = after(current, text) ?? add(current, text)
    current = next
  }
  return current
}

function add(to: Node, text: string): Node {
  const made = node()
  if (to.next !== undefined) to.next.set(text, made)
  else if (to.only === undefined) to.only = { text, node: made }
  else {
    to.next = new Map([
      [to.only.text, to.only.node],
      [text, made],
    ])
    to.only = undefined
  }
  return made
}

/** Phrases of a table, written with commas between them. */
export const list = (phrases: string): readonly string[] =>
  phrases.split(',').map((phrase) => phrase.trim().replace(/\s+/g, ' '))
