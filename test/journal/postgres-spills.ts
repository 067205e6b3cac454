import { join } from 'node:path'
import type { PostgresJournal } from '../../src/journal/postgres/journal.ts'
import { stopServices } from '../support/service.ts'
import { type TcpProxy, tcpProxy } from '../support/tcp-proxy.ts'
import { removeTempFolders, tempFolder, until } from '../support/temp.ts'
import { EventLog } from './entries.ts'
import { type Databases, databases, type OpenOptions } from './postgres-databases.ts'

/** Journals with a spill, and a proxy that takes their database away and gives it back. */
export interface Spills {
  readonly base: Databases
  readonly proxy: TcpProxy
  /** Of the spill's file. */
  readonly path: string
  /** What the journal opened last has reported. */
  readonly events: EventLog
  open(options?: OpenOptions): Promise<PostgresJournal>
  rows(): ReturnType<Databases['sql']>
  /** Takes the database away as soon as it has stored the next failures, before it answers. @param then what happens at the same time */
  awayOnceStored(then?: () => void): void
  /** Makes the database unreachable. */
  away(journal: PostgresJournal): Promise<void>
  /** Makes it reachable again, and waits until all that was spilled is in it. */
  back(journal: PostgresJournal): Promise<void>
}

/** Belongs directly in a `describe`: it registers the suite's hooks. */
export function databasesWithSpill(): Spills {
  const base = databases()
  const { sql } = base
  let proxy: TcpProxy
  let path: string
  let events: EventLog

  const open = (options: OpenOptions = {}): Promise<PostgresJournal> => {
    events = new EventLog()
    return base.open({ events, spill: { path, size: 2 ** 28 }, ...options }, base.through(proxy.port))
  }
  const rows = () => sql('SELECT id, message FROM webhook_errors.failures ORDER BY id')
  const awayOnceStored = (then?: () => void) => {
    proxy.watch = (chunk) => {
      // By its name: the server has its text already.
      if (!chunk.includes('insert_failures')) return undefined
      proxy.watch = undefined
      proxy.mode = 'refuse'
      then?.()
      return 'cut-after'
    }
  }
  const away = async (journal: PostgresJournal) => {
    proxy.mode = 'refuse'
    proxy.cut()
    await until('the journal to notice', () => !journal.status().up)
  }
  const back = async (journal: PostgresJournal) => {
    proxy.mode = 'pass'
    await until('all to move on', () => journal.status().up && journal.status().spill?.waiting === 0)
  }

  beforeEach(async () => {
    proxy = await tcpProxy(base.server.port)
    path = join(tempFolder(), 'spill.db')
  })
  afterEach(async () => {
    await stopServices()
    await proxy.close()
    removeTempFolders()
  })

  return {
    base,
    get proxy() {
      return proxy
    },
    get path() {
      return path
    },
    get events() {
      return events
    },
    open,
    rows,
    awayOnceStored,
    away,
    back,
  }
}
