/** Why a hop failed, and what to do about it. */
export class HopError extends Error {
  readonly fix: string
  /** Whether waiting cannot change it. */
  readonly isFinal: boolean

  constructor(reason: string, fix: string, { isFinal = false }: { readonly isFinal?: boolean } = {}) {
    super(reason)
    this.name = 'HopError'
    this.fix = fix
    this.isFinal = isFinal
  }
}

export type HopStatus = 'ok' | 'failed' | 'not checked' | 'not reached'

/** One step on the way from a report to a person. */
export interface HopResult {
  readonly name: string
  readonly status: HopStatus
  /** What was found, or why it failed. */
  readonly detail: string
  /** What to do; empty unless it failed. */
  readonly fix: string
  readonly milliseconds: number
}

export interface Hop {
  readonly name: string
  /** Why it is not checked; undefined: it is. */
  readonly unchecked?: string | undefined
  /** Names of hops that must be ok: without them this one proves nothing. */
  readonly needs?: readonly string[]
  /** Names of hops that must not have failed. */
  readonly after?: readonly string[]
  /** Whether it polls for something slow, such as a scrape. */
  readonly waits?: boolean
  /** @returns what was found. @throws HopError; with `waits` it is asked again until the deadline */
  readonly check: () => Promise<string>
}

const PAUSE = 500

/**
 * Checks one hop after the other. A hop that needs one that failed is not reached.
 * @param timeout milliseconds that each hop may wait
 * @param before hops that were checked already
 */
export async function runHops(
  hops: readonly Hop[],
  timeout: number,
  onResult: (result: HopResult) => void = () => {},
  before: readonly HopResult[] = [],
): Promise<HopResult[]> {
  const results: HopResult[] = []
  for (const hop of hops) {
    const result = await runHop(hop, [...before, ...results], timeout)
    results.push(result)
    onResult(result)
  }
  return results
}

async function runHop(hop: Hop, before: readonly HopResult[], timeout: number): Promise<HopResult> {
  const { name, unchecked, needs = [], after = [], waits = false, check } = hop
  const rest = { name, fix: '', milliseconds: 0 }
  if (unchecked !== undefined) return { ...rest, status: 'not checked', detail: unchecked }
  const isMissing = ({ name, status }: HopResult): boolean =>
    (needs.includes(name) && status !== 'ok') ||
    (after.includes(name) && (status === 'failed' || status === 'not reached'))
  const missing = before.find(isMissing)
  if (missing)
    return {
      ...rest,
      status: missing.status === 'not checked' ? 'not checked' : 'not reached',
      detail: `needs “${missing.name}”`,
    }
  const begun = performance.now()
  const since = () => Math.round(performance.now() - begun)
  for (;;) {
    try {
      return { name, status: 'ok', detail: await check(), fix: '', milliseconds: since() }
    } catch (error) {
      const failure = error instanceof HopError ? error : new HopError((error as Error).message, '', { isFinal: true })
      if (!waits || failure.isFinal || since() > timeout)
        return { name, status: 'failed', detail: failure.message, fix: failure.fix, milliseconds: since() }
      await new Promise((resolve) => setTimeout(resolve, PAUSE))
    }
  }
}
