import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Env } from '../../config/config.ts'
import type { Config, SecretRef, SourceConfig } from '../../config/schema.ts'
import { MARK_HEADER, type Purpose, signMark } from '../../domain/report/simulation.ts'
import { secretReader } from '../../probe/secrets.ts'
import { hasAuth, secretPlaces } from '../../sources/auth/config.ts'
import { credentialHeaders } from '../../sources/credentials.ts'
import type { GivenUp } from '../../sources/give-up.ts'
import { sourceKinds } from '../../sources/index.ts'
import { UsageError } from '../usage.ts'
import { type Sent, send } from './send.ts'

export interface ReportOptions {
  readonly config: Pick<Config, 'sources'>
  /** Name of a configured source. */
  readonly source: string
  /** Where the ingest listener is: its origin, or the whole URL of the source. */
  readonly ingest: URL
  /** Instead of the source's first configured credential. */
  readonly credential?: SecretRef | undefined
  /** Signs the mark; undefined: the report is real. */
  readonly secret?: string | undefined
  readonly purpose: Purpose
  readonly env: Env
  /** Milliseconds for the answer. */
  readonly timeout?: number
  readonly ca?: string | readonly string[] | undefined
}

const TIMEOUT = 10_000

/** Facts of a report that may be left out. */
export type ReportFacts = Pick<GivenUp, 'endpoint' | 'code' | 'message'> & Partial<GivenUp>

/** Sends simulated reports; see `sendReport`. */
export const simulatedReports = (options: Omit<ReportOptions, 'purpose'>) => (facts: ReportFacts) =>
  sendReport(facts, { ...options, purpose: 'simulation' })

/**
 * Reports a lost delivery to the service exactly as the source would.
 * @returns what became of the request
 * @throws UsageError for an unknown source, or one with reports that cannot be simulated
 */
export async function sendReport(facts: ReportFacts, options: ReportOptions): Promise<Sent> {
  const { config, source, ingest, env } = options
  const section = config.sources[source]
  if (!section)
    throw new UsageError(`there is no source ${source}; configured: ${Object.keys(config.sources).join(', ')}`)
  const kind = sourceKinds.get(section.kind)!
  if (!kind.giveUp) throw new UsageError(`reports of ${section.kind} cannot be simulated`)
  const at = Date.now()
  const id = `sim${randomBytes(12).toString('hex')}`
  const given = { event: 'order.created', tenant: '', attempts: kind.attempts ?? 3, id, at, ...facts }
  const { headers, body } = await kind.giveUp(section, given)
  const url = ingest.pathname === '/' ? new URL(section.path, ingest) : ingest
  const credentials = await credentialsOf(section, { credential: options.credential, env, body, id, at, url: url.href })
  const mark = options.secret && {
    [MARK_HEADER]: signMark(options.secret, options.purpose, {
      nonce: randomBytes(18).toString('base64url'),
      at,
      body,
    }),
  }
  return send({
    url,
    headers: { ...headers, ...credentials, ...mark },
    body,
    timeout: options.timeout ?? TIMEOUT,
    ca: options.ca,
  })
}

interface Signing {
  readonly credential: SecretRef | undefined
  readonly env: Env
  readonly body: string
  readonly id: string
  readonly at: number
  readonly url: string
}

async function credentialsOf(section: SourceConfig, signing: Signing): Promise<Record<string, string>> {
  if (!hasAuth(section) || section.auth === 'none') return {}
  const { auth, url = signing.url } = section
  const isToken = auth === 'bearer'
  const [place] = isToken ? section.tokens : secretPlaces(section)
  const folder = isToken ? section.tokensDir : section.secretsDir
  const ref = signing.credential ?? place
  // A service on loopback accepts every report then; any other answers 401, and says why.
  if (ref === undefined && folder === undefined) return {}
  const text = ref
    ? await secretReader(signing.env)(ref).catch(({ message }: Error) => fail(message))
    : folder !== undefined && (await firstIn(folder))
  const secret = text ? text.split(/\s+/)[0]! : fail('name --credential-file or --credential-env')
  try {
    return credentialHeaders(auth, secret, { ...signing, url })
  } catch (error) {
    return fail((error as Error).message)
  }
}

function fail(reason: string): never {
  throw new UsageError(`no credential of the source: ${reason}`)
}

/** The first file of a folder of tokens, such as a mounted Secret. */
async function firstIn(folder: string): Promise<string> {
  const names = await readdir(folder).catch(() => [])
  const [name] = names.filter((each) => !each.startsWith('.')).sort()
  return name === undefined ? '' : readFile(join(folder, name), 'utf8')
}
