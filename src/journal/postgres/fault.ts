import { FaultError } from '../core/fault.ts'

/** What pg throws: the server's answer carries a SQLSTATE (PostgreSQL appendix A), a broken connection does not. */
interface ServerError extends Error {
  readonly code?: string
}

/** The connection was lost, and it is certain that the server has committed nothing of what it was asked for. */
export class NotCommittedError extends Error {
  constructor(cause: unknown) {
    super((cause as Error).message, { cause })
    this.name = 'NotCommittedError'
  }
}

/** The five characters of a SQLSTATE; undefined for anything else. */
export function sqlState(error: unknown): string | undefined {
  const code = (error as ServerError).code
  // Node's own codes (EPIPE, …) have five letters at times too; a SQLSTATE that pg made comes with a severity.
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && 'severity' in (error as object) ? code : undefined
}

/** Rolled back for the sake of another transaction: the same may succeed at once. 40003 is a commit of unknown outcome. */
export function isRetryable(error: unknown): boolean {
  const state = sqlState(error)
  return state?.startsWith('40') === true && state !== '40003'
}

/** Whether the entry alone is at fault: its data, a constraint, a limit of the program, or a trigger that refuses it. */
export function isEntryError(error: unknown): boolean {
  return /^(21|22|23|54|P0)/.test(sqlState(error) ?? '')
}

/** Unknown table, column or function, wrong syntax or type: the statement is at fault, and the database is not. */
export const isQueryError = (error: unknown): boolean => /^42(?!501)/.test(sqlState(error) ?? '')

/** Whether a value of the query itself is at fault: out of range, or not what its column holds. */
export const isValueError = (error: unknown): boolean => sqlState(error)?.startsWith('22') === true

/**
 * Names what keeps the database from being written or read, and what to do next.
 * @param where hosts and database, without credentials
 */
export function postgresFault(error: unknown, where: string, doing: 'written' | 'read' = 'written'): FaultError {
  if (error instanceof FaultError) return error
  if (error instanceof NotCommittedError) return postgresFault(error.cause, where, doing)
  const { code = '', message } = error as ServerError
  const state = sqlState(error)
  if (state === undefined) {
    if (/certificate|CERT|SSL|TLS|self-signed|altname/i.test(`${code} ${message}`)) {
      return new FaultError(
        'unreachable',
        `${where}: no trusted connection (${code || message}); look at sslmode, sslrootcert, sslcert and at the dates of the certificates`,
      )
    }
    return new FaultError('unreachable', `${where} does not answer (${code || message}); it is tried again`)
  }
  if (state === '25006') return readOnly(where)
  if (state === '53100')
    return new FaultError('disk_full', `the volume of ${where} is full; free some of it, and it goes on by itself`)
  if (/^28|^42501|^3D000|^3F000/.test(state)) {
    return new FaultError(
      'permission',
      `${where} refuses this user (${state}: ${message}); look at user, password, grants and pg_hba.conf`,
    )
  }
  if (/^XX00[12]/.test(state)) return new FaultError('corrupt', `${where} is damaged (${state}: ${message})`)
  if (/^(08|53|57)/.test(state))
    return new FaultError('unreachable', `${where} takes no work now (${state}: ${message}); it is tried again`)
  return new FaultError('io', `${where} cannot be ${doing} (${state}: ${message})`)
}

/** The fault of a server that takes no writes (SQLSTATE 25006, or found by asking). */
export const readOnly = (where: string): FaultError =>
  new FaultError(
    'read_only',
    `${where} is read-only, or a standby that follows another server; name all hosts of the cluster, or wait for the failover`,
  )

/** The fault of a commit that its synchronous standby did not get. */
export const unreplicated = ({ host, port }: { readonly host: string; readonly port: number }): FaultError =>
  new FaultError(
    'unsafe_durability',
    `${host}:${port} committed without its synchronous standby; look at the standby, or take it out of synchronous_standby_names`,
  )
