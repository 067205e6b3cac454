/** A connection URI of PostgreSQL (libpq, section 34.1.1.2), read. Files that it names are not opened. */
export interface PostgresAddress {
  /** Tried in this order. A host that begins with `/` is the folder of a Unix socket. */
  readonly hosts: readonly { readonly host: string; readonly port: number }[]
  readonly user: string
  readonly database: string
  /** As it is in the URL; a password file wins over it. */
  readonly password: string | undefined
  readonly sslmode: SslMode
  /** PEM files; read at each connection, so that they may be replaced. */
  readonly sslrootcert: string | undefined
  readonly sslcert: string | undefined
  readonly sslkey: string | undefined
  /** Milliseconds for one host. */
  readonly connectTimeout: number
  readonly applicationName: string
}

const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const
export type SslMode = (typeof SSL_MODES)[number]

/** A journal must be written, so these three come to the same: the first host that can be written is taken. */
const SESSION_ATTRS = ['any', 'read-write', 'primary']
const PARAMETERS = [
  'host',
  'port',
  'user',
  'dbname',
  'password',
  'sslmode',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'target_session_attrs',
  'connect_timeout',
  'application_name',
] as const
type Parameter = (typeof PARAMETERS)[number]

const URI = /^postgres(?:ql)?:\/\/(?:([^:@/?]*)(?::([^@/?]*))?@)?([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/

/**
 * Reads a `postgres://` URL with one host or several.
 * @throws Error whose message says what to write instead and holds no secret
 */
export function parsePostgresUrl(url: string): PostgresAddress {
  const match = URI.exec(url)
  if (!match) throw new Error('write postgres://USER@HOST:PORT/DATABASE, several hosts with commas between them')
  const [, user, password, authority = '', database, query] = match
  // Of a password that was cut at its @ nothing may be told as a host.
  if (authority.includes('@')) throw new Error('has more than one @; write %40 for one in the user name or password')
  const given = parametersOf(query ?? '')
  const hosts = hostsOf(given.host ?? decode(authority), given.port)
  const name = given.user ?? decode(user ?? '')
  if (name === '') throw new Error('names no user; write postgres://USER@HOST/DATABASE')
  const mode = given.sslmode ?? (given.sslrootcert === 'system' ? 'verify-full' : 'prefer')
  if (!SSL_MODES.includes(mode as SslMode)) throw new Error(`sslmode is one of ${SSL_MODES.join(', ')}`)
  if (given.sslrootcert === 'system' && mode !== 'verify-full') {
    throw new Error('sslrootcert=system goes with sslmode=verify-full')
  }
  if ((given.sslcert === undefined) !== (given.sslkey === undefined)) {
    throw new Error('sslcert and sslkey go together; name both files')
  }
  if (given.target_session_attrs !== undefined && !SESSION_ATTRS.includes(given.target_session_attrs)) {
    throw new Error(`target_session_attrs is one of ${SESSION_ATTRS.join(', ')}, since a journal must be written`)
  }
  const seconds = Number(given.connect_timeout ?? '3')
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > 60) throw new Error('connect_timeout is 1 to 60 seconds')
  return {
    hosts,
    user: name,
    database: given.dbname ?? (decode(database ?? '') || name),
    password: given.password ?? (password === undefined ? undefined : decode(password)),
    sslmode: mode as SslMode,
    sslrootcert: given.sslrootcert,
    sslcert: given.sslcert,
    sslkey: given.sslkey,
    connectTimeout: seconds * 1_000,
    applicationName: given.application_name ?? 'webhook-error-exporter',
  }
}

/** What keeps a URL from being used, as a sentence; undefined for a good one and for other kinds of URL. */
export function postgresUrlFault(url: string): string | undefined {
  if (!isPostgresUrl(url)) return undefined
  try {
    parsePostgresUrl(url)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

/** By its scheme alone (libpq's connection URIs): whether the rest is sound is for `postgresUrlFault` to say. */
export const isPostgresUrl = (url: string): boolean => /^postgres(ql)?:/.test(url)

/** Hosts, ports and database, for messages: never user or password. */
export function shownAddress({ hosts, database }: PostgresAddress): string {
  const list = hosts.map(({ host, port }) => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`))
  return `${list.join(',')}/${database}`
}

function parametersOf(query: string): Partial<Record<Parameter, string>> {
  const given: Partial<Record<Parameter, string>> = {}
  for (const pair of query.split('&').filter(Boolean)) {
    const at = pair.indexOf('=')
    const key = decode(at < 0 ? pair : pair.slice(0, at))
    if (!PARAMETERS.includes(key as Parameter)) {
      // What holds more than letters may be the rest of a password with a ? in it.
      const name = /^\w{1,40}$/.test(key) ? key : 'of that name'
      throw new Error(`knows no parameter ${name}; known are ${PARAMETERS.join(', ')}`)
    }
    given[key as Parameter] = at < 0 ? '' : decode(pair.slice(at + 1))
  }
  return given
}

function hostsOf(list: string, ports: string | undefined): PostgresAddress['hosts'] {
  const portList = ports?.split(',') ?? []
  return list.split(',').map((text, index) => {
    const [, host = '', own] = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(text) ?? []
    const port = Number(own || portList[index] || portList[0] || '5432')
    if (host === '' || !Number.isInteger(port) || port < 1 || port > 65_535) {
      throw new Error('each host is NAME:PORT, [IPv6]:PORT, or the folder of a socket with %2F for its slashes')
    }
    return { host: host.replace(/^\[|\]$/g, ''), port }
  })
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new Error('holds a % that begins no escape; write %25 for it')
  }
}
