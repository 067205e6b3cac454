import type { Clock } from '../domain/ports/clock.ts'
import type { JournalEvents } from '../domain/ports/journal.ts'
import { threadsEnded } from '../journal/core/thread.ts'
import { type OpenedJournal, openJournal } from '../journal/open.ts'
import type { PrometheusMetrics } from '../observe/metrics.ts'
import type { StartContext } from './context.ts'
import { hookPlan } from './hook-plan.ts'
import { incidentSettings, trackedNames } from './tracked-names.ts'

/** The listeners do not wait longer than this for the journal: until it is open they answer 503. */
const OPEN_WAIT = 5_000
/** Milliseconds that a journal that does not close leaves to what is stopped after it. */
const LAST_STEPS = 500

export interface StartedJournal extends Pick<OpenedJournal, 'journal' | 'lease' | 'shared' | 'clock'> {
  /** Whether this replica does what only one may do. */
  isLeader(): boolean
  /** Opens the journal. Resolves once it is open or its first attempt has failed, after `OPEN_WAIT` at the latest. */
  open(events: JournalEvents): Promise<void>
}

/** Makes the journal; nothing is read or written before `open`. */
export async function startJournal(
  { config, cleanUps }: StartContext,
  { metrics, clock }: { readonly metrics: PrometheusMetrics; readonly clock: Clock },
): Promise<StartedJournal> {
  const hooks = hookPlan(config)
  const { open, ...opened } = await openJournal(config.journal, {
    incidents: { ...incidentSettings(config), ...(hooks && { hooks }) },
    configured: trackedNames(config),
    tenantLabel: config.metrics.tenantLabel,
    clock,
  })
  const { journal, lease } = opened
  cleanUps.push('journal', async (deadline) => {
    const end = performance.now() + deadline - LAST_STEPS
    await journal.close(Math.max(end - performance.now(), 0))
    if (!(await threadsEnded(Math.max(end - performance.now(), 100))))
      throw new Error('a disk operation does not return; everything acknowledged is already durable')
  })
  const isLeader = () => lease.fence() !== null
  metrics.observe({ journal: () => journal.status() })
  lease.onChange(() => metrics.setLeader(isLeader()))
  metrics.setLeader(isLeader())
  return {
    ...opened,
    isLeader,
    open: (events) =>
      Promise.race([open(events), new Promise<void>((resolve) => setTimeout(resolve, OPEN_WAIT).unref())]),
  }
}
