import { randomBytes } from 'node:crypto'
import { chmod, link, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Config } from '../config/schema.ts'
import { isPostgresUrl } from '../domain/ports/postgres-url.ts'
import { openAdminToken } from '../http/admin/token.ts'
import { createCredentials } from '../http/shared/credentials.ts'
import { isLoopback } from '../http/shared/loopback.ts'
import { sqlitePath } from '../journal/open.ts'
import type { StartContext } from './context.ts'

/** Name of the file beside the journal. */
const FILE = 'admin-token'

/**
 * Where the token for changes is, such as closing an incident manually, if none is configured and only this machine
 * reaches the admin listener. Whoever may read the journal's folder may make them; reading stays open.
 * @returns undefined if none is made
 */
export function changeTokenFile({ admin, journal }: Pick<Config, 'admin' | 'journal'>): string | undefined {
  if (admin.apiToken !== undefined || !isLoopback(admin.host) || isPostgresUrl(journal.url)) return undefined
  return join(dirname(sqlitePath(journal.url)), FILE)
}

/**
 * The token, once the journal has been opened and its folder is there. A volume that hangs delays nothing else, and without
 * the token the service does all but changes.
 */
export function openChangeToken(
  file: string,
  { env, log, opened }: Pick<StartContext, 'env' | 'log'> & { readonly opened: Promise<unknown> },
) {
  const none = createCredentials()
  let token: Awaited<ReturnType<typeof openAdminToken>> | undefined
  let isStopped = false
  async function open(): Promise<void> {
    try {
      await makeChangeToken(file)
      token = await openAdminToken('token for changes', { file }, { env, log })
      if (isStopped) token.stop()
    } catch (error) {
      log.warn({ file }, `no token for changes through the API: ${(error as Error).message}; set admin.apiToken`)
    }
  }
  void opened.then(open)
  return {
    credentials: {
      verify: (authorization: string | undefined) => (token?.credentials ?? none).verify(authorization),
    },
    reload: (): Promise<void> => (token ? token.reload() : open()),
    stop(): void {
      isStopped = true
      token?.stop()
    },
  }
}

/** Makes the file unless it is there, whole or not at all, readable by its owner alone. @throws what the file system says */
async function makeChangeToken(file: string): Promise<void> {
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  try {
    await writeFile(draft, `${randomBytes(32).toString('hex')}\n`, { flag: 'wx', mode: 0o600 })
    await link(draft, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  } finally {
    await rm(draft, { force: true })
  }
  await chmod(file, 0o600)
}
