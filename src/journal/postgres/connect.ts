import type { ConnectionOptions } from 'node:tls'
import { readBounded } from '../../bounded-file.ts'
import { type PostgresAddress, parsePostgresUrl, shownAddress } from '../../domain/ports/postgres-url.ts'
import { FaultError } from '../core/fault.ts'
import { postgresFault, readOnly } from './fault.ts'
import { Session, type Target } from './session.ts'

/** Bytes of a password, certificate or key file; bundles of all public authorities are below 1 MiB. */
const MAX_FILE = 4 * 2 ** 20

/** What a session that is to write must be able to say of its server. */
interface Durability {
  /** A server setting that a power cut would turn into lost reports. */
  readonly unsafe: string | undefined
  /** Why a commit waits for no standby; undefined if it does, or the server does not say. */
  readonly unreplicated: string | undefined
}

export interface ConnectorOptions {
  /** Holds the URL; its password is read at each connection. */
  readonly urlFile?: string | undefined
  /** Holds the password, and wins over any URL; read at each connection. */
  readonly passwordFile?: string | undefined
  /** Accept a server that can lose acknowledged reports. */
  readonly allowUnsafe: boolean
  /** Called when `warning` changes to another one. */
  readonly onWarning?: (warning: string) => void
}

/**
 * Makes connections. Password, CA and client certificate are read from their files each time, so that they may be
 * rotated while the service runs; the hosts of a cluster are tried in turn until one can be written.
 */
export class Connector {
  readonly #address: PostgresAddress
  readonly #urlFile: string | undefined
  readonly #passwordFile: string | undefined
  readonly #allowUnsafe: boolean
  readonly #onWarning: ConnectorOptions['onWarning']
  /** Index of the host that was last seen to be writable. */
  #current = 0
  #warning: string | undefined
  readonly where: string

  constructor(address: PostgresAddress, { urlFile, passwordFile, allowUnsafe, onWarning }: ConnectorOptions) {
    this.#address = address
    this.#urlFile = urlFile
    this.#passwordFile = passwordFile
    this.#allowUnsafe = allowUnsafe
    this.#onWarning = onWarning
    this.where = shownAddress(address)
  }

  /** What should be known of the server that was checked last, although it can be written. */
  get warning(): string | undefined {
    return this.#warning
  }

  /**
   * A session with a server that takes writes and keeps them.
   * @throws FaultError `unreachable`, `permission`, `read_only`, `unsafe_durability`, `io` (it cannot hold every text)
   */
  async writer(): Promise<Session> {
    const { hosts } = this.#address
    let fault: FaultError | undefined
    for (let offset = 0; offset < hosts.length; offset++) {
      const index = (this.#current + offset) % hosts.length
      try {
        const session = await this.#connect(index)
        try {
          await this.check(session)
          await this.#checkEncoding(session)
        } catch (error) {
          session.end()
          throw error
        }
        this.#current = index
        return session
      } catch (error) {
        const found = postgresFault(error, this.where)
        // "The standby answered, the primary did not" is worth more than the last host's silence.
        if (fault === undefined || fault.fault.kind === 'unreachable') fault = found
      }
    }
    throw fault
  }

  /**
   * One more session with the server of the last `writer`.
   * @param within milliseconds that it may take at most
   * @throws FaultError
   */
  async another(within = Number.POSITIVE_INFINITY): Promise<Session> {
    try {
      return await this.#connect(this.#current, within)
    } catch (error) {
      throw postgresFault(error, this.where)
    }
  }

  /**
   * A session in place of one that was lost.
   * @param isCurrent false after a fault, when another opening makes the connections
   * @throws FaultError
   */
  async replace(
    lost: Session | undefined,
    { isCurrent, within }: { readonly isCurrent: () => boolean; readonly within?: number },
  ): Promise<Session> {
    lost?.end()
    const session = isCurrent() ? await this.another(within) : undefined
    if (session && isCurrent()) return session
    session?.end()
    throw new FaultError('unreachable', `${this.where}: the connections were closed meanwhile`)
  }

  /** Refused at once, not at the first report with text that it cannot store. SQL_ASCII takes any bytes. */
  async #checkEncoding(session: Session): Promise<void> {
    const [row] = await session.query<[string | null]>(`SELECT current_setting('server_encoding', true)`)
    const encoding = row?.[0] ?? 'UTF8'
    if (['UTF8', 'SQL_ASCII'].includes(encoding)) return
    throw new FaultError(
      'io',
      `${this.where} keeps text as ${encoding}, which cannot hold every report; use a database with ENCODING 'UTF8'`,
    )
  }

  async #connect(index: number, within = Number.POSITIVE_INFINITY): Promise<Session> {
    const { user, database, sslmode, connectTimeout, applicationName } = this.#address
    const { host, port } = this.#address.hosts[index]!
    const target: Target = {
      host,
      port,
      user,
      database,
      password: await this.#password(),
      connectTimeout: Math.min(connectTimeout, within),
      applicationName,
    }
    if (sslmode === 'disable' || host.startsWith('/')) return Session.connect({ ...target, ssl: false })
    const ssl = await this.#tls()
    if (sslmode !== 'allow' && sslmode !== 'prefer') return Session.connect({ ...target, ssl })
    try {
      return await Session.connect({ ...target, ssl })
    } catch (error) {
      if (!/does not support SSL/.test((error as Error).message)) throw error
      return Session.connect({ ...target, ssl: false })
    }
  }

  async #password(): Promise<string | undefined> {
    if (this.#passwordFile !== undefined) return (await this.#read(this.#passwordFile)).trim()
    if (this.#urlFile === undefined) return this.#address.password
    try {
      return parsePostgresUrl((await this.#read(this.#urlFile)).trim()).password
    } catch {
      // A Secret that is being replaced; the URL of the start is the best known.
      return this.#address.password
    }
  }

  /** libpq's modes in Node's words (libpq, section 34.19.1): `require` with a CA verifies the chain, for compatibility. */
  async #tls(): Promise<ConnectionOptions> {
    const { sslmode, sslrootcert, sslcert, sslkey } = this.#address
    const [ca, cert, key] = await Promise.all(
      [sslrootcert === 'system' ? undefined : sslrootcert, sslcert, sslkey].map((file) => file && this.#read(file)),
    )
    const verified = sslmode.startsWith('verify') || (sslmode === 'require' && sslrootcert !== undefined)
    return {
      rejectUnauthorized: verified,
      ...(sslmode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
      ...(ca && { ca }),
      ...(cert && { cert }),
      ...(key && { key }),
    }
  }

  async #read(file: string): Promise<string> {
    const content = await readBounded(file, MAX_FILE).catch((error: NodeJS.ErrnoException) => {
      throw new FaultError('permission', `${this.where}: cannot read ${file} (${error.code})`)
    })
    if (content === undefined)
      throw new FaultError('permission', `${this.where}: ${file} is larger than ${MAX_FILE} bytes`)
    return content.toString('utf8')
  }

  /** @throws FaultError `read_only`, `unsafe_durability` */
  async check(session: Session): Promise<void> {
    if (!(await writable(session))) throw readOnly(this.where)
    const { unsafe, unreplicated } = await durability(session)
    const before = this.#warning
    this.#warning =
      unreplicated !== undefined && this.#address.hosts.length > 1
        ? `${this.where} names several hosts, and no commit waits for a standby (${unreplicated}): a failover loses what the new primary had not received; set synchronous_standby_names`
        : undefined
    if (this.#warning !== undefined && this.#warning !== before) this.#onWarning?.(this.#warning)
    if (unsafe === undefined || this.#allowUnsafe) return
    throw new FaultError(
      'unsafe_durability',
      `${this.where} runs with ${unsafe}, so an acknowledged report could be lost; turn it on, or set journal.allowUnsafeDurability if losing reports is acceptable`,
    )
  }
}

async function writable(session: Session): Promise<boolean> {
  const [row] = await session.query<[boolean, string]>(
    `SELECT pg_is_in_recovery(), coalesce(current_setting('transaction_read_only', true), 'off')`,
  )
  return row !== undefined && !row[0] && row[1] !== 'on'
}

/** Settings that a server does not have (CockroachDB knows no fsync) are null, and then not its way to lose data. */
export async function durability(session: Session): Promise<Durability> {
  const [row] = await session.query<[commit: string | null, fsync: string | null, standbys: string | null]>(
    `SELECT current_setting('synchronous_commit', true), current_setting('fsync', true),
       current_setting('synchronous_standby_names', true)`,
  )
  const [commit, fsync, standbys] = row ?? [null, null, null]
  const isLocal = commit === 'off' || commit === 'local'
  return {
    unsafe: fsync === 'off' ? 'fsync = off' : commit === 'off' ? 'synchronous_commit = off' : undefined,
    unreplicated: isLocal
      ? `synchronous_commit = ${commit}`
      : standbys?.trim() === ''
        ? 'synchronous_standby_names is empty'
        : undefined,
  }
}
