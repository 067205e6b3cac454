import { execFileSync } from 'node:child_process'
import type { FailureFilter, Journal } from '../../../src/domain/ports/journal.ts'
import { DAYS } from './rows.ts'

const DAY = 86_400_000
const now = Date.now()
const ENDPOINT = 'https://shop-3.example/hooks/orders'

/** What is asked, by what the table of results calls it. */
export const FILTERS: readonly (readonly [string, FailureFilter])[] = [
  ['no filter', {}],
  ['endpoint', { endpoint: ENDPOINT }],
  ['cause, 1 in 7', { cause: 'unavailable' }],
  ['cause, 1 in 10,000', { cause: 'redirect' }],
  ['cause, 1 in 1,000,000', { cause: 'blocked' }],
  ['cause, none', { cause: 'dns' }],
  ['code, 1 in 1,000', { code: 418 }],
  ['code, 1 in 1,000,000', { code: 599 }],
  ['tenant, 1 in 1,000,000', { tenant: 'rare' }],
  ['tenant, 1 in 500 or so', { tenant: 'tenant-321' }],
  ['source, 1 in 1,000,000', { source: 'svix' }],
  ['rare cause, endpoint', { cause: 'redirect', endpoint: ENDPOINT }],
  ['rare code, a week', { code: 599, since: now - 20 * DAY, until: now - 13 * DAY }],
  ['rare tenant, since', { tenant: 'rare', since: now - DAYS * DAY }],
  ['tenant and code, endpoint, until', { tenant: 'tenant-321', code: 418, endpoint: ENDPOINT, until: now - DAY }],
  ['two common ones that never meet', { code: 418, cause: 'redirect' }],
]

const PAGE = 100

export interface Timing {
  /** Milliseconds. */
  readonly warm: number
  readonly cold: number
  readonly rows: number
}

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!

/** Milliseconds that a page of 100 takes: median of so many. */
export async function pageTime(
  journal: Journal,
  filter: FailureFilter,
  { times = 20, before }: { readonly times?: number; readonly before?: string | undefined } = {},
): Promise<{ readonly milliseconds: number; readonly rows: number }> {
  const took: number[] = []
  let rows = 0
  for (let time = 0; time < times; time++) {
    const begun = performance.now()
    rows = (await journal.list(filter, { limit: PAGE, ...(before !== undefined && { before }) })).failures.length
    took.push(performance.now() - begun)
  }
  return { milliseconds: median(took), rows }
}

/** Takes files out of the system's cache of pages (posix_fadvise by way of dd), so that they are read from the disk. */
export function dropFromCache(files: readonly string[]): void {
  for (const file of files) execFileSync('dd', [`if=${file}`, 'iflag=nocache', 'count=0', 'status=none'])
}

/**
 * First pages by each filter.
 * @param opened a journal that has just been opened, with nothing in any cache that can be emptied
 */
export async function timePages(
  cold: () => Promise<{ readonly journal: Journal; readonly close: () => Promise<void> }>,
): Promise<(readonly [string, Timing])[]> {
  const timings: (readonly [string, Timing])[] = []
  for (const [name, filter] of FILTERS) {
    const first: number[] = []
    for (let time = 0; time < 3; time++) {
      const { journal, close } = await cold()
      // The reading thread, or connection, is there: what starts it is no part of the page.
      await journal.get('00000000-0000-7000-8000-000000000000')
      first.push((await pageTime(journal, filter, { times: 1 })).milliseconds)
      if (time === 2) {
        const { milliseconds, rows } = await pageTime(journal, filter)
        timings.push([name, { warm: milliseconds, cold: median(first), rows }])
      }
      await close()
    }
  }
  return timings
}
