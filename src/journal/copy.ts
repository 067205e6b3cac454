import { RecordDigest } from './core/record-digest.ts'
import type { RecordStore } from './core/records.ts'

export interface Progress {
  /** Records looked at so far. */
  readonly done: number
  readonly total: number
  /** Of those, added by this run. */
  readonly added: number
}

export interface Copied extends Progress {
  /** Records that were left out, since the target has them under their sender's id. */
  readonly repeated: number
  /** Hexadecimal SHA-256 over all records, in the order of their ids, as each side gives them back. */
  readonly digests: { readonly from: string; readonly to: string }
}

const PAGE = 1_000

/**
 * Copies what the target lacks, page by page, and reads each page back from the target. A run that was cut short is
 * taken up by the next one: pages that are equal on both sides are only compared. The target may contain more.
 */
export async function copyRecords(
  from: RecordStore,
  to: RecordStore,
  onProgress: (progress: Progress) => void,
): Promise<Copied> {
  const total = await from.count()
  const digests = { from: new RecordDigest(), to: new RecordDigest() }
  let [done, added, repeated] = [0, 0, 0]
  let last: string | null = null
  for (;;) {
    const page = await from.after(last, PAGE)
    if (page.length === 0) break
    last = page.at(-1)!.failure.id
    const ids = page.map(({ failure }) => failure.id)
    const there = new Set((await to.findByIds(ids)).map(({ failure }) => failure.id))
    const missing = page.filter(({ failure }) => !there.has(failure.id))
    const left = new Set(missing.length > 0 ? await to.add(missing) : [])
    for (const record of page) if (!left.has(record.failure.id)) digests.from.add(record)
    for (const record of await to.findByIds(ids)) digests.to.add(record)
    done += page.length
    added += missing.length - left.size
    repeated += left.size
    onProgress({ done, total: Math.max(total, done), added })
  }
  // Last, so that incidents never mention failures that are not there yet.
  await to.putState(await from.state())
  return { done, total: done, added, repeated, digests: { from: digests.from.hex(), to: digests.to.hex() } }
}
