import type { IncidentEvent } from '../../domain/incident/incident.ts'
import type { RecoveryApplied } from '../../domain/incident/incident-effects.ts'
import type { RecoveryEvent } from '../../domain/incident/recovery.ts'
import { type Applied, type Entry, isSignalEntry, type Recorded, type SignalEntry } from '../../domain/ports/journal.ts'
import { AppError } from '../../errors.ts'

/** What goes through the group commit, and what each is answered with. */
export interface Commands {
  readonly entry: {
    readonly command: {
      readonly kind: 'entry'
      readonly entry: Entry
      /** Belongs into the transaction of the command before it: both came in one request. */
      readonly isJoined?: boolean
    }
    readonly done: Recorded
  }
  readonly signal: {
    readonly command: {
      readonly kind: 'signal'
      readonly entry: SignalEntry
      /** As of an entry. */
      readonly isJoined?: boolean
    }
    readonly done: Recorded
  }
  readonly event: {
    readonly command: { readonly kind: 'event'; readonly endpoint: string; readonly event: IncidentEvent }
    readonly done: Applied
  }
  readonly recovery: {
    /** `id` of the incident. */
    readonly command: { readonly kind: 'recovery'; readonly id: string; readonly event: RecoveryEvent }
    readonly done: RecoveryApplied | undefined
  }
  readonly canary: {
    readonly command: { readonly kind: 'canary'; readonly nonce: string; readonly at: number }
    readonly done: undefined
  }
}
export type Command = Commands[keyof Commands]['command']

export interface PendingCommand {
  readonly command: Command
  resolve(done: Commands[keyof Commands]['done']): void
  reject(reason: Error): void
}

/** Commands that wait for the next group, in order, bounded by number and by bytes. */
export class CommandQueue {
  readonly #limits: { readonly pendingLimit: number; readonly pendingBytes: number }
  #pending: PendingCommand[] = []
  #bytes = 0

  constructor(limits: { readonly pendingLimit: number; readonly pendingBytes: number }) {
    this.#limits = limits
  }

  get length(): number {
    return this.#pending.length
  }

  get bytes(): number {
    return this.#bytes
  }

  /** @throws AppError (as rejection) `journal_full` */
  add<K extends keyof Commands>(command: Commands[K]['command'] & { kind: K }): Promise<Commands[K]['done']> {
    const bytes = sizeOf(command)
    return this.#isFull(1, bytes) ? Promise.reject(full()) : this.#push<K>(command, bytes)
  }

  /** Adds the entries of one request, which `take` never separates: all of them, or none. */
  addAll(entries: readonly (Entry | SignalEntry)[]): Promise<Recorded>[] {
    const commands = entries.map((entry, index) => commandOf(entry, index > 0))
    const bytes = commands.reduce((sum, command) => sum + sizeOf(command), 0)
    if (this.#isFull(commands.length, bytes)) return commands.map(() => Promise.reject(full()))
    return commands.map((command) => this.#push(command, sizeOf(command)) as Promise<Recorded>)
  }

  #isFull(commands: number, bytes: number): boolean {
    return (
      this.#pending.length + commands > this.#limits.pendingLimit ||
      (this.#pending.length > 0 && this.#bytes + bytes > this.#limits.pendingBytes)
    )
  }

  #push<K extends keyof Commands>(command: Commands[K]['command'], bytes: number): Promise<Commands[K]['done']> {
    this.#bytes += bytes
    return new Promise((resolve, reject) =>
      this.#pending.push({ command, resolve: resolve as PendingCommand['resolve'], reject }),
    )
  }

  /** Removes and returns the first commands, up to a number and a sum of bytes; at least one request if there is any. */
  take(limit: number, bytes: number): PendingCommand[] {
    let count = 0
    let sum = 0
    for (const { command } of this.#pending) {
      const size = sizeOf(command)
      const isOver = count >= limit || (count > 0 && sum + size > bytes)
      if (isOver && !isJoined(command)) break
      count++
      sum += size
    }
    this.#bytes -= sum
    const taken = this.#pending.slice(0, count)
    this.#pending = this.#pending.slice(count)
    return taken
  }
}

const full = () => new AppError('journal_full', 'too many reports are waiting to be stored', { retryAfter: 1 })

/** Whether a command belongs into the transaction of the one before it. */
export const isJoined = (command: Command): boolean =>
  (command.kind === 'entry' || command.kind === 'signal') && command.isJoined === true

/** The command that records an entry. */
export const commandOf = (
  entry: Entry | SignalEntry,
  isJoined = false,
): Commands['entry']['command'] | Commands['signal']['command'] =>
  isSignalEntry(entry) ? { kind: 'signal', entry, isJoined } : { kind: 'entry', entry, isJoined }

/** Bytes of the parts with a size that the client determines. */
function sizeOf(command: Command): number {
  if (command.kind === 'signal') return command.entry.signal.message.length + command.entry.signal.url.length
  if (command.kind !== 'entry') return 0
  const { raw, failure } = command.entry
  return raw.byteLength + failure.message.length + failure.url.length
}
