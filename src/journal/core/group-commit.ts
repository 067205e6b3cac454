import type { EndpointState } from '../../domain/incident/incident.ts'
import type { Entry, Recorded, SignalEntry } from '../../domain/ports/journal.ts'
import { complete, isAdded, type Result } from './complete.ts'
import type { GroupOptions } from './group-options.ts'
import { GroupSize, LatestCommits } from './group-size.ts'
import { type Command, CommandQueue, type Commands, type PendingCommand } from './queue.ts'

/** The outcome of a group that is durable. */
export interface Written {
  /** In the group's order. */
  readonly results: readonly Result[]
  /** The state, after the group, of an endpoint that the group concerned. */
  readonly stateOf: (endpoint: string) => EndpointState
  /** How long the writing took. If given, groups are sized by it; otherwise they take everything that waits. */
  readonly seconds?: number
}

export interface GroupCommitOptions<W extends Written> {
  readonly limits: Required<Pick<GroupOptions, 'pendingLimit' | 'pendingBytes' | 'groupLimit' | 'groupBytes'>>
  /** Resolves once the group is durable; rejects where that is not known. */
  readonly write: (commands: readonly Command[]) => Promise<W>
  /** As of `Store`; false by default. */
  readonly queuesGroups?: boolean
  /** Called before the senders are answered. */
  readonly onWritten?: (commands: readonly Command[], written: W) => void
  /** Entries that were added, and the seconds until that was known. */
  readonly onCommitted: (entries: number, seconds: number) => void
  /** The group has an unknown outcome and is still pending then. */
  readonly onFault: (error: unknown) => void
}

/**
 * Collects commands while the previous group is being written, and writes the next group once that one is durable. A store
 * that queues groups has the next one as soon as it is full, so that it never waits for this thread. It does not know
 * whether the store is up: its owner adds commands while it is, and rejects what is pending when it fails.
 */
export class GroupCommit<W extends Written = Written> {
  readonly #options: GroupCommitOptions<W>
  readonly #queue: CommandQueue
  readonly #size: GroupSize
  #gathering: NodeJS.Immediate | undefined
  /** Groups that the store has, in the order in which it writes them: two at most. */
  #inProgress: readonly (readonly PendingCommand[])[] = []
  /** When the store began to write the first of them. */
  #begun = 0
  readonly #latest = new LatestCommits()
  #drained: (() => void) | undefined

  constructor(options: GroupCommitOptions<W>) {
    this.#options = options
    this.#queue = new CommandQueue(options.limits)
    this.#size = new GroupSize(options.limits.groupLimit)
  }

  /** Commands that wait or are being written. */
  get pending(): number {
    return this.#queue.length + this.#inProgress.reduce((sum, group) => sum + group.length, 0)
  }

  /** Milliseconds until a command that is added now is expected to be durable; 0 if nothing waits. */
  expectedCommit(): number {
    if (this.pending === 0) return 0
    const { groupBytes } = this.#options.limits
    const groups = Math.max(1, (this.#queue.length + 1) / this.#most, this.#queue.bytes / groupBytes)
    const commit = this.#latest.shortest
    if (this.#inProgress.length === 0) return Math.ceil(groups) * commit
    const elapsed = performance.now() - this.#begun
    // A commit that takes longer than usual may well take as long again.
    const first = elapsed < commit ? commit - elapsed : elapsed
    return first + (this.#inProgress.length - 1 + Math.ceil(groups)) * commit
  }

  /** @throws AppError (as rejection) `journal_full`, what `complete` rejects with, and what the owner rejects with */
  add<K extends keyof Commands>(command: Commands[K]['command'] & Command & { kind: K }): Promise<Commands[K]['done']> {
    const added = this.#queue.add<K>(command)
    this.#gather()
    return added
  }

  /** As `add`, for the entries of one request: all go into one group, and each has its own answer. */
  addAll(entries: readonly (Entry | SignalEntry)[]): Promise<Recorded>[] {
    const added = this.#queue.addAll(entries)
    this.#gather()
    return added
  }

  /** Resolves once nothing is pending, be it written or rejected. */
  drainAll(): Promise<void> {
    const drained = new Promise<void>((done) => {
      this.#drained = done
    })
    void this.#pump()
    return drained
  }

  /**
   * Rejects everything that is pending. The outcome of what the store has is ignored from then on.
   * @param unknown for what the store has
   * @returns the entries that it has: whether they are stored is unknown
   */
  rejectPending(reason: Error, unknown: Error): Entry[] {
    const inProgress = this.#inProgress.flat()
    const waiting = this.#queue.take(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)
    this.#inProgress = []
    for (const { reject } of inProgress) reject(unknown)
    for (const { reject } of waiting) reject(reason)
    this.#drained?.()
    return inProgress.flatMap(({ command }) => (command.kind === 'entry' ? [command.entry] : []))
  }

  /** Commands that the next group may have. */
  get #most(): number {
    return this.#size.most(this.pending)
  }

  /** All that arrives in this turn of the event loop shares a transaction. */
  #gather(): void {
    if (this.#gathering === undefined && this.#isDue) this.#gathering = setImmediate(() => void this.#pump())
  }

  /** Whether the store is to have another group now. */
  get #isDue(): boolean {
    const groups = this.#inProgress.length
    if (groups === 0) return true
    return groups === 1 && this.#options.queuesGroups === true && this.#queue.length >= this.#most
  }

  /** Passes on the next group if it is due. */
  async #pump(): Promise<void> {
    clearImmediate(this.#gathering)
    this.#gathering = undefined
    if (!this.#isDue) return
    const group = this.#queue.take(this.#most, this.#options.limits.groupBytes)
    if (group.length === 0) return this.#drained?.()
    if (this.#inProgress.length === 0) this.#begun = performance.now()
    this.#inProgress = [...this.#inProgress, group]
    try {
      const commands = group.map(({ command }) => command)
      const written = await this.#options.write(commands)
      if (!this.#inProgress.includes(group)) return
      const now = performance.now()
      const seconds = (now - this.#begun) / 1_000
      this.#begun = now
      this.#latest.add(seconds * 1_000)
      if (written.seconds !== undefined) this.#size.recordSample(group.length, written.seconds)
      this.#options.onWritten?.(commands, written)
      this.#inProgress = this.#inProgress.filter((each) => each !== group)
      // The next group is written while this one is answered.
      void this.#pump()
      this.#complete(group, written, seconds)
    } catch (error) {
      if (this.#inProgress.includes(group)) this.#options.onFault(error)
    }
  }

  #complete(group: readonly PendingCommand[], { results, stateOf }: Written, seconds: number): void {
    const added = results.filter(isAdded).length
    if (added > 0) this.#options.onCommitted(added, seconds)
    for (const [index, result] of results.entries()) complete(group[index]!, result, stateOf)
  }
}
