import type { Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import type pg from 'pg'
import { FaultError } from '../core/fault.ts'
import { cancelStatement } from './cancel.ts'
import { NotCommittedError, unreplicated } from './fault.ts'

export interface Target {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
  readonly password: string | undefined
  readonly ssl?: ConnectionOptions | false
  /** Milliseconds. */
  readonly connectTimeout: number
  readonly applicationName: string
}

/** A text alone, or with a name under which the server keeps it prepared: worth it for what is run all the time. */
export type Statement = string | { readonly name: string; readonly text: string }

/** Milliseconds for a statement that says nothing else. */
const DEADLINE = 5_000
/** Milliseconds without an answer after which a connection may be gone without either side noticing. */
const IDLE = 1_000
/** Milliseconds for the answer that shows it is not; the rest of a sender's deadline is for a new connection. */
const PING_DEADLINE = 200
/** What a server, database or role sets otherwise would be the way of every connection; ours go by this alone. */
const SETTINGS = Object.entries({
  // A replica that is cut off in a transaction must not keep its locks until TCP notices. Longer than each of our deadlines.
  idle_in_transaction_session_timeout: '30000',
  // The deadlines are kept here, and a connection that waits for reports is no idle one.
  idle_session_timeout: '0',
  lock_timeout: '0',
  statement_timeout: '0',
  transaction_timeout: '0',
  // Groups of different replicas wait for each other's rows; above this level they would be refused for it.
  default_transaction_isolation: 'read committed',
  // The warning that a commit did not wait for its standby must come through.
  client_min_messages: 'warning',
})
/** One that the server does not know is left out: they differ by version and by database. */
const SET = `SELECT set_config(name, value, false) FROM unnest($1::text[], $2::text[]) AS wanted (name, value)
  WHERE current_setting(name, true) IS NOT NULL`
const INT8 = 20

/**
 * One connection. Every statement has a deadline kept here, since the server's own `statement_timeout` does not end the
 * wait for a synchronous standby. A connection past its deadline is never used again.
 */
export class Session {
  /** Whether it was given up since an answer did not come in time. */
  isTimedOut = false
  readonly #client: pg.Client
  readonly #target: Target
  readonly #types: pg.CustomTypesConfig
  #ended: Error | undefined
  #unreplicated = false
  #running = 0
  #answeredAt = performance.now()

  static async connect(target: Target): Promise<Session> {
    // Loaded here, so that a service with a SQLite journal does not carry it.
    const { default: driver } = await import('pg')
    const { host, port, user, database, password, ssl, connectTimeout, applicationName } = target
    const client = new driver.Client({
      host,
      port,
      user,
      database,
      // A function: with nothing at all the driver would look into ~/.pgpass.
      password: () => password ?? '',
      ssl: ssl ?? false,
      connectionTimeoutMillis: connectTimeout,
      application_name: applicationName,
      pipeline: true,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    })
    const types: pg.CustomTypesConfig = {
      // Times and counts stay far below 2^53.
      getTypeParser: ((oid: number, format: 'text') =>
        oid === INT8 ? Number : driver.types.getTypeParser(oid, format)) as pg.CustomTypesConfig['getTypeParser'],
    }
    const session = new Session(client, target, types)
    try {
      await client.connect()
      await session.execute(SET, [SETTINGS.map(([name]) => name), SETTINGS.map(([, value]) => value)], connectTimeout)
    } catch (error) {
      session.end()
      throw error
    }
    return session
  }

  constructor(client: pg.Client, target: Target, types: pg.CustomTypesConfig) {
    this.#client = client
    this.#target = target
    this.#types = types
    client.on('error', (error) => this.#lost(error))
    client.on('end', () => this.#lost(new Error('the connection ended')))
    // The text of a notice may be translated; the routine that raised it is not.
    client.on('notice', (notice) => {
      if (notice.routine === 'SyncRepWaitForLSN' || /synchronous replication/.test(notice.message ?? '')) {
        this.#unreplicated = true
      }
    })
  }

  get usable(): boolean {
    return this.#ended === undefined
  }

  /** Whether it is usable and has answered lately. */
  get isRecent(): boolean {
    return this.usable && performance.now() - this.#answeredAt < IDLE
  }

  /** Whether it can be used; an idle one is asked, since proxies and NAT drop idle connections silently. Ends one that cannot. */
  async isAlive(): Promise<boolean> {
    if (this.isRecent) return true
    try {
      await this.query('SELECT 1', [], PING_DEADLINE)
    } catch {
      this.end()
    }
    return this.usable
  }

  /**
   * One statement.
   * @param deadline milliseconds; past it the statement is cancelled, the connection given up, its outcome unknown
   * @returns rows as arrays, int8 as numbers
   * @throws FaultError `unsafe_durability` where the commit did not wait for its standby; NotCommittedError if the
   *   connection was lost before anything was sent; what pg throws
   */
  async query<R extends readonly unknown[]>(
    sql: Statement,
    values: readonly unknown[] = [],
    deadline = DEADLINE,
  ): Promise<R[]> {
    return (await this.#run(sql, values, deadline)).rows as unknown as R[]
  }

  /** The same. @returns how many rows were changed */
  async execute(sql: Statement, values: readonly unknown[] = [], deadline = DEADLINE): Promise<number> {
    return (await this.#run(sql, values, deadline)).rowCount ?? 0
  }

  /**
   * Runs `work` between BEGIN and COMMIT, all of it within the deadline. Statements go out without waiting for the answers
   * of those before: BEGIN, and what `work` hands to `last`, cost no round trip of their own. An error of `work` rolls back
   * where the connection still allows it; after an error of COMMIT that is no answer of the server the outcome is unknown.
   * @param work `last` takes statements whose results are not needed before COMMIT
   * @throws NotCommittedError if the connection was lost before COMMIT was sent; what `query` throws
   */
  async transaction<T>(
    work: (last: (statement: Promise<unknown>) => void) => Promise<T>,
    deadline = DEADLINE,
  ): Promise<T> {
    const timer = setTimeout(() => this.#abandon(deadline), deadline)
    const sent: Promise<unknown>[] = []
    const last = (statement: Promise<unknown>) => {
      sent.push(statement)
      // Its reason is reported below, and must not count as unhandled until then.
      statement.catch(() => {})
    }
    last(this.execute('BEGIN', [], deadline))
    try {
      let result: T
      try {
        result = await work(last)
      } catch (error) {
        const answers = await Promise.allSettled(sent)
        if (this.usable) await this.execute('ROLLBACK', [], deadline).catch(() => this.end())
        // Statements after the failed one were refused because of it (25P02).
        const reason = answers.find((answer) => answer.status === 'rejected')?.reason ?? error
        // A server that loses the connection before COMMIT rolls back.
        throw this.usable || reason instanceof FaultError ? reason : new NotCommittedError(reason)
      }
      const commit = this.#run('COMMIT', [], deadline)
      // Where one of them failed, the server made a ROLLBACK of the COMMIT; the first reason is the one to tell.
      const [committed, ...answers] = await Promise.allSettled([commit, ...sent])
      if (committed.status === 'rejected' && committed.reason instanceof NotCommittedError) throw committed.reason
      for (const answer of answers) if (answer.status === 'rejected') throw answer.reason
      if (committed.status === 'rejected') throw committed.reason
      if (committed.value.command !== 'COMMIT') throw new Error('the server rolled the transaction back')
      return result
    } finally {
      clearTimeout(timer)
    }
  }

  /** Closes it; what is under way fails. */
  end(): void {
    this.#lost(new Error('the connection was closed'))
    this.#destroy()
  }

  async #run(sql: Statement, values: readonly unknown[], deadline: number): Promise<pg.QueryArrayResult> {
    if (this.#ended) throw new NotCommittedError(this.#ended)
    if (this.#running++ === 0) this.#unreplicated = false
    const timer = setTimeout(() => this.#abandon(deadline), deadline)
    try {
      const statement = typeof sql === 'string' ? { text: sql } : sql
      const result = await this.#send({ ...statement, values: [...values], rowMode: 'array', types: this.#types })
      this.#answeredAt = performance.now()
      if (this.#unreplicated) throw unreplicated(this.#target)
      return result
    } catch (error) {
      // The server's own error is passed on; a broken connection is reported by what broke it.
      throw 'severity' in (error as object) || error instanceof FaultError ? error : (this.#ended ?? error)
    } finally {
      this.#running--
      clearTimeout(timer)
    }
  }

  /**
   * With a callback, not the driver's own promise: with that, no result is freed before the next full collection, so that
   * V8 copies all rows of an export into its old generation, and stops everything while it does.
   */
  #send(query: pg.QueryArrayConfig): Promise<pg.QueryArrayResult> {
    return new Promise((resolve, reject) => {
      this.#client.query(query, (error: Error | null, result) => (error ? reject(error) : resolve(result)))
    })
  }

  #abandon(deadline: number): void {
    this.isTimedOut = true
    this.#lost(new Error(`no answer within ${deadline} ms`))
    this.#cancel()
    this.#destroy()
  }

  /** The driver says goodbye where nothing is under way, and would wait for answers where something is. */
  #destroy(): void {
    const { connection } = this.#client as unknown as { connection: { stream: Socket } }
    this.#client.end().catch(() => {})
    if (this.#running > 0) connection.stream.destroy()
  }

  #lost(reason: Error): void {
    this.#ended ??= reason
  }

  #cancel(): void {
    const { processID, secretKey } = this.#client as unknown as { processID: number | null; secretKey: number | null }
    if (processID !== null && typeof secretKey === 'number') cancelStatement(this.#target, { processID, secretKey })
  }
}
