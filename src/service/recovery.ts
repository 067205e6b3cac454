import { type HookPlan, isRecoveryOn } from '../domain/incident/hook-plan.ts'
import type { Incident } from '../domain/incident/incident.ts'
import type { RecoveryApplied } from '../domain/incident/incident-effects.ts'
import {
  closingsOf,
  isUnfinished,
  openRecovery,
  type RecoveryEvent,
  type RecoveryReport,
} from '../domain/incident/recovery.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { Journal } from '../domain/ports/journal.ts'
import type { Log } from '../domain/ports/telemetry.ts'
import { rfc3339 } from '../domain/text/human.ts'
import { AppError } from '../errors.ts'
import { systemTimers, type Timers } from './limiter.ts'

export interface RecoveriesDeps {
  readonly journal: Pick<Journal, 'recover' | 'recoveries' | 'incident' | 'incidents'>
  readonly plan: HookPlan
  /** Milliseconds after closing. */
  readonly overdueAfter: number
  /** Whether this replica looks for recoveries that are overdue. */
  readonly isLeader: () => boolean
  readonly log: Pick<Log, 'info' | 'warn'>
  readonly clock: Clock
  readonly timers?: Timers
}

/** Follows the restoring of what incidents lost. */
export interface Recoveries {
  /**
   * Asks for the recovery of a closed incident.
   * @param reason for people; null if none is given
   * @throws AppError `not_found`, `conflict`, and what `Journal.recover` rejects with
   */
  request(id: string, reason: string | null): Promise<Incident>
  /** Takes a job's report; a repeated one changes nothing. @throws as `request` */
  report(id: string, report: RecoveryReport): Promise<Incident>
  start(): void
  stop(): void
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
/** Milliseconds between two looks for recoveries that are overdue. */
const LONGEST_WAIT = 60_000
const PAGE = 100
/** Closings that an error lists. */
const MOST_CLOSINGS = 5

/** Closed incidents without a recovery needed none, where recovery is on. */
export const shownRecovery = (plan: HookPlan, incident: Incident): Incident =>
  incident.recovery || incident.closedAt === null || !isRecoveryOn(plan, incident.endpoint)
    ? incident
    : { ...incident, recovery: openRecovery(null, { closedAt: incident.closedAt, isNeeded: false }) }

/** @returns recoveries that are looked at by time from `start` to `stop` */
export function createRecoveries(deps: RecoveriesDeps): Recoveries {
  const { journal, plan, overdueAfter, isLeader, log, clock, timers = systemTimers } = deps
  let timer: unknown
  let isStopped = false

  async function apply(id: string, event: Parameters<Journal['recover']>[1]): Promise<Incident> {
    const found = UUID.test(id) ? await journal.incident(id) : undefined
    if (!found) throw new AppError('not_found', 'no incident has this id; it may have been removed by retention')
    if (!isRecoveryOn(plan, found.incident.endpoint))
      throw new AppError(
        'conflict',
        'recovery is off for this endpoint: set recovery.enabled, or a hook that receives its incident.closed',
      )
    const applied = await journal.recover(found.incident.id, event)
    if (!applied) throw new AppError('not_found', 'the incident has just been removed by retention')
    return checked(applied, event)
  }

  function checked({ incident, change }: RecoveryApplied, event: RecoveryEvent): Incident {
    if (change === 'open')
      throw new AppError('conflict', 'the incident is open: what it lost is known only once it has closed')
    if (change === 'no_closing')
      throw new AppError(
        'conflict',
        `closedAt: the incident did not close at ${rfc3339(givenClosing(event))}; it closed at ${closingsShown(incident)}`,
      )
    if (change === 'requested' || change === 'reported') logged(incident)
    return incident
  }

  function logged({ id, endpoint, recovery }: Incident): void {
    const { status, task, restored } = recovery!
    const fields = { incident_id: id, endpoint, task, ...(restored !== null && { restored }) }
    if (status === 'failed') log.warn(fields, 'recovery failed')
    else log.info(fields, `recovery ${status}`)
  }

  /** Sends `recovery.overdue` once for each closing. */
  async function findOverdue(): Promise<void> {
    const due = clock() - overdueAfter
    const counts = await journal.recoveries()
    if (!counts.some((count) => isUnfinished(count) && count.oldestClosedAt <= due)) return
    let before: string | undefined
    do {
      const page = await journal.incidents({ recovery: 'unfinished' }, { limit: PAGE, ...(before && { before }) })
      for (const { id, endpoint, closedAt, recovery } of page.incidents) {
        if (closedAt === null || closedAt > due || recovery?.isOverdue !== false || isStopped) continue
        const applied = await journal.recover(id, { type: 'overdue', at: clock(), closedAt })
        if (applied?.change === 'overdue') log.warn({ incident_id: id, endpoint }, 'recovery overdue')
      }
      before = page.next ?? undefined
    } while (before !== undefined && !isStopped)
  }

  function scheduleSearch(): void {
    if (isStopped) return
    timer = timers.set(
      () => {
        // The journal reports its own faults.
        const search = isLeader() ? findOverdue().catch(() => {}) : Promise.resolve()
        void search.then(scheduleSearch)
      },
      Math.min(LONGEST_WAIT, overdueAfter / 10),
    )
  }

  return {
    request: (id, reason) => apply(id, { type: 'request', at: clock(), detail: reason }),
    report: (id, report) => apply(id, { type: 'report', at: clock(), report }),
    start: scheduleSearch,
    stop() {
      isStopped = true
      timers.clear(timer)
    },
  }
}

/** The closing that a report names; 0 where it names none. */
const givenClosing = (event: RecoveryEvent): number => (event.type === 'report' ? (event.report.closedAt ?? 0) : 0)

/** The newest closings of an incident, newest first. */
const closingsShown = ({ recovery, closedAt }: Incident): string =>
  (recovery ? closingsOf(recovery) : [closedAt ?? 0])
    .slice(-MOST_CLOSINGS)
    .toReversed()
    .map((at) => rfc3339(at))
    .join(', ')
