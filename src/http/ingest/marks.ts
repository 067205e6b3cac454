import type { IncomingHttpHeaders } from 'node:http'
import type { Clock } from '../../domain/ports/clock.ts'
import type { Log } from '../../domain/ports/telemetry.ts'
import { MARK_HEADER, type Purpose, readMark } from '../../domain/report/simulation.ts'
import { AppError } from '../../errors.ts'
import { knownIds } from '../../service/known-ids.ts'

export interface MarkReaderDeps {
  /** Undefined if no `simulation.secret` is configured. */
  readonly secret: (() => Promise<string>) | undefined
  readonly clock: Clock
  readonly log: Pick<Log, 'warn'>
}

/**
 * @returns the purpose of a request that is signed as no real report; undefined: it is real
 * @throws AppError (as rejection) `simulation_replayed`
 */
export type ReadMark = (headers: IncomingHttpHeaders, body: Uint8Array) => Promise<Purpose | undefined>

/**
 * A mark that is not signed for its body changes nothing: the report could be real, and losing it would be worse than counting
 * it. What is signed as no real report, but is old or was used before, was captured: it is refused.
 */
export function markReader({ secret, clock, log }: MarkReaderDeps): ReadMark {
  const used = knownIds()
  return async (headers, body) => {
    const given = (await secret?.().catch(() => '')) ?? ''
    const mark = readMark(given, String(headers[MARK_HEADER]), body, clock())
    if (!mark) {
      const reason = secret
        ? 'it is not signed with simulation.secret for this body'
        : 'no simulation.secret is configured'
      log.warn({ header: MARK_HEADER }, `invalid simulation mark, the report counts as real: ${reason}`)
      return undefined
    }
    if (!mark.isCurrent || used.seen(MARK_HEADER, '', mark.nonce))
      throw new AppError(
        'simulation_replayed',
        'the simulation mark was used before, or is more than 5 minutes off the clock; sign the report again',
      )
    return mark.purpose
  }
}
