import { openPostgresJournal } from '../../src/journal/postgres/journal.ts'
import { type PostgresServer, startPostgres, stopPostgres } from '../support/postgres.ts'
import { requirePostgres } from '../support/postgres-programs.ts'
import { journalContract } from './contract.ts'

describe('PostgreSQL', () => {
  let server: PostgresServer

  before(async function () {
    this.timeout(60_000)
    await requirePostgres(this)
    server = await startPostgres()
  })
  after(stopPostgres)

  journalContract(
    'openPostgresJournal',
    async () => {
      const url = await server.createDatabase()
      return {
        journal(options) {
          const { unconfigured } = options.incidents
          const slots = unconfigured && { configured: unconfigured.configured, limit: unconfigured.places }
          return openPostgresJournal({ url, ...options, ...(slots && { slots }) })
        },
        remove: () => server.query(`DROP DATABASE ${url.match(/test_\w+/)![0]} WITH (FORCE)`).then(() => {}),
      }
    },
    { totals: false, ownClock: false },
  )
})
