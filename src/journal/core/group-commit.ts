import type { EndpointState } from '../../domain/incident.ts'
import type { Entry, Recorded } from '../../domain/journal.ts'
import { isAdded, type Result, settle } from './complete.ts'
import type { GroupOptions } from './group-options.ts'
import { type Waiting, type Work, WorkQueue, type Works } from './queue.ts'

/** What became of a group that is durable. */
export interface Written {
  /** In the group's order. */
  readonly results: readonly Result[]
  /** An endpoint that the group asked about, as it is after the group. */
  readonly stateOf: (endpoint: string) => EndpointState
  /** What the writing itself took. Where it is told, groups are sized by it; else they take all that waits. */
  readonly seconds?: number
}

export interface GroupCommitParts<W extends Written> {
  readonly limits: Required<Pick<GroupOptions, 'pendingLimit' | 'pendingBytes' | 'groupLimit' | 'groupBytes'>>
  /** Resolves once the group is durable; rejects where that is not known. */
  readonly write: (works: readonly Work[]) => Promise<W>
  /** Told before anybody is answered. */
  readonly onWritten?: (works: readonly Work[], written: W) => void
  /** Entries that were added, and the seconds until that was known. */
  readonly onCommitted: (entries: number, seconds: number) => void
  /** A group whose outcome is unknown is still under way then. */
  readonly onFault: (error: unknown) => void
}

/**
 * Collects works while the previous group is being written, and writes the next group when that one is durable. It knows
 * nothing of when that is possible: whoever owns it adds works while it is, and takes them back when it is not.
 */
export class GroupCommit<W extends Written = Written> {
  readonly #parts: GroupCommitParts<W>
  readonly #queue: WorkQueue
  readonly #size: GroupSize
  #gathering: NodeJS.Immediate | undefined
  #underWay: readonly Waiting[] = []
  #begun = 0
  readonly #latest = new LatestCommits()
  #drained: (() => void) | undefined

  constructor(parts: GroupCommitParts<W>) {
    this.#parts = parts
    this.#queue = new WorkQueue(parts.limits)
    this.#size = new GroupSize(parts.limits.groupLimit)
  }

  /** Works that wait or are being written. */
  get pending(): number {
    return this.#queue.length + this.#underWay.length
  }

  /** Milliseconds until a work that is added now is expected to be durable; 0 if nothing waits, whatever commits took before. */
  expectedCommit(): number {
    if (this.pending === 0) return 0
    const { groupBytes } = this.#parts.limits
    const groups = Math.max(1, (this.#queue.length + 1) / this.#size.most, this.#queue.bytes / groupBytes)
    const commit = this.#latest.shortest
    if (this.#underWay.length === 0) return Math.ceil(groups) * commit
    const elapsed = performance.now() - this.#begun
    // A commit that takes longer than usual may well take as long again.
    return (elapsed < commit ? commit - elapsed : elapsed) + Math.ceil(groups) * commit
  }

  /** @throws AppError (as rejection) `journal_full`, what `settle` rejects with, and what the owner rejects with */
  add<K extends keyof Works>(work: Works[K]['work'] & Work & { kind: K }): Promise<Works[K]['done']> {
    this.#gather()
    return this.#queue.add<K>(work)
  }

  /** As `add`, for the entries of one request: all go into one group, and each has its own answer. */
  addAll(entries: readonly Entry[]): Promise<Recorded>[] {
    this.#gather()
    return this.#queue.addAll(entries)
  }

  /** All that arrives in this turn of the event loop shares a transaction. */
  #gather(): void {
    if (this.#gathering === undefined && this.#underWay.length === 0)
      this.#gathering = setImmediate(() => void this.#pump())
  }

  /** Resolves once nothing waits any more, be it written or taken back. */
  drain(): Promise<void> {
    const drained = new Promise<void>((done) => {
      this.#drained = done
    })
    void this.#pump()
    return drained
  }

  /** Takes everything back. What a group under way comes to is nobody's then. */
  takeBack(): { readonly underWay: readonly Waiting[]; readonly waiting: readonly Waiting[] } {
    const underWay = this.#underWay
    const waiting = this.#queue.take(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)
    this.#underWay = []
    this.#drained?.()
    return { underWay, waiting }
  }

  /** Writes the next group, unless one is under way. */
  async #pump(): Promise<void> {
    clearImmediate(this.#gathering)
    this.#gathering = undefined
    if (this.#underWay.length > 0) return
    const group = this.#queue.take(this.#size.most, this.#parts.limits.groupBytes)
    if (group.length === 0) return this.#drained?.()
    this.#underWay = group
    this.#begun = performance.now()
    const begun = this.#begun
    try {
      const works = group.map(({ work }) => work)
      const written = await this.#parts.write(works)
      if (this.#underWay !== group) return
      const seconds = (performance.now() - begun) / 1_000
      this.#latest.add(seconds * 1_000)
      if (written.seconds !== undefined) this.#size.learn(group.length, written.seconds)
      this.#parts.onWritten?.(works, written)
      this.#underWay = []
      // The next group is written while this one is answered.
      void this.#pump()
      this.#settle(group, written, seconds)
    } catch (error) {
      if (this.#underWay === group) this.#parts.onFault(error)
    }
  }

  #settle(group: readonly Waiting[], { results, stateOf }: Written, seconds: number): void {
    const added = results.filter(isAdded).length
    if (added > 0) this.#parts.onCommitted(added, seconds)
    for (const [index, result] of results.entries()) settle(group[index]!, result, stateOf)
  }
}

/** How long the latest groups took. Of few, and the shortest of them, so that one commit that hung is forgotten soon. */
class LatestCommits {
  readonly #milliseconds: number[] = []

  get shortest(): number {
    return this.#milliseconds.length === 0 ? 0 : Math.min(...this.#milliseconds)
  }

  add(milliseconds: number): void {
    this.#milliseconds.push(milliseconds)
    if (this.#milliseconds.length > 4) this.#milliseconds.shift()
  }
}

/** Works that a group may have at least: fewer save no time that anybody could use. */
const LEAST = 32
/** Microseconds: what a work adds to the time of a group, about, and what it may cost of a group's fixed time. */
const EACH = 10
const SHARE = 15

/**
 * How many works a group may have: as many as it takes to make the fixed cost of a commit small for each of them, and no
 * more. On a quick disk a group of everything that waits would hold up all senders at once and leave nothing to do for
 * the main thread until it is durable; with two groups in turn one is answered and filled while the other is written.
 * On a slow disk the group is as large as the limit allows.
 */
export class GroupSize {
  readonly #limit: number
  #fixed: number | undefined

  constructor(limit: number) {
    this.#limit = limit
  }

  get most(): number {
    if (this.#fixed === undefined) return this.#limit
    return Math.min(this.#limit, Math.max(LEAST, Math.ceil(this.#fixed / SHARE)))
  }

  /** @param seconds that a group of so many works took */
  learn(works: number, seconds: number): void {
    const fixed = Math.max(0, seconds * 1e6 - works * EACH)
    this.#fixed = this.#fixed === undefined ? fixed : this.#fixed + (fixed - this.#fixed) / 8
  }
}
