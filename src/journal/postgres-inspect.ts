import { parsePostgresUrl } from '../domain/postgres-url.ts'
import { FaultError } from './fault.ts'
import { Connector } from './postgres-connect.ts'
import type { PostgresJournalOptions } from './postgres-options.ts'
import type { Inspection } from './sqlite-inspect.ts'

/**
 * What would keep the service from writing to this database; nothing is made or changed.
 * @throws Error where the URL is none
 */
export async function inspectPostgres(
  options: Pick<PostgresJournalOptions, 'url' | 'passwordFile' | 'allowUnsafeDurability'>,
): Promise<Inspection> {
  const { url, passwordFile, allowUnsafeDurability: allowUnsafe = false } = options
  try {
    const session = await new Connector(parsePostgresUrl(url), { passwordFile, allowUnsafe }).writer()
    session.end()
    return {}
  } catch (error) {
    if (error instanceof FaultError) return { fault: error.fault }
    throw error
  }
}
