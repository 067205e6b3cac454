import { isPostgresUrl } from '../domain/ports/postgres-url.ts'
import type { RecordStore } from './core/records.ts'
import { sqlitePath } from './open.ts'

export interface OpenRecordsOptions {
  readonly role: 'from' | 'to'
  readonly passwordFile?: string | undefined
  readonly allowUnsafe: boolean
  /** Whether failures are counted by tenant too. */
  readonly tenantLabel: boolean
}

/** The records of the journal that a URL names. An adapter is loaded when it is asked for. @throws FaultError */
export async function openRecords(
  url: string,
  { role, passwordFile, allowUnsafe, tenantLabel }: OpenRecordsOptions,
): Promise<RecordStore> {
  if (isPostgresUrl(url)) {
    const { openPostgresRecords } = await import('./postgres/records.ts')
    return openPostgresRecords(url, { passwordFile, allowUnsafe })
  }
  const path = sqlitePath(url)
  const { readSqliteRecords, writeSqliteRecords } = await import('./sqlite/records.ts')
  return role === 'from' ? readSqliteRecords(path) : writeSqliteRecords(path, tenantLabel)
}
