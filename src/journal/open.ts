import { ENDPOINT_LIMIT } from '../domain/bounded-names.ts'
import type { Clock } from '../domain/clock.ts'
import type { IncidentSettings } from '../domain/incident.ts'
import type { Journal, JournalEvents, RetentionLimits } from '../domain/journal.ts'
import { type Lease, SOLE_LEASE } from '../domain/lease.ts'
import { isPostgresUrl } from '../domain/postgres-url.ts'
import type { Inspection } from './sqlite/inspect.ts'

/** The section `journal` of the configuration. */
export interface JournalConfig {
  readonly url: string
  readonly passwordFile?: string
  readonly allowUnsafeDurability: boolean
  readonly spill?: { readonly path: string; readonly size: number }
  readonly retention: RetentionLimits
}

export interface OpenedJournal {
  readonly journal: Omit<Journal, 'open'>
  /** `Journal.open`, with the receiver of its events; before it there are none. */
  open(events: JournalEvents): Promise<void>
  /** Who does what only one process may do. */
  readonly lease: Lease
  /** Whether other replicas may take reports while this one cannot. */
  readonly shared: boolean
  /** By which everything that is kept in the journal is dated; the same for all who share it. */
  readonly clock: Clock
}

/** `sqlite:PATH`; of the URL-like forms, `sqlite://PATH` names the same, and `sqlite:///PATH` one below the root. */
export const sqlitePath = (url: string): string => url.slice('sqlite:'.length).replace(/^\/\/(?=[^/])/, '')

export interface OpenDeps {
  readonly clock: Clock
  readonly incidents: IncidentSettings
  /** Names of the configured endpoints, whose places among those with incidents nobody else takes. */
  readonly configured: readonly string[]
}

/** The adapter that a journal's URL names; it is opened by `Journal.open`. The other adapter is not even loaded. */
export async function openJournal(
  { url, passwordFile, allowUnsafeDurability, spill, retention }: JournalConfig,
  { configured, ...deps }: OpenDeps,
): Promise<OpenedJournal> {
  // Filled in by `open`: what receives the events is made from the journal itself.
  const events: JournalEvents = { onOpened() {}, onSnapshot() {}, onFault() {}, onCommitted() {}, onExpired() {} }
  const openWith = (journal: Journal) => (receiver: JournalEvents) => {
    Object.assign(events, receiver)
    return journal.open()
  }
  if (isPostgresUrl(url)) {
    const { openPostgresJournal } = await import('./postgres/journal.ts')
    const places = { configured, limit: ENDPOINT_LIMIT }
    const journal = openPostgresJournal({
      url,
      passwordFile,
      allowUnsafeDurability,
      spill,
      retention,
      places,
      events,
      ...deps,
    })
    return { journal, open: openWith(journal), lease: journal.lease, shared: true, clock: () => journal.now() }
  }
  const { openSqliteJournal } = await import('./sqlite/journal.ts')
  const journal = openSqliteJournal({ path: sqlitePath(url), retention, events, ...deps })
  return {
    journal,
    open: openWith(journal),
    lease: SOLE_LEASE,
    shared: false,
    clock: deps.clock,
  }
}

/** What would keep the service from writing to a journal that exists; nothing is made or changed. */
export async function inspectJournal(config: Omit<JournalConfig, 'retention'>): Promise<Inspection> {
  if (isPostgresUrl(config.url)) return (await import('./postgres/inspect.ts')).inspectPostgres(config)
  return (await import('./sqlite/inspect.ts')).inspectFile(sqlitePath(config.url))
}
