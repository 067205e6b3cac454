import type { Change, IncidentSettings } from '../../domain/incident.ts'
import type { Entry } from '../../domain/journal.ts'
import type { Result } from '../core/complete.ts'
import { isJoined, type Work } from '../core/queue.ts'
import { insertCanaries } from './canary.ts'
import type { EndpointEvent, KnownEndpoints, Places, Versioned } from './endpoints.ts'
import { isEntryError, isRetryable, NotCommittedError, sqlState } from './fault.ts'
import { insertKeys } from './idempotency-keys.ts'
import { assumeGroup, assumption, reduceGroup } from './incidents.ts'
import { failureColumns, INSERT, INSERT_FAILURES, INSERT_PARAMETERS, insertFailures } from './insert-failures.ts'
import { insertSeries, type Series } from './series.ts'
import type { Session } from './session.ts'

export interface Written {
  /** One a work, in order. */
  readonly results: readonly Result[]
  /** Endpoints that the group asked about, as they are after it. */
  readonly endpoints: ReadonlyMap<string, Versioned>
}

export interface GroupOptions {
  /** Milliseconds for one attempt at the whole group. */
  readonly deadline: number
  readonly incidents: IncidentSettings
  readonly series: Pick<Series, 'unknown'>
  readonly known: Pick<KnownEndpoints, 'get'>
  readonly places: Places
  /** Told why an entry alone was refused. */
  readonly onRefused?: (entry: Entry, reason: string) => void
  /** Whether a group may be written on the assumption that no other replica changes its endpoints. */
  readonly assuming: Assuming
}

/** Groups that are not written on an assumption after one that was wrong: others write to the same endpoints then. */
const MISTRUST = 64

/** Whether what this replica knows of endpoints is still so when it writes: it is, unless others write to them too. */
export class Assuming {
  #mistrusted = 0

  may(): boolean {
    if (this.#mistrusted > 0) this.#mistrusted--
    return this.#mistrusted === 0
  }

  wasWrong(): void {
    this.#mistrusted = MISTRUST
  }

  /** The database takes no such statement. */
  cannot(): void {
    this.#mistrusted = Number.POSITIVE_INFINITY
  }
}

const { expressions, check } = assumption(INSERT_PARAMETERS + 1)
const WRITE_ALL = { name: 'write_all', text: `WITH stored AS (${INSERT}), ${expressions} SELECT ${check}` }

/** Attempts at a group that the server rolled back for the sake of another transaction. */
const ATTEMPTS = 5

/**
 * Writes a group in one transaction. A request that is at fault by itself is left out; the others are done.
 * @returns what became of each, once it is durable
 * @throws what Session throws; the outcome is unknown then
 */
export async function writeGroup(session: Session, works: readonly Work[], options: GroupOptions): Promise<Written> {
  try {
    return await retried(() => write(session, works, options))
  } catch (error) {
    if (!isEntryError(error) || !session.usable) throw error
    const requests = requestsOf(works)
    if (requests.length === 1) {
      for (const work of works) if (work.kind === 'entry') options.onRefused?.(work.entry, refusal(error))
      return { results: works.map(() => 'refused'), endpoints: new Map() }
    }
    // The server rolled the whole group back: each request on its own shows which one it was.
    const parts: Written[] = []
    for (const request of requests) parts.push(await writeGroup(session, request, options).catch(rethrowUnknown))
    return {
      results: parts.flatMap(({ results }) => results),
      endpoints: new Map(parts.flatMap(({ endpoints }) => [...endpoints])),
    }
  }
}

/** The works of a group by the request that they came in. */
function requestsOf(works: readonly Work[]): Work[][] {
  const requests: Work[][] = []
  for (const work of works) {
    if (isJoined(work) && requests.length > 0) requests.at(-1)!.push(work)
    else requests.push([work])
  }
  return requests
}

/** What the server says of it that holds nothing of the entry itself. */
function refusal(error: unknown): string {
  const { constraint } = error as { readonly constraint?: string }
  return `SQLSTATE ${sqlState(error)}${constraint ? `, constraint ${constraint}` : ''}`
}

/** Of a group whose parts are written one by one some are stored: it is not to be repeated as a whole. */
function rethrowUnknown(error: unknown): never {
  throw error instanceof NotCommittedError ? error.cause : error
}

async function retried<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (attempt >= ATTEMPTS || !isRetryable(error)) throw error
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * attempt))
    }
  }
}

async function write(session: Session, works: readonly Work[], options: GroupOptions): Promise<Written> {
  const { deadline, incidents, known, places } = options
  const entries = works.flatMap((work) => (work.kind === 'entry' ? [work.entry] : []))
  const series = options.series.unknown(entries)
  if (entries.length === works.length && series.length === 0 && !entries.some((e) => e.idempotency)) {
    const written = await writeAtOnce(session, entries, options)
    if (written) return written
  }
  return session.transaction(async (last) => {
    // Every transaction takes its locks in this order (keys, series, canaries, places, endpoints; each sorted), so that no two
    // wait for each other.
    const claims = (await insertKeys(session, entries)).values()
    await insertSeries(session, series)
    const canaries = (
      await insertCanaries(
        session,
        works.filter((work) => work.kind === 'canary'),
      )
    ).values()
    const fresh: Entry[] = []
    const events: EndpointEvent[] = []
    // What each work waits for: a result, or the change that the next event makes.
    const drafts = works.map((work): Result | ((change: Change | null) => Result) => {
      if (work.kind === 'canary') return canaries.next().value ? 'taken' : 'replayed'
      if (work.kind === 'event') {
        events.push(work)
        return (change) => ({ change: change ?? 'none' })
      }
      const claim = claims.next().value!
      if (claim === 'reused') return claim
      if (claim.duplicateOf !== null) return [claim.duplicateOf, null]
      fresh.push(work.entry)
      if (!work.entry.isTracked) return [null, null]
      events.push(failureEvent(work.entry))
      return (change) => [null, change]
    })
    const { changes, endpoints } = await reduceGroup(session, events, incidents, { known, places, last })
    last(insertFailures(session, fresh, deadline))
    const change = changes.values()
    return {
      results: drafts.map((draft) => (typeof draft === 'function' ? draft(change.next().value!) : draft)),
      endpoints,
    }
  }, deadline)
}

/**
 * Writes entries in one statement, which is a transaction of its own and saves the round trips of a longer one: most of
 * the time of a group on a busy event loop.
 * @returns undefined where that cannot be, and nothing is written
 */
async function writeAtOnce(
  session: Session,
  entries: readonly Entry[],
  { deadline, incidents, known, assuming }: GroupOptions,
): Promise<Written | undefined> {
  const events = entries.filter(({ isTracked }) => isTracked).map(failureEvent)
  if (events.length === 0) {
    await session.execute(INSERT_FAILURES, failureColumns(entries), deadline)
    return { results: entries.map(() => [null, null]), endpoints: new Map() }
  }
  const assumed = assuming.may() ? assumeGroup(events, incidents, known) : undefined
  if (!assumed) return undefined
  try {
    await session.execute(WRITE_ALL, [...failureColumns(entries), ...assumed.values], deadline)
  } catch (error) {
    const state = sqlState(error)
    // Division by zero is how the statement says it. What a database does not support or understand, or forbids, is left
    // to the statements of a transaction, which say so again where it is more than this one.
    if (state === '22012') assuming.wasWrong()
    else if (/^(0A|42)/.test(state ?? '')) assuming.cannot()
    else throw error
    return undefined
  }
  const changes = assumed.changes.values()
  return {
    results: entries.map(({ isTracked }) => [null, isTracked ? changes.next().value! : null]),
    endpoints: assumed.endpoints,
  }
}

/** A failure as its endpoint's incident sees it. */
export const failureEvent = ({ failure: { id, receivedAt: at, endpoint, code, cause } }: Entry): EndpointEvent => ({
  endpoint,
  event: { type: 'failure', at, id, code, cause },
})
