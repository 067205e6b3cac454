/** State of restoring what an incident lost. The set is closed. */
export const RECOVERY_STATUSES = ['not_needed', 'open', 'requested', 'running', 'finished', 'failed'] as const
export type RecoveryStatus = (typeof RECOVERY_STATUSES)[number]

/** What a job may report. */
export const REPORTED_STATUSES = ['running', 'finished', 'failed'] as const
export type ReportedStatus = (typeof REPORTED_STATUSES)[number]

/** What became of one tenant's deliveries. */
export interface TenantRecovery {
  readonly tenant: string
  readonly status: ReportedStatus
  readonly restored: number | null
  readonly detail: string | null
}

/** One step of a recovery, or a report that changed nothing but must not be forgotten. */
export interface RecoveryStep {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly status: RecoveryStatus
  readonly task: string | null
  readonly restored: number | null
  readonly detail: string | null
  /** The closing it belongs to, milliseconds since the epoch. */
  readonly closedAt: number
}

/** The recovery of a closed incident; one that was reopened keeps it. Times are milliseconds since the epoch. */
export interface Recovery {
  readonly status: RecoveryStatus
  /** The closing it belongs to. */
  readonly closedAt: number
  /** The task that the status is about; null before one was requested or reported. */
  readonly task: string | null
  /** Deliveries restored, as reported. */
  readonly restored: number | null
  readonly tenants: readonly TenantRecovery[]
  readonly detail: string | null
  /** Oldest first, at most `HISTORY_LIMIT`. */
  readonly history: readonly RecoveryStep[]
  /** How often it was requested. */
  readonly requests: number
  /** Whether `recovery.overdue` was sent since it closed. */
  readonly isOverdue: boolean
  /** Whether the incident has been reopened since that closing; then no report changes the status. */
  readonly isReopened: boolean
}

/** Most steps that a history keeps: the newest. */
export const HISTORY_LIMIT = 50

export interface RecoveryReport {
  readonly task: string
  readonly status: ReportedStatus
  readonly restored: number | null
  readonly tenants: readonly TenantRecovery[]
  readonly detail: string | null
  /** The closing it belongs to; null: that of its task, otherwise the latest. */
  readonly closedAt: number | null
}

/** What can happen to the recovery of a closed incident. `at` is milliseconds since the epoch. */
export type RecoveryEvent =
  /** The caller that applies it sets `task`. */
  | { readonly type: 'request'; readonly at: number; readonly task?: string; readonly detail: string | null }
  | { readonly type: 'report'; readonly at: number; readonly report: RecoveryReport }
  /** It was not finished in time. */
  | { readonly type: 'overdue'; readonly at: number; readonly closedAt: number }

/**
 * What an event did; `noted`: it is in the history but changes nothing, `no_closing`: the incident did not close at that
 * time, `none`: there was nothing to store.
 */
export type RecoveryChange = 'requested' | 'reported' | 'overdue' | 'noted' | 'no_closing' | 'none'

export interface ReducedRecovery {
  /** The same object if there is nothing to store. */
  readonly recovery: Recovery
  readonly change: RecoveryChange
}

/** Whether something is left to be done. */
export const isUnfinished = ({ status }: Pick<Recovery, 'status'>): boolean =>
  status !== 'finished' && status !== 'not_needed'

/** The recovery of an incident that closes. @param before the recovery of its earlier closing; its history is kept */
export function openRecovery(
  before: Recovery | null,
  { closedAt, isNeeded }: { readonly closedAt: number; readonly isNeeded: boolean },
): Recovery {
  const status = isNeeded ? 'open' : 'not_needed'
  const opened = {
    status,
    closedAt,
    task: null,
    restored: null,
    tenants: [],
    detail: null,
    requests: before?.requests ?? 0,
    isOverdue: false,
    isReopened: false,
  } as const
  const step = { at: closedAt, status, task: null, restored: null, detail: null, closedAt } as const
  return { ...opened, history: withStep(before?.history ?? [], step) }
}

/** The recovery of an incident that was reopened: what was restored is part of a longer window now. */
export function reopenRecovery(recovery: Recovery): Recovery {
  const reopened = { ...recovery, isReopened: true }
  if (recovery.status === 'not_needed') return reopened
  return { ...reopened, status: 'open', task: null, restored: null, tenants: [], detail: null }
}

/**
 * Decides what an event does to a recovery. Pure.
 *
 * - A report on an earlier closing is recorded in the history and never changes the status.
 * - A task that finished stays finished, regardless of late reports; only a request or a task that is new changes that.
 * - A repeated report changes nothing. Of progress that arrives out of order the larger number counts.
 * @param recovery of a closed incident
 */
export function reduceRecovery(recovery: Recovery, event: RecoveryEvent): ReducedRecovery {
  switch (event.type) {
    case 'request':
      return onRequest(recovery, event)
    case 'report':
      return onReport(recovery, event)
    case 'overdue':
      return isUnfinished(recovery) && !recovery.isOverdue && event.closedAt === recovery.closedAt
        ? { recovery: { ...recovery, isOverdue: true }, change: 'overdue' }
        : { recovery, change: 'none' }
  }
}

type Of<T extends RecoveryEvent['type']> = Extract<RecoveryEvent, { type: T }>

function onRequest(
  recovery: Recovery,
  { at, task = null, detail }: { at: number; task?: string | null; detail: string | null },
): ReducedRecovery {
  const { closedAt } = recovery
  const state = { status: 'requested', task, restored: null, tenants: [], detail } as const
  return {
    change: 'requested',
    recovery: {
      ...recovery,
      ...state,
      requests: recovery.requests + 1,
      history: withStep(recovery.history, { at, closedAt, status: 'requested', task, restored: null, detail }),
    },
  }
}

function onReport(recovery: Recovery, { at, report }: Of<'report'>): ReducedRecovery {
  const { task, status, restored, tenants, detail } = report
  const steps = recovery.history.filter((step) => step.task === task)
  const closedAt = closingAt(recovery, report.closedAt ?? steps.at(-1)?.closedAt ?? recovery.closedAt)
  if (closedAt === undefined) return { recovery, change: 'no_closing' }
  const last = steps.findLast((step) => step.closedAt === closedAt)
  const step = { at, status, task, restored, detail, closedAt }
  const isShown = recovery.task === task && recovery.closedAt === closedAt
  const hasSameTenants = !isShown || JSON.stringify(recovery.tenants) === JSON.stringify(tenants)
  if (last && ((isSame(last, step) && hasSameTenants) || isLate(last, step))) return { recovery, change: 'none' }
  const history = withStep(recovery.history, step)
  const isCurrent = closedAt === recovery.closedAt && !recovery.isReopened
  // Another task has restored it; only one that begins afterwards can say otherwise.
  const isSettled = recovery.status === 'finished' && last !== undefined && recovery.task !== task
  if (!isCurrent || (isSettled && status !== 'finished')) return { recovery: { ...recovery, history }, change: 'noted' }
  return { recovery: { ...recovery, status, task, restored, tenants, detail, history }, change: 'reported' }
}

/**
 * When the incident closed, in milliseconds since the epoch, by a time that a report names; undefined if it did not close
 * then, as far as its history shows: one that is full has lost its oldest steps. Many clients cut times to whole seconds.
 */
function closingAt(recovery: Recovery, at: number): number | undefined {
  const { history } = recovery
  const closings = closingsOf(recovery)
  if (closings.includes(at) || (history.length === HISTORY_LIMIT && at < history[0]!.at)) return at
  return closings.findLast((closing) => Math.floor(closing / 1_000) * 1_000 === at)
}

/** The closings that are known, milliseconds since the epoch, oldest first. */
export const closingsOf = ({ closedAt, history }: Pick<Recovery, 'closedAt' | 'history'>): number[] =>
  [...new Set([...history.map((step) => step.closedAt), closedAt])].toSorted((a, b) => a - b)

const isSame = (last: RecoveryStep, step: RecoveryStep): boolean =>
  last.status === step.status && last.restored === step.restored && last.detail === step.detail

/** Whether a report was overtaken by a later one of the same task. */
function isLate(last: RecoveryStep, step: RecoveryStep): boolean {
  if (last.status === 'finished') return true
  return last.status === 'running' && step.status === 'running' && (step.restored ?? 0) < (last.restored ?? 0)
}

/** Progress replaces the progress before it, so that a long run does not displace what matters. */
function withStep(history: readonly RecoveryStep[], step: RecoveryStep): RecoveryStep[] {
  const isProgress = (other: RecoveryStep) =>
    step.status === 'running' &&
    other.status === 'running' &&
    other.task === step.task &&
    other.closedAt === step.closedAt
  const last = history.at(-1)
  return (last && isProgress(last) ? [...history.slice(0, -1), step] : [...history, step]).slice(-HISTORY_LIMIT)
}
