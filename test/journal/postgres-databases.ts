import type { PostgresJournal, PostgresJournalOptions } from '../../src/journal/postgres/journal.ts'
import { SpillingJournal } from '../../src/journal/spill/spilling-journal.ts'
import { type PostgresServer, startPostgres, stopPostgres } from '../support/postgres.ts'
import { requirePostgres } from '../support/postgres-programs.ts'
import { EventLog, INCIDENTS } from './entries.ts'
import { quickJournal } from './postgres-load.ts'

/** A server for the suite that asks, an empty database for each of its tests, and journals that end with the test. */
export interface Databases {
  readonly server: PostgresServer
  readonly url: string
  /** The database's name. */
  readonly name: string
  /** The database's URL by way of a proxy on this port of 127.0.0.1. */
  through(port: number): string
  readonly journals: readonly PostgresJournal[]
  open(options?: OpenOptions, at?: string): Promise<PostgresJournal>
  sql: PostgresServer['query']
}

export interface OpenOptions extends Partial<PostgresJournalOptions> {
  readonly spill?: { readonly path: string; readonly size: number }
}

/** Belongs directly in a `describe`: it registers the suite's hooks. */
export function databases(): Databases {
  let server: PostgresServer
  let url: string
  const journals: PostgresJournal[] = []

  before(async function () {
    this.timeout(60_000)
    await requirePostgres(this)
    server = await startPostgres({ settings: { max_connections: 100 } })
  })
  after(stopPostgres)
  beforeEach(async () => {
    url = await server.createDatabase()
  })
  afterEach(async () => {
    await Promise.all(journals.splice(0).map((journal) => journal.close(2_000)))
  })

  const nameOf = () => url.match(/test_\w+/)![0]
  return {
    get server() {
      return server
    },
    get url() {
      return url
    },
    get name() {
      return nameOf()
    },
    through: (port: number) => url.replace(/127[^/]*/, `127.0.0.1:${port}`),
    journals,
    async open({ spill, ...options } = {}, at = url) {
      const postgres = quickJournal(at, options)
      const events = options.events ?? new EventLog()
      const around = {
        spill: { ...spill!, incidents: INCIDENTS, tenantLabel: false, clock: Date.now },
        events,
        tick: 200,
      }
      const journal = spill
        ? Object.assign(new SpillingJournal(postgres, around), { lease: postgres.lease, now: () => postgres.now() })
        : postgres
      journals.push(journal)
      await journal.open()
      return journal
    },
    sql: (text: string) => server.query(text, nameOf()),
  }
}
