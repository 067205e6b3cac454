import type { IncomingHttpHeaders } from 'node:http'
import type { Clock } from '../../domain/clock.ts'
import { MARK_HEADER, type Purpose, purposeOf } from '../../domain/simulation.ts'
import type { Log } from '../../domain/telemetry.ts'

export interface MarkReaderDeps {
  /** Undefined if no `simulation.secret` is configured. */
  readonly secret: (() => Promise<string>) | undefined
  readonly clock: Clock
  readonly log: Pick<Log, 'warn'>
}

/** @returns the purpose of a request that is signed as no real report; undefined: it is real. Never rejects. */
export type ReadMark = (headers: IncomingHttpHeaders) => Promise<Purpose | undefined>

/** A mark that is not valid changes nothing: the report could be real, and losing it would be worse than counting it. */
export function markReader({ secret, clock, log }: MarkReaderDeps): ReadMark {
  return async (headers) => {
    const mark = headers[MARK_HEADER]
    if (mark === undefined) return undefined
    const purpose = purposeOf((await secret?.().catch(() => '')) ?? '', String(mark), clock())
    if (!purpose) {
      const reason = secret
        ? 'it is not signed with simulation.secret, or is more than 5 minutes off the clock'
        : 'no simulation.secret is configured'
      log.warn({ header: MARK_HEADER }, `invalid simulation mark, the report counts as real: ${reason}`)
    }
    return purpose
  }
}
