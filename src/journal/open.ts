import type { IncidentSettings } from '../domain/incident/incident.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { Journal, JournalEvents, RetentionLimits } from '../domain/ports/journal.ts'
import { type Lease, SOLE_LEASE } from '../domain/ports/lease.ts'
import { isPostgresUrl } from '../domain/ports/postgres-url.ts'
import { ENDPOINT_LIMIT } from '../domain/report/bounded-names.ts'
import type { SpillTarget } from './spill/spill-target.ts'
import type { Inspection } from './sqlite/inspect.ts'

/** The section `journal` of the configuration. */
export interface JournalConfig {
  readonly url: string
  readonly urlFile?: string
  readonly passwordFile?: string
  readonly allowUnsafeDurability: boolean
  readonly spill?: { readonly path: string; readonly size: number }
  readonly retention: RetentionLimits
}

export interface OpenedJournal {
  readonly journal: Omit<Journal, 'open'>
  /** `Journal.open`, with the receiver of its events; before it there are none. */
  open(events: JournalEvents): Promise<void>
  /** Decides which process does what only one may do. */
  readonly lease: Lease
  /** Whether other replicas may take reports while this one cannot. */
  readonly shared: boolean
  /** Dates everything in the journal; the same for all who share it. */
  readonly clock: Clock
}

/** `sqlite:PATH`; of the URL-like forms, `sqlite://PATH` names the same, and `sqlite:///PATH` one below the root. */
export const sqlitePath = (url: string): string => url.slice('sqlite:'.length).replace(/^\/\/(?=[^/])/, '')

export interface OpenDeps {
  readonly clock: Clock
  readonly incidents: IncidentSettings
  /** Names of the configured endpoints, whose slots among those with incidents are reserved. */
  readonly configured: readonly string[]
  /** Whether failures are counted by tenant too. */
  readonly tenantLabel: boolean
}

/** The adapter for a journal's URL, still to be opened by `Journal.open`. The other adapter is not even loaded. */
export async function openJournal(
  { url, urlFile, passwordFile, allowUnsafeDurability, spill, retention }: JournalConfig,
  { configured, tenantLabel, ...deps }: OpenDeps,
): Promise<OpenedJournal> {
  // Filled in by `open`: what receives the events is made from the journal itself.
  const events: JournalEvents = { onOpened() {}, onSnapshot() {}, onFault() {}, onCommitted() {}, onExpired() {} }
  const openWith = (journal: Journal) => (receiver: JournalEvents) => {
    Object.assign(events, receiver)
    return journal.open()
  }
  if (isPostgresUrl(url)) {
    const { openPostgresJournal } = await import('./postgres/journal.ts')
    const slots = { configured, limit: ENDPOINT_LIMIT }
    const options = { url, urlFile, passwordFile, allowUnsafeDurability, retention, slots, events, ...deps }
    const postgres = openPostgresJournal(options)
    const journal = await spilling(postgres, spill, { events, tenantLabel, ...deps })
    return { journal, open: openWith(journal), lease: postgres.lease, shared: true, clock: () => postgres.now() }
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

/** With a spill file in front of it, if there is to be one. */
async function spilling(
  target: SpillTarget,
  spill: JournalConfig['spill'],
  { events, incidents, ...deps }: Omit<OpenDeps, 'configured'> & { readonly events: JournalEvents },
): Promise<Journal> {
  if (!spill) return target
  const { SpillingJournal } = await import('./spill/spilling-journal.ts')
  // Hooks are sent what the journal holds: a failure changes its incident there once it has left the spill.
  // The database decides which incidents find room, too.
  const { hooks: _, unconfigured: __, ...withoutHooks } = incidents
  return new SpillingJournal(target, { spill: { ...spill, ...deps, incidents: withoutHooks }, events })
}

/** What would keep the service from writing to a journal that exists; nothing is made or changed. */
export async function inspectJournal(config: Omit<JournalConfig, 'retention'>): Promise<Inspection> {
  if (isPostgresUrl(config.url)) return (await import('./postgres/inspect.ts')).inspectPostgres(config)
  return (await import('./sqlite/inspect.ts')).inspectFile(sqlitePath(config.url))
}
