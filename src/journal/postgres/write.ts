import type { Change, IncidentSettings } from '../../domain/incident/incident.ts'
import type { Entry } from '../../domain/ports/journal.ts'
import type { Refused, Result } from '../core/complete.ts'
import { failureEvent as incidentEvent } from '../core/failure-event.ts'
import { type Command, isJoined } from '../core/queue.ts'
import { insertCanaries } from './canary.ts'
import type { EndpointEvent, KnownEndpoints, Versioned } from './endpoints.ts'
import { isEntryError, isRetryable, NotCommittedError, sqlState } from './fault.ts'
import { insertKeys } from './idempotency-keys.ts'
import { checkedWrite, predictGroup, reduceGroup } from './incidents.ts'
import { failureColumns, INSERT, INSERT_FAILURES, INSERT_PARAMETERS, insertFailures } from './insert-failures.ts'
import type { OptimisticWrites } from './optimistic.ts'
import { recoverIncident } from './recovery.ts'
import { insertSeries, type Series } from './series.ts'
import type { Session } from './session.ts'
import { assignSignals, insertSignals, signalEvent, signalResult } from './signals.ts'
import type { Slots } from './slots.ts'

export interface Written {
  /** One per command, in order. */
  readonly results: readonly Result[]
  /** Endpoints that the group concerned, as they are after it. */
  readonly endpoints: ReadonlyMap<string, Versioned>
}

export interface GroupOptions {
  /** Milliseconds for one attempt at the whole group. */
  readonly deadline: number
  readonly incidents: IncidentSettings
  readonly series: Pick<Series, 'unknown'>
  readonly known: Pick<KnownEndpoints, 'get'>
  readonly slots: Slots
  /** Whether a group may be written on the assumption that no other replica changes its endpoints. */
  readonly optimistic: OptimisticWrites
}

const { expressions, check } = checkedWrite(INSERT_PARAMETERS + 1)
const WRITE_ALL = { name: 'write_all', text: `WITH stored AS (${INSERT}), ${expressions} SELECT ${check}` }

/** Attempts at a group that the server rolled back in favour of another transaction. */
const ATTEMPTS = 5

/**
 * Writes a group in one transaction. A request that is itself at fault is left out.
 * @returns the outcome of each, once it is durable
 * @throws what Session throws; the outcome is unknown then
 */
export async function writeGroup(
  session: Session,
  commands: readonly Command[],
  options: GroupOptions,
): Promise<Written> {
  const parts = partsOf(commands)
  if (parts.length > 1) return writeParts(session, parts, options)
  try {
    return await withRetry(() => write(session, commands, options))
  } catch (error) {
    if (!isEntryError(error) || !session.usable) throw error
    const requests = requestsOf(commands)
    if (requests.length === 1) return { results: commands.map(() => refusal(error)), endpoints: new Map() }
    // The server rolled the whole group back: one by one shows which request it was.
    return writeParts(session, requests, options)
  }
}

/** One after the other, each in its own transaction. */
async function writeParts(
  session: Session,
  parts: readonly (readonly Command[])[],
  options: GroupOptions,
): Promise<Written> {
  const written: Written[] = []
  for (const part of parts) {
    const writing = writeGroup(session, part, options)
    written.push(await (written.length === 0 ? writing : writing.catch(rethrowUnknown)))
  }
  return {
    results: written.flatMap(({ results }) => results),
    endpoints: new Map(written.flatMap(({ endpoints }) => [...endpoints])),
  }
}

/** A recovery is a separate part: it is rare, and may concern an incident that is not its endpoint's newest. */
function partsOf(commands: readonly Command[]): Command[][] {
  const parts: Command[][] = []
  for (const command of commands) {
    const last = parts.at(-1)
    if (last && command.kind !== 'recovery' && last[0]!.kind !== 'recovery') last.push(command)
    else parts.push([command])
  }
  return parts
}

/** The commands of a group by request. */
function requestsOf(commands: readonly Command[]): Command[][] {
  const requests: Command[][] = []
  for (const command of commands) {
    if (isJoined(command) && requests.length > 0) requests.at(-1)!.push(command)
    else requests.push([command])
  }
  return requests
}

/** What the server says, without anything of the entry itself. */
function refusal(error: unknown): Refused {
  const { constraint } = error as { readonly constraint?: string }
  return { refused: `SQLSTATE ${sqlState(error)}${constraint ? `, constraint ${constraint}` : ''}` }
}

/** Part of the group may be stored by now, so it must not be repeated as a whole. */
function rethrowUnknown(error: unknown): never {
  throw error instanceof NotCommittedError ? error.cause : error
}

async function withRetry<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (attempt >= ATTEMPTS || !isRetryable(error)) throw error
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * attempt))
    }
  }
}

async function write(session: Session, commands: readonly Command[], options: GroupOptions): Promise<Written> {
  const { deadline, incidents, known, slots } = options
  const [first] = commands
  if (first?.kind === 'recovery') {
    const { result, endpoint } = await recoverIncident(session, first, options)
    return { results: [result], endpoints: new Map(endpoint ? [[endpoint.state.endpoint, endpoint]] : []) }
  }
  const entries = commands.flatMap((command) => (command.kind === 'entry' ? [command.entry] : []))
  const series = options.series.unknown(entries)
  if (entries.length === commands.length && series.length === 0 && !entries.some((e) => e.idempotency)) {
    const written = await writeAtOnce(session, entries, options)
    if (written) return written
  }
  return session.transaction(async (last) => {
    // Every transaction takes its locks in this order (keys, signals, series, canaries, slots, endpoints; each sorted), so
    // that no two wait for each other.
    const claims = (await insertKeys(session, entries)).values()
    const signals = commands.flatMap((command) => (command.kind === 'signal' ? [command.entry] : []))
    const knownSignals = (await insertSignals(session, signals)).values()
    await insertSeries(session, series)
    const canaries = (
      await insertCanaries(
        session,
        commands.filter((command) => command.kind === 'canary'),
      )
    ).values()
    const fresh: Entry[] = []
    const events: EndpointEvent[] = []
    // What each command waits for: a result, or the change that the next event makes.
    const drafts = commands.map((command): Result | ((change: Change | null) => Result) => {
      if (command.kind === 'canary') return canaries.next().value ? 'accepted' : 'replayed'
      if (command.kind === 'event') {
        events.push(command)
        return (change) => ({ change: change ?? 'none' })
      }
      // It is a separate part.
      if (command.kind === 'recovery') return { refused: 'a recovery' }
      if (command.kind === 'signal') {
        const duplicateOf = knownSignals.next().value!
        if (duplicateOf !== null || !command.entry.isTracked) return signalResult(duplicateOf, null)
        events.push(signalEvent(command.entry))
        return (change) => signalResult(null, change)
      }
      const claim = claims.next().value!
      if (claim === 'reused') return claim
      if (claim.duplicateOf !== null) return [claim.duplicateOf, null]
      fresh.push(command.entry)
      if (!command.entry.isTracked) return [null, null]
      events.push(failureEvent(command.entry))
      return (change) => [null, change]
    })
    const { changes, endpoints, timeline } = await reduceGroup(session, events, incidents, { known, slots, last })
    await assignSignals(session, timeline)
    last(insertFailures(session, fresh, deadline))
    const change = changes.values()
    return {
      results: drafts.map((draft) => (typeof draft === 'function' ? draft(change.next().value!) : draft)),
      endpoints,
    }
  }, deadline)
}

/**
 * Writes entries in one statement, which is its own transaction. It saves round trips: most of a group's time on a
 * busy event loop.
 * @returns undefined if that is impossible; then nothing is written
 */
async function writeAtOnce(
  session: Session,
  entries: readonly Entry[],
  { deadline, incidents, known, optimistic }: GroupOptions,
): Promise<Written | undefined> {
  const events = entries.filter(({ isTracked }) => isTracked).map(failureEvent)
  if (events.length === 0) {
    await session.execute(INSERT_FAILURES, failureColumns(entries), deadline)
    return { results: entries.map(() => [null, null]), endpoints: new Map() }
  }
  const predicted = optimistic.isAllowed() ? predictGroup(events, incidents, known) : undefined
  if (!predicted) return undefined
  try {
    await session.execute(WRITE_ALL, [...failureColumns(entries), ...predicted.values], deadline)
  } catch (error) {
    const state = sqlState(error)
    // Division by zero is how the statement reports a conflict. A statement that the database does not support, understand
    // or allow is replaced by those of a transaction, which fail in turn if there is more to it.
    if (state === '22012') optimistic.recordConflict()
    else if (/^(0A|42)/.test(state ?? '')) optimistic.disable()
    else throw error
    return undefined
  }
  const changes = predicted.changes.values()
  return {
    results: entries.map(({ isTracked }) => [null, isTracked ? changes.next().value! : null]),
    endpoints: predicted.endpoints,
  }
}

/** A failure as an event of its endpoint's incident. */
export const failureEvent = ({ failure, isProvable, openedBy }: Entry): EndpointEvent => ({
  endpoint: failure.endpoint,
  event: incidentEvent(failure, isProvable, openedBy),
})
