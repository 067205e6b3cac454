import type { HookMessage } from '../domain/incident/hook-message.ts'
import type { HookEvent } from '../domain/incident/hook-plan.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { Lease } from '../domain/ports/lease.ts'
import type { Outbox, PendingEvent } from '../domain/ports/outbox.ts'
import type { HookResult, Log } from '../domain/ports/telemetry.ts'
import { attemptHook, type HookAttempt, type HookAttemptDeps, type HookTarget } from './hook-attempt.ts'
import { createLane, type Lane, type LaneTimes } from './hook-lane.ts'
import { systemTimers, type Timers } from './limiter.ts'

export interface HookSenderDeps extends HookAttemptDeps {
  readonly hooks: readonly HookTarget[]
  readonly outbox: Outbox
  readonly lease: Lease
  readonly messageOf: (event: PendingEvent) => HookMessage
  readonly metrics: { hookDelivered(hook: string, event: HookEvent, result: HookResult): void }
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>
  /** Milliseconds of a clock that is never set. */
  readonly monotonic?: Clock
  readonly timers?: Timers
  readonly times?: Partial<LaneTimes>
}

/** Sends the outbox's events while this replica is the leader. */
export interface HookSender {
  start(): void
  /** When the oldest event that a hook waits for happened, by name; null: none waits. Empty unless this replica is the leader. */
  oldestPending(): ReadonlyMap<string, number | null>
  /** Stops sending; what is being sent gets `deadline` milliseconds to end. */
  stop(deadline: number): Promise<void>
}

/** Events of a hook that are looked at: the first one of each incident is sent. */
const WINDOW = 200
/** Events of one hook that are sent at once, each of another incident: a slow receiver must not be flooded. */
const CONCURRENCY = 4
/** Milliseconds between two looks into the outbox. */
const POLL = 1_000

/** @returns a sender that sends nothing before `start` */
export function createHookSender(deps: HookSenderDeps): HookSender {
  const { hooks, lease, timers = systemTimers, monotonic = () => performance.now() } = deps
  let isStopped = false
  let stopping = new AbortController()
  const senders = hooks.map((hook) => hookQueue(hook, deps, { signal: () => stopping.signal, onSent: () => wake() }))
  // Also from one fence to another: in between another replica may have sent, and removed, what was read here.
  const unsubscribe = lease.onChange(() => {
    stopping.abort()
    stopping = new AbortController()
    for (const sender of senders) sender.forget()
  })

  let timer: unknown
  let isPolling = false
  let isWoken = false
  /** The next event of an incident need not wait for the next poll. */
  const wake = (): void => {
    isWoken = true
    if (!isPolling) schedule(0)
  }
  function schedule(wait: number): void {
    timers.clear(timer)
    if (!isStopped) timer = timers.set(() => void poll(), wait)
  }
  async function poll(): Promise<void> {
    isPolling = true
    isWoken = false
    if (lease.fence() !== null) await Promise.all(senders.map((sender) => sender.round()))
    isPolling = false
    const now = monotonic()
    const wait = Math.min(POLL, ...senders.map((sender) => sender.nextDue() - now))
    schedule(isWoken ? 0 : Math.max(wait, 10))
  }

  return {
    start: () => schedule(0),
    oldestPending: () =>
      new Map(
        lease.fence() === null
          ? []
          : senders.flatMap((sender) => {
              const at = sender.oldest()
              return at === undefined ? [] : [[sender.name, at] as const]
            }),
      ),
    async stop(deadline) {
      isStopped = true
      unsubscribe()
      timers.clear(timer)
      const late = new Promise<void>((resolve) => setTimeout(resolve, deadline).unref())
      await Promise.race([Promise.all(senders.map((sender) => sender.idle())), late])
      stopping.abort()
      await Promise.all(senders.map((sender) => sender.idle()))
    },
  }
}

/** The events of one hook: one lane for each incident, in which an event waits for the one before it. */
function hookQueue(
  hook: HookTarget,
  deps: HookSenderDeps,
  { signal, onSent }: { readonly signal: () => AbortSignal; readonly onSent: () => void },
) {
  const { outbox, lease, messageOf, metrics, log, clock, monotonic = () => performance.now(), times = {} } = deps
  const lanes = new Map<string, Lane>()
  const sending = new Map<string, Promise<void>>()
  /** Delivered or given up, and not yet removed: they are not sent again while the journal is down. */
  const done = new Set<number>()
  /** Removed since the last look into the outbox began: that look may still show them. */
  const removed = new Set<number>()
  /** What the last look showed, without what is done; undefined before the first one. */
  let shown: readonly PendingEvent[] | undefined
  let isMore = false
  let readAt = Number.NEGATIVE_INFINITY

  async function removeDone(): Promise<void> {
    if (done.size === 0) return
    const sequences = [...done]
    await outbox.removeEvents(sequences)
    for (const sequence of sequences) {
      removed.add(sequence)
      done.delete(sequence)
    }
  }

  function close(event: PendingEvent, result: HookResult): void {
    metrics.hookDelivered(hook.name, event.event, result)
    lanes.delete(event.incident.id)
    done.add(event.sequence)
  }

  async function send(event: PendingEvent, lane: Lane, stopped: AbortSignal): Promise<void> {
    const attempt = await attemptHook(deps, {
      hook,
      message: messageOf(event),
      signal: stopped,
      isWanted: () => isLeader(stopped),
    })
    // Another replica sends it again.
    if (!attempt.ok && !isLeader(stopped)) return
    const fields = { hook: hook.name, event: event.event, event_id: event.id, incident_id: event.incident.id }
    if (attempt.ok) {
      close(event, 'success')
      log.info({ ...fields, attempts: lane.attempts + 1 }, 'hook event delivered')
    } else fail(event, lane, attempt, fields)
    await removeDone().catch(() => {})
  }

  function fail(event: PendingEvent, lane: Lane, { detail, retryAfter, isGone }: HookAttempt, fields: object): void {
    metrics.hookDelivered(hook.name, event.event, 'failure')
    const wait = lane.failed(monotonic(), retryAfter)
    if (isGone) giveUp(event, `${detail}: the receiver is gone for good`)
    else
      log.warn(
        { ...fields, attempts: lane.attempts, retry_seconds: Math.ceil(wait / 1_000) },
        `hook event failed: ${detail}`,
      )
  }

  function giveUp(event: PendingEvent, reason: string): void {
    close(event, 'given_up')
    const fields = { hook: hook.name, event: event.event, event_id: event.id, incident_id: event.incident.id }
    log.error(fields, `hook event given up: ${reason}`)
  }

  /** Whether this replica has been the leader without interruption since it took this signal. */
  const isLeader = (stopped: AbortSignal): boolean => lease.fence() !== null && !stopped.aborted

  /** What waits, oldest first. A look into the outbox is made once a second, and when all that was seen is done. */
  async function waiting(stopped: AbortSignal): Promise<readonly PendingEvent[]> {
    await removeDone()
    const isPending = ({ sequence }: PendingEvent) => !done.has(sequence) && !removed.has(sequence)
    shown = shown?.filter(isPending)
    const isDue = monotonic() - readAt >= POLL || (isMore && shown?.length === 0)
    if (shown && !isDue) return shown
    readAt = monotonic()
    const gone = [...removed]
    const found = await outbox.pendingEvents(hook.name, WINDOW)
    if (!isLeader(stopped)) return []
    isMore = found.length === WINDOW
    shown = found.filter(isPending)
    for (const sequence of gone) removed.delete(sequence)
    return shown
  }

  /** The first event of each incident. */
  function heads(events: readonly PendingEvent[]): PendingEvent[] {
    const first = new Map<string, PendingEvent>()
    for (const event of events) if (!first.has(event.incident.id)) first.set(event.incident.id, event)
    for (const incident of lanes.keys()) if (!first.has(incident)) lanes.delete(incident)
    return [...first.values()]
  }

  return {
    name: hook.name,
    /** Undefined until the outbox was read for the first time. */
    oldest: () => shown && (shown.length === 0 ? null : Math.min(...shown.map(({ at }) => at))),
    /** When there is something to do next; the end of an attempt wakes it. */
    nextDue(): number {
      if (sending.size >= CONCURRENCY) return Number.POSITIVE_INFINITY
      const due = [...lanes].flatMap(([id, lane]) => (sending.has(id) ? [] : [lane.dueAt]))
      return Math.min(...due, Number.POSITIVE_INFINITY)
    },
    forget(): void {
      lanes.clear()
      shown = undefined
    },
    idle: () => Promise.all(sending.values()),
    async round(): Promise<void> {
      // Before the read: what was read as the leader must not be sent after the lease was lost.
      const stopped = signal()
      let events: readonly PendingEvent[]
      try {
        events = await waiting(stopped)
      } catch {
        // The journal reports its own faults.
        return
      }
      if (!isLeader(stopped)) return
      for (const event of heads(events)) {
        const { id } = event.incident
        let lane = lanes.get(id)
        if (!lane || lane.sequence !== event.sequence) {
          lane = createLane(event, { now: monotonic(), age: clock() - event.at, ...times })
          lanes.set(id, lane)
        }
        if (sending.has(id) || lane.dueAt > monotonic()) continue
        if (lane.isOver(monotonic())) giveUp(event, `${lane.attempts} attempts failed`)
        else if (sending.size < CONCURRENCY) {
          const work = send(event, lane, stopped).finally(() => {
            sending.delete(id)
            onSent()
          })
          sending.set(id, work)
        }
      }
    },
  }
}
