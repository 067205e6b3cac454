import { constants, readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { TENANT_PATTERN } from '../config-schema.ts'
import type { Log } from '../domain/telemetry.ts'
import type { Token } from './credentials.ts'

/** Where tokens come from. A folder holds a file a tenant; every line of a file is a token. */
export interface TokenPlaces {
  readonly files: readonly { readonly tenant: string; readonly file: string }[]
  readonly folder?: string
  /** Tokens that are known from the start and never change (environment). */
  readonly fixed: readonly Token[]
}

export interface TokenReaderParts {
  readonly log: Pick<Log, 'info' | 'warn'>
  /** Where the tokens belong, for log lines: `sources.retm`. */
  readonly owner: string
  /** The set as it is now. Called once before `start` resolves, and after each change. */
  readonly onTokens: (tokens: readonly Token[]) => void
  /** A re-read was faulty; what was known before stays in force. */
  readonly onFailure: () => void
  /** Milliseconds between two looks. */
  readonly interval?: number
}

const MAX_FILE = 64 * 1_024
const MAX_FILES = 10_000
const tenantName = new RegExp(TENANT_PATTERN)

/**
 * Reads tokens from files and looks again by content: a mounted Secret changes through symbolic links, without any
 * event that could be trusted. A file that cannot be read, is empty or holds no tokens keeps what it held before; one
 * that is gone from a folder loses its tokens, unless the whole folder is gone or empty. A token that two tenants share
 * counts for none of them at the start, and makes a later look faulty.
 */
export function createTokenReader(places: TokenPlaces, parts: TokenReaderParts) {
  const { log, owner, onTokens, onFailure, interval = 2_000 } = parts
  const lastGood = new Map<string, readonly Token[]>()
  const told = new Map<string, string>()
  let current: string | undefined
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let took = 0

  const fail = (place: string, why: string) => {
    onFailure()
    if (told.get(place) === why) return
    told.set(place, why)
    const kept = lastGood.size > 0 || places.fixed.length > 0 ? '; the tokens known before stay in force' : ''
    log.warn({ owner, place }, `tokens cannot be read from ${place}: ${why}${kept}`)
  }

  const readOne = async (file: string, tenant: string) => {
    const tokens = await tokensOf(file, tenant)
    if (typeof tokens === 'string') return fail(file, tokens)
    told.delete(file)
    lastGood.set(file, tokens)
  }

  const readFolder = async (folder: string) => {
    let names: string[]
    try {
      // A mounted Secret holds its real files in hidden folders (..data).
      names = (await readdir(folder)).filter((name) => !name.startsWith('.')).sort()
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      // An optional Secret that nobody made yet is no fault.
      if (code === 'ENOENT' && lastGood.size === 0) return
      return fail(folder, `${code}`)
    }
    if (names.length > MAX_FILES) return fail(folder, `it holds more than ${MAX_FILES} files`)
    if (names.length === 0 && lastGood.size > 0) return fail(folder, 'it is empty')
    told.delete(folder)
    const present = new Set(names.map((name) => join(folder, name)))
    for (const file of lastGood.keys())
      if (file.startsWith(join(folder, '/')) && !present.has(file)) lastGood.delete(file)
    for (const file of present) await readOne(file, basename(file))
  }

  let looking: Promise<void> = Promise.resolve()
  /** One look at a time: a reload may come during another. */
  const look = () => {
    const next = looking.then(async () => {
      const begun = performance.now()
      await readAll()
      took = performance.now() - begun
    })
    looking = next.catch(() => {})
    return next
  }

  const readAll = async () => {
    for (const { file, tenant } of places.files) await readOne(file, tenant)
    if (places.folder !== undefined) await readFolder(places.folder)
    const tokens = [...places.fixed, ...[...lastGood.values()].flat()]
    const shared = sharedTokens(tokens)
    const tenants = [...shared.values()].flatMap((owners) => [...owners])
    if (shared.size === 0) told.delete(owner)
    else fail(owner, `one token belongs to the tenants ${tenants.slice(0, 10).join(', ')}; give each its own`)
    const content = JSON.stringify(tokens)
    if (content === current || (shared.size > 0 && current !== undefined)) return
    if (current !== undefined) log.info({ owner, tokens: tokens.length }, 'tokens were read again')
    current = content
    onTokens(tokens.filter((token) => !shared.has(token.value)))
  }

  const lookAgain = () => {
    if (stopped) return
    // A folder of thousands is looked at less often: never more than a twentieth of the time.
    timer = setTimeout(() => look().then(lookAgain, lookAgain), Math.max(interval, 20 * took))
    timer.unref()
  }

  return {
    /** Resolves after the first look; goes on looking until `stop`, where there is anything to look at. */
    async start(): Promise<void> {
      await look()
      if (places.files.length > 0 || places.folder !== undefined) lookAgain()
    },
    /** Looks now, and reports what is still wrong even if it was reported before. */
    async reload(): Promise<void> {
      told.clear()
      await look()
    },
    stop(): void {
      stopped = true
      clearTimeout(timer)
    },
  }
}

/** Tokens that several tenants have, which say nothing about who sent them; each with its tenants. */
function sharedTokens(tokens: readonly Token[]): Map<string, Set<string>> {
  const owners = new Map<string, Set<string>>()
  for (const { tenant, value } of tokens) owners.set(value, (owners.get(value) ?? new Set()).add(tenant))
  return new Map([...owners].filter(([, tenants]) => tenants.size > 1))
}

/** @returns the tokens, or why there are none */
async function tokensOf(file: string, tenant: string): Promise<readonly Token[] | string> {
  if (tenant !== '' && !tenantName.test(tenant))
    return 'the file’s name is no tenant name (letters, digits, dot, underscore, hyphen)'
  let text: string
  try {
    // Without waiting: a pipe in its place would hold up the start for ever.
    const content = await readFile(file, { flag: constants.O_RDONLY | constants.O_NONBLOCK })
    if (content.length > MAX_FILE) return `it is larger than ${MAX_FILE} bytes`
    text = content.toString('utf8')
  } catch (error) {
    return `${(error as NodeJS.ErrnoException).code}`
  }
  return tokensIn(text, tenant)
}

/** Every line a token, white space at its ends ignored. @returns the tokens, or why there are none */
export function tokensIn(text: string, tenant: string): readonly Token[] | string {
  const values = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
  if (values.length === 0) return 'it holds no token'
  if (values.some((value) => !/^[\x21-\x7e]+$/.test(value))) return 'a line is no token (visible ASCII without spaces)'
  return values.map((value) => ({ tenant, value }))
}
