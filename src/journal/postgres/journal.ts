import type { Journal } from '../../domain/ports/journal.ts'
import type { Lease } from '../../domain/ports/lease.ts'
import { parsePostgresUrl } from '../../domain/ports/postgres-url.ts'
import { GroupJournal } from '../core/group-journal.ts'
import { LifeCycle } from '../core/life-cycle.ts'
import type { SpillTarget } from '../spill/spill-target.ts'
import { Connector } from './connect.ts'
import { postgresFault } from './fault.ts'
import { DEFAULTS, type PostgresJournalOptions } from './options.ts'
import { PostgresStore } from './store.ts'

export type { PostgresJournalOptions }

/** A journal that replicas share, and the lease that says which of them does what only one may do. */
export interface PostgresJournal extends Journal {
  readonly lease: Lease
  /** The database's clock, which all replicas go by; this process's own until it was first read. */
  now(): number
}

/**
 * The journal in a PostgreSQL database. Nothing happens before `open`.
 * @throws Error if the URL is none
 */
export function openPostgresJournal(options: PostgresJournalOptions): PostgresJournal & SpillTarget {
  const settings = { ...DEFAULTS, ...options }
  const connector = new Connector(parsePostgresUrl(options.url), {
    urlFile: options.urlFile,
    passwordFile: options.passwordFile,
    allowUnsafe: settings.allowUnsafeDurability,
    onWarning: (warning) => options.events.onWarning?.(warning),
  })
  const faultOf = (error: unknown) => postgresFault(error, connector.where).fault
  const life = new LifeCycle({ clock: options.clock, retry: settings.retry, faultOf })
  const store = new PostgresStore(settings, { life, connector })
  return Object.assign(new GroupJournal(settings, life, store), {
    lease: store.lease,
    now: () => store.now(),
    findByKey: store.moves.findByKey,
    takeOver: store.moves.takeOver,
    registerSpilled: store.moves.registerSpilled,
    startMove: store.moves.startMove,
  })
}
