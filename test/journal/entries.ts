import type { Cause } from '../../src/domain/cause/cause.ts'
import { HOOK_EVENTS } from '../../src/domain/incident/hook-plan.ts'
import type { EndpointState } from '../../src/domain/incident/incident.ts'
import type { TimelineSignal } from '../../src/domain/incident/timeline.ts'
import type {
  Checkpoint,
  Entry,
  JournalEvents,
  JournalFault,
  ReadFault,
  RetentionStop,
  SeriesTotal,
  SignalEntry,
} from '../../src/domain/ports/journal.ts'
import { failureIds } from '../../src/domain/report/failure.ts'

/** Endpoints whose incidents are sent to hooks and recovered. */
export const HOOKED = ['hooked', 'hooked-too'] as const
/** Half an hour of quiet, two good probes, three failed ones, two hooks. */
export const INCIDENTS = {
  quietTime: 1_800_000,
  goodProbes: 2,
  failedProbes: 3,
  hooks: {
    hooks: [
      { name: 'all', events: HOOK_EVENTS, endpoints: HOOKED },
      { name: 'openings', events: ['incident.opened'], endpoints: HOOKED },
    ],
  },
} as const

const newId = failureIds()

export interface EntryOptions {
  readonly at?: number
  readonly id?: string
  readonly source?: string
  readonly tenant?: string
  readonly endpoint?: string
  readonly code?: number
  readonly cause?: Cause
  readonly message?: string
  readonly raw?: Uint8Array
  readonly key?: string
  readonly digest?: string
  readonly isTracked?: boolean
  readonly openedBy?: string
}

/** An entry that differs from any other in its id alone, by default. */
export function entry({ at = Date.now(), key, digest = 'digest', ...rest }: EntryOptions = {}): Entry {
  const { source = 'retm', tenant = 'cafe', endpoint = 'orders', code = 500, cause = 'server_error' } = rest
  const { id = newId(at), isTracked, openedBy, message = 'no answer', raw = Buffer.from('{"code":500}') } = rest
  return {
    failure: {
      id,
      receivedAt: at,
      source,
      tenant,
      endpoint,
      url: `https://api.example.com/${endpoint}`,
      code,
      cause,
      message,
      traceId: null,
    },
    raw,
    labels: { source, tenant: '', endpoint, code: String(code), cause },
    ...(key === undefined ? {} : { idempotency: { key, digest } }),
    ...(isTracked === undefined ? {} : { isTracked }),
    ...(openedBy === undefined ? {} : { openedBy }),
  }
}

/** For a journal of which only the faults matter: they are printed on stderr. */
export const PRINT_FAULTS: JournalEvents = {
  onOpened: () => {},
  onSnapshot: () => {},
  onFault: (kind, detail) => console.error(`${kind}: ${detail}`),
  onCommitted: () => {},
  onExpired: () => {},
}

/** Keeps what a journal reports. */
export class EventLog implements JournalEvents {
  readonly calls: string[] = []
  readonly faults: { kind: JournalFault; detail: string; lost?: number }[] = []
  readonly readFaults: { kind: ReadFault; detail: string }[] = []
  totals: readonly SeriesTotal[] = []
  states: readonly EndpointState[] = []
  readonly stops: (RetentionStop | null)[] = []
  readonly checkpoints: Checkpoint[] = []
  readonly warnings: string[] = []
  readonly moved: string[] = []
  stored = 0
  removed = 0

  onOpened(totals: readonly SeriesTotal[]): void {
    this.calls.push('opened')
    this.totals = totals
  }

  onSnapshot(states: readonly EndpointState[]): void {
    this.states = states
  }

  onFault(kind: JournalFault, detail: string, lost?: number): void {
    this.calls.push(`failed ${kind}`)
    this.faults.push({ kind, detail, ...(lost !== undefined && { lost }) })
  }

  onReadFault(kind: ReadFault, detail: string): void {
    this.readFaults.push({ kind, detail })
  }

  onCommitted(entries: number): void {
    this.calls.push('committed')
    this.stored += entries
  }

  onExpired(failures: number, reason: 'age' | 'size'): void {
    this.calls.push(`expired ${reason}`)
    this.removed += failures
  }

  onRetentionStop(stop: RetentionStop | null): void {
    this.stops.push(stop)
  }

  onCheckpoint(checkpoint: Checkpoint): void {
    this.checkpoints.push(checkpoint)
  }

  onMoved({ failure }: Pick<Entry, 'failure'>): void {
    this.moved.push(failure.id)
  }

  onWarning(warning: string): void {
    this.warnings.push(warning)
  }

  /** How many acknowledged failures were reported as lost. */
  get lost(): number {
    return this.faults.reduce((sum, { lost = 0 }) => sum + lost, 0)
  }

  /** Counts by endpoint. */
  counts(): Record<string, number> {
    return Object.fromEntries(this.totals.map(({ labels, count }) => [labels.endpoint, count]))
  }
}

/** The code of the AppError that a promise rejects with; `none` where it does not reject. */
export function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'none',
    (error: { code?: string }) => error.code ?? String(error),
  )
}

/** An early warning, or another signal, of `orders`. */
export function signalEntry(
  type: TimelineSignal['type'],
  { key, isTracked = true, ...more }: Partial<TimelineSignal> & { key?: string; isTracked?: boolean } = {},
): SignalEntry {
  const { receivedAt = Date.now() } = more
  const signal = {
    id: newId(receivedAt),
    receivedAt,
    type,
    source: 'svix',
    tenant: 'cafe',
    endpoint: 'orders',
    url: 'svix:ep_1',
    code: 503,
    cause: 'unavailable' as const,
    message: 'no answer',
    time: type === 'recovered' ? null : receivedAt - 1_000,
    attempts: 2,
    event: 'order.created',
    ...more,
  }
  return { signal, isTracked, ...(key !== undefined && { key }) }
}
