import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { NON_BLOCKING, readBounded } from '../../bounded-file.ts'
import type { Log } from '../../domain/ports/telemetry.ts'
import { tooShort } from '../../domain/text/secret-length.ts'
import { TENANT_PATTERN } from '../../sources/tenant.ts'
import { digestOf, type Token } from './credentials.ts'

/** Where tokens come from. A folder contains one file per tenant; every line of a file is a token. */
export interface TokenSources {
  readonly files: readonly { readonly tenant: string; readonly file: string }[]
  readonly folder?: string
  /** Tokens from the environment, which never change. */
  readonly fixed: readonly Token[]
}

/** What a line of a file has to be, and what is kept of it. */
export interface LineRules {
  /** What a line is called in messages; a token unless given. */
  readonly noun?: 'token' | 'secret'
  /** Characters that each must have; a file with a shorter one is rejected. */
  readonly minLength?: number
  /** Whether the text is kept: signatures cannot be verified with a digest. */
  readonly keepText?: boolean
  /** What is wrong with a line, without quoting it; undefined if nothing is. */
  readonly fault?: (line: string) => string | undefined
}

export interface TokenReaderOptions extends LineRules {
  readonly log: Pick<Log, 'info' | 'warn'>
  /** Where the tokens belong, for log lines: `sources.NAME`. */
  readonly owner: string
  /** Called with the current set once before `start` resolves, and after each change. */
  readonly onTokens: (tokens: readonly Token[]) => void
  /** Called when reading fails; the tokens read before stay in force. */
  readonly onFailure: () => void
  /** Milliseconds between two reads. */
  readonly interval?: number
}

const MAX_FILE = 64 * 1_024
const MAX_FILES = 10_000
const tenantName = new RegExp(TENANT_PATTERN)

/**
 * Reads tokens from files and polls their content: a mounted Secret changes through symbolic links, without reliable
 * events. A file that cannot be read, is empty or holds no valid tokens keeps what it held before. One that was deleted
 * loses its tokens, unless its whole folder is gone or empty: then the volume is gone, which revokes nothing. A
 * token that several tenants share identifies none of them: it alone is dropped, so that every other change (a revocation
 * above all) still takes effect.
 */
export function createTokenReader(sources: TokenSources, options: TokenReaderOptions) {
  const { log, owner, onTokens, onFailure, interval = 2_000, noun = 'token' } = options
  const lastGood = new Map<string, readonly Token[]>()
  const reported = new Map<string, string>()
  let current: string | undefined
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let duration = 0

  const fail = (place: string, why: string) => {
    onFailure()
    if (reported.get(place) === why) return
    reported.set(place, why)
    const hadTokens = [...lastGood.keys()].some((file) => file === place || file.startsWith(join(place, '/')))
    const kept = hadTokens ? '; the tokens read from it before stay in force' : ''
    log.warn({ owner, place }, `${owner}: cannot read ${noun}s from ${place}: ${why}${kept}`)
  }

  const revoke = (file: string) => {
    lastGood.delete(file)
    log.info({ owner, place: file }, `${owner}: ${file} was deleted; its ${noun}s are no longer accepted`)
  }

  const readOne = async (file: string, tenant: string) => {
    const tokens = await tokensOf(file, tenant, options)
    if (typeof tokens === 'string') {
      if (tokens === 'ENOENT' && lastGood.has(file) && (await isMounted(dirname(file)))) revoke(file)
      return fail(file, tokens)
    }
    reported.delete(file)
    lastGood.set(file, tokens)
  }

  const readFolder = async (folder: string) => {
    let all: string[]
    try {
      all = await readdir(folder)
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      // An optional Secret that does not exist yet is no fault.
      if (code === 'ENOENT' && lastGood.size === 0) return
      return fail(folder, `${code}`)
    }
    const names = all.filter((name) => !name.startsWith('.')).sort()
    if (names.length > MAX_FILES) return fail(folder, `it holds more than ${MAX_FILES} files`)
    if (all.length === 0 && lastGood.size > 0) return fail(folder, 'it is empty')
    reported.delete(folder)
    const present = new Set(names.map((name) => join(folder, name)))
    for (const file of lastGood.keys()) if (file.startsWith(join(folder, '/')) && !present.has(file)) revoke(file)
    for (const file of present) await readOne(file, basename(file))
  }

  let reading: Promise<void> = Promise.resolve()
  /** One read at a time: a reload may come during another. */
  const poll = () => {
    const next = reading.then(async () => {
      const startedAt = performance.now()
      await readAll()
      duration = performance.now() - startedAt
    })
    reading = next.catch(() => {})
    return next
  }

  const readAll = async () => {
    for (const { file, tenant } of sources.files) await readOne(file, tenant)
    if (sources.folder !== undefined) await readFolder(sources.folder)
    const tokens = [...sources.fixed, ...[...lastGood.values()].flat()]
    const shared = sharedTokens(tokens)
    if (shared.size === 0) reported.delete(owner)
    else reportShared(shared)
    const accepted = tokens.filter(({ digest }) => !shared.has(digest))
    const content = JSON.stringify(accepted)
    if (content === current) return
    if (current !== undefined) log.info({ owner, tokens: accepted.length }, 'tokens reloaded')
    current = content
    onTokens(accepted)
  }

  const reportShared = (shared: ReadonlyMap<string, ReadonlySet<string>>) => {
    onFailure()
    const why = [...shared.values()].map((tenants) => [...tenants].slice(0, 10).join(' and ')).join('; ')
    if (reported.get(owner) === why) return
    reported.set(owner, why)
    log.warn(
      { owner, shared: shared.size },
      `${owner}: ${sharedTokenText(shared)}; shared tokens are rejected, all others stay valid`,
    )
  }

  const schedule = () => {
    if (stopped) return
    // A folder of thousands of files is read less often, so that reading takes at most a twentieth of the time.
    timer = setTimeout(() => poll().then(schedule, schedule), Math.max(interval, 20 * duration))
    timer.unref()
  }

  return {
    /** Resolves after the first read; then polls until `stop`, unless there is nothing to poll. */
    async start(): Promise<void> {
      await poll()
      if (sources.files.length > 0 || sources.folder !== undefined) schedule()
    },
    /** Reads now, and logs what is still wrong even if it was logged before. */
    async reload(): Promise<void> {
      reported.clear()
      await poll()
    },
    stop(): void {
      stopped = true
      clearTimeout(timer)
    },
  }
}

/**
 * Whether a folder is there and has an entry: a mounted Secret without keys still has its hidden ones (`..data`), a mount
 * point whose volume is gone has none.
 */
const isMounted = async (folder: string): Promise<boolean> =>
  readdir(folder).then(
    (names) => names.length > 0,
    () => false,
  )

/** Digests of tokens that several tenants have, each with its tenants. */
export function sharedTokens(tokens: readonly Token[]): Map<string, Set<string>> {
  const owners = new Map<string, Set<string>>()
  for (const { tenant, digest } of tokens) owners.set(digest, (owners.get(digest) ?? new Set()).add(tenant))
  return new Map([...owners].filter(([, tenants]) => tenants.size > 1))
}

/** Names the tenants that share tokens, and the fix. */
export function sharedTokenText(shared: ReadonlyMap<string, ReadonlySet<string>>): string {
  const [tenants = new Set<string>()] = shared.values()
  const names = [...tenants].slice(0, 10).join(', ')
  const more = shared.size > 1 ? ` (and ${shared.size - 1} more shared ${shared.size > 2 ? 'tokens' : 'token'})` : ''
  return `the tenants ${names} share one token${more}; give each tenant its own`
}

/** @returns the tokens, or why there are none */
export async function tokensOf(
  file: string,
  tenant: string,
  rules: LineRules = {},
): Promise<readonly Token[] | string> {
  if (tenant !== '' && !tenantName.test(tenant))
    return 'the file’s name is not a tenant name (letters, digits, dot, underscore, hyphen)'
  let text: string
  try {
    const content = await readBounded(file, MAX_FILE, NON_BLOCKING)
    if (content === undefined) return `it is larger than ${MAX_FILE} bytes`
    text = content.toString('utf8')
    // The buffer is outside of the heap and would keep the tokens until its memory is used again.
    content.fill(0)
  } catch (error) {
    return `${(error as NodeJS.ErrnoException).code}`
  }
  return tokensIn(text, tenant, rules)
}

/** Every line is a token; white space at its ends is ignored. @returns the tokens, or why there are none */
export function tokensIn(text: string, tenant: string, rules: LineRules = {}): readonly Token[] | string {
  const values = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const found = tokensOfLines(values, tenant, rules)
  // The engine keeps the text of the last match (RegExp.input) until the next one.
  ;/^/.test('')
  return found
}

function tokensOfLines(
  values: readonly string[],
  tenant: string,
  { noun = 'token', minLength = 1, keepText = false, fault }: LineRules,
): readonly Token[] | string {
  if (values.length === 0) return `it holds no ${noun}`
  if (values.some((value) => !/^[\x21-\x7e]+$/.test(value)))
    return `a line is not a ${noun} (visible ASCII without spaces)`
  const short = values.find((value) => value.length < minLength)
  if (short !== undefined) return tooShort(`a ${noun}`, short.length)
  const faulty = values.map((value) => fault?.(value)).find((each) => each !== undefined)
  if (faulty !== undefined) return `a line ${faulty}`
  return values.map((value) => ({ tenant, digest: digestOf(value), ...(keepText && { text: value }) }))
}
