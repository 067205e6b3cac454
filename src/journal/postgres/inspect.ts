import { parsePostgresUrl } from '../../domain/ports/postgres-url.ts'
import { FaultError } from '../core/fault.ts'
import type { Inspection } from '../sqlite/inspect.ts'
import { Connector } from './connect.ts'
import type { PostgresJournalOptions } from './options.ts'

/**
 * What would keep the service from writing to this database; nothing is made or changed.
 * @throws Error if the URL is none
 */
export async function inspectPostgres(
  options: Pick<PostgresJournalOptions, 'url' | 'urlFile' | 'passwordFile' | 'allowUnsafeDurability'>,
): Promise<Inspection> {
  const { url, urlFile, passwordFile, allowUnsafeDurability: allowUnsafe = false } = options
  try {
    const connector = new Connector(parsePostgresUrl(url), { urlFile, passwordFile, allowUnsafe })
    const session = await connector.writer()
    session.end()
    return connector.warning === undefined ? {} : { warning: connector.warning }
  } catch (error) {
    if (error instanceof FaultError) return { fault: error.fault }
    throw error
  }
}
