import type { RetentionLimits } from '../../domain/ports/journal.ts'
import { firstIdAt } from '../../domain/report/failure.ts'
import { type Fault, FaultError } from '../core/fault.ts'
import { idsOf } from './prove.ts'
import type { Session } from './session.ts'
import { sizeOf } from './size.ts'

/** Ids that are kept at least. */
const KEPT = 8_192
/** Of those, the newest that are looked for after each reconnection. */
const HANDFUL = 16

/**
 * The ids of the newest failures that this process acknowledged: the only witness of commits that a server has lost, such as a
 * standby that was behind when it was promoted. What such a server has is consistent, so nothing else tells.
 */
export class AcknowledgedIds {
  readonly #where: string
  readonly #retention: RetentionLimits
  #ids: string[] = []

  constructor(where: string, retention: RetentionLimits) {
    this.#where = where
    this.#retention = retention
  }

  add(id: string): void {
    this.#ids.push(id)
    if (this.#ids.length > 2 * KEPT) this.#ids = this.#ids.slice(-KEPT)
  }

  /**
   * Belongs after each reconnection. What is missing is reported once.
   * @param now of the server, milliseconds since the epoch
   * @throws what Session throws
   */
  async lost(session: Session, now: number): Promise<Fault | undefined> {
    const newest = this.#ids.slice(-HANDFUL)
    if ((await idsOf(session, newest)).size === newest.length) return undefined
    const there = await idsOf(session, this.#ids)
    const { rowBytes, oldestAt } = await sizeOf(session)
    // Retention removes the oldest first, and by size nothing while there is little.
    const removedBefore = rowBytes < this.#retention.size / 2 || oldestAt === null ? 0 : oldestAt + 1
    const kept = firstIdAt(Math.max(now - this.#retention.age, removedBefore))
    const lost = this.#ids.filter((id) => id >= kept && !there.has(id)).length
    const isAll = lost >= KEPT && lost === this.#ids.length
    this.#ids = this.#ids.filter((id) => there.has(id))
    if (lost === 0) return undefined
    const detail = `${this.#where} holds ${isAll ? 'at least ' : ''}${lost} failures fewer than this process acknowledged; look for a failover to a standby that was behind, or for a database that was restored or emptied`
    return new FaultError('lost_commits', detail, lost).fault
  }
}
