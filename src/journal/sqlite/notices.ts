import type { Checkpoint, JournalEvents, RetentionStop } from '../../domain/ports/journal.ts'
import type { Notice } from './store-types.ts'

/** What is to be known about a journal that can be written: kept for its status, and passed on when it changes. */
export class Notices {
  readonly #events: JournalEvents
  readonly #path: string
  #volatile: string | undefined
  #checkpoint: Checkpoint | undefined
  #stop: RetentionStop | undefined
  #step: string | undefined

  constructor(events: JournalEvents, path: string) {
    this.#events = events
    this.#path = path
  }

  get step(): string | undefined {
    return this.#step
  }

  get stop(): RetentionStop | undefined {
    return this.#stop
  }

  take(notice: Notice): void {
    if (notice.type === 'opening') {
      this.#step = notice.step
      this.#events.onOpening?.(notice.step, notice.bytes)
    } else if (notice.type === 'expired') {
      this.#events.onExpired(notice.failures, notice.reason)
    } else {
      this.#checkpoint = notice.checkpoint
      this.#events.onCheckpoint?.(notice.checkpoint)
    }
  }

  /** @param filesystem the one that it is on, where that is in memory only */
  opened(filesystem: string | undefined): void {
    this.#step = undefined
    const before = this.#volatile
    this.#volatile = filesystem && volatileWarning(this.#path, filesystem)
    if (this.#volatile !== undefined && this.#volatile !== before) this.#events.onWarning?.(this.#volatile)
  }

  retention(stop: RetentionStop | undefined): void {
    const changed = stop?.reason !== this.#stop?.reason
    this.#stop = stop
    if (changed) this.#events.onRetentionStop?.(stop ?? null)
  }

  warnings(): string[] {
    const warnings: string[] = []
    if (this.#volatile !== undefined) warnings.push(this.#volatile)
    if (this.#checkpoint?.result === 'failed') {
      warnings.push(`the WAL cannot be brought into ${this.#path}: ${this.#checkpoint.detail}`)
    }
    if (this.#stop) warnings.push(`retention by age is stopped: ${this.#stop.detail}`)
    return warnings
  }
}

const volatileWarning = (path: string, filesystem: string): string =>
  `${path} is on ${filesystem}, in memory: acknowledged reports are lost when the pod is replaced or the machine restarts; put it on a persistent volume`
