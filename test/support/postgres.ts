import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { installed, user } from './postgres-programs.ts'
import { freePort, until } from './temp.ts'

/** A real PostgreSQL server of the tests, on a free port of 127.0.0.1 and on a socket in its folder. */
export interface PostgresServer {
  readonly port: number
  /** Holds `data`, the socket, and whatever a test puts beside them. */
  readonly folder: string
  readonly data: string
  /** What it wrote to its log so far. */
  readonly log: () => string
  /** Of a database, over TCP, as the superuser. */
  url(database?: string): string
  /** The same over the Unix socket. */
  socketUrl(database?: string): string
  /** A new empty database. @returns its URL */
  createDatabase(): Promise<string>
  /** One statement, over its own connection. */
  query(sql: string, database?: string): Promise<pg.QueryResult['rows']>
  /** More lines for postgresql.conf; the last one wins. */
  configure(settings: Readonly<Record<string, string | number>>): void
  start(): Promise<void>
  stop(mode?: 'fast' | 'immediate'): Promise<void>
  /** SIGKILL to the server and all of its processes at once: what a power cut leaves. */
  kill(): Promise<void>
  reload(): void
  promote(): Promise<void>
}

export const SUPERUSER = 'postgres'
const servers = new Set<{ stop(): Promise<void>; killNow(): void }>()

/** Not among the folders of `tempFolder`, which a test's services clear away while the server still runs. */
const folders = new Set<string>()
function dataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'webhook-error-exporter-test-postgres-'))
  folders.add(folder)
  return folder
}
function removeFolders(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  folders.clear()
}

export interface PostgresOptions {
  readonly settings?: Readonly<Record<string, string | number>>
  /** Where its data lie, which are used where they are there already; a new temporary folder unless given. */
  readonly folder?: string
  /** A copy of that server's data as it stands, which follows it. The original must be stopped meanwhile. */
  readonly standbyOf?: PostgresServer
  /** Lines for pg_hba.conf in the place of the default, which lets everybody in. */
  readonly access?: readonly string[]
}

/** Makes and starts a server. It is ended with `stopPostgres`, or with the process. */
export async function startPostgres({
  settings,
  folder = dataFolder(),
  standbyOf,
  access,
}: PostgresOptions = {}): Promise<PostgresServer> {
  const bin = await installed()
  const port = await freePort()
  const data = join(folder, 'data')
  chmodSync(folder, 0o755)
  if (user) chownSync(folder, user.uid, user.gid)
  if (standbyOf) {
    cpSync(standbyOf.data, data, { recursive: true })
    if (user) execFileSync('chown', ['-R', `${user.uid}:${user.gid}`, data])
    chmodSync(data, 0o700)
    writeFileSync(join(data, 'standby.signal'), '')
  } else if (!existsSync(join(data, 'PG_VERSION'))) {
    execFileSync(
      join(bin, 'initdb'),
      ['-D', data, '-U', SUPERUSER, '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
      {
        stdio: 'ignore',
        ...user,
      },
    )
  }

  let child: ChildProcess | undefined
  let log = ''
  const server = {
    port,
    folder,
    data,
    log: () => log,
    url: (database = 'postgres') => `postgres://${SUPERUSER}@127.0.0.1:${port}/${database}?sslmode=disable`,
    socketUrl: (database = 'postgres') => `postgres://${SUPERUSER}@${encodeURIComponent(folder)}:${port}/${database}`,
    async createDatabase() {
      const name = `test_${Math.random().toString(36).slice(2, 10)}`
      await server.query(`CREATE DATABASE ${name}`)
      return server.url(name)
    },
    async query(sql: string, database?: string) {
      const client = new pg.Client({ connectionString: server.url(database) })
      client.on('error', () => {})
      await client.connect()
      try {
        return (await client.query(sql)).rows
      } finally {
        await client.end()
      }
    },
    configure(more: Readonly<Record<string, string | number>>) {
      appendFileSync(
        join(data, 'postgresql.conf'),
        Object.entries(more)
          .map(([key, value]) => `${key} = '${value}'\n`)
          .join(''),
      )
    },
    async start() {
      const started = spawn(join(bin, 'postgres'), ['-D', data], { stdio: ['ignore', 'ignore', 'pipe'], ...user })
      child = started
      started.stderr.on('data', (chunk: Buffer) => {
        log = (log + chunk.toString()).slice(-200_000)
      })
      await until('PostgreSQL', async () => {
        if (started.exitCode !== null) throw new Error(`PostgreSQL ended:\n${log.slice(-2_000)}`)
        await server.query('SELECT 1')
        return true
      })
    },
    stop: (mode: 'fast' | 'immediate' = 'fast') => end(child, mode === 'fast' ? 'SIGINT' : 'SIGQUIT'),
    async kill() {
      const pids = child?.pid === undefined ? [] : [child.pid, ...childrenOf(child.pid)]
      const ended = end(child, 'SIGSTOP')
      for (const pid of pids) signal(pid, 'SIGKILL')
      await ended
      // Shared memory is in use until the last of them is gone.
      await until('its processes to end', () => pids.every((pid) => !signal(pid, 0)))
    },
    reload: () => void child?.kill('SIGHUP'),
    async promote() {
      await server.query('SELECT pg_promote(true, 30)')
    },
    killNow: () => void child?.kill('SIGKILL'),
  }
  server.configure({
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: folder,
    max_connections: 60,
    shared_buffers: '16MB',
    logging_collector: 'off',
    ...settings,
  })
  if (access) writeFileSync(join(data, 'pg_hba.conf'), access.map((line) => `${line}\n`).join(''))
  if (standbyOf) {
    server.configure({
      primary_conninfo: `host=127.0.0.1 port=${standbyOf.port} user=${SUPERUSER} application_name=standby`,
    })
  } else await server.start()
  servers.add(server)
  return server
}

/** Ends all servers of the tests: for `after`. */
export async function stopPostgres(): Promise<void> {
  await Promise.all([...servers].map((server) => server.stop()))
  servers.clear()
  removeFolders()
}

process.on('exit', () => {
  for (const server of servers) server.killNow()
  removeFolders()
})

function end(child: ChildProcess | undefined, by: NodeJS.Signals): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill(by)
  })
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, name)
    return true
  } catch {
    return false
  }
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  } catch {
    // Not Linux: they end by themselves when the server is gone.
    return []
  }
}
