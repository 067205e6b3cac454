import { parentPort, workerData } from 'node:worker_threads'
import { serve } from '../core/thread.ts'
import { Store } from './store.ts'
import type { OpenOptions, StoreOptions } from './store-types.ts'

/** The writing thread: the only connection that writes. */
const store = new Store(workerData as StoreOptions, (notice) => parentPort!.postMessage({ notice }))

const operations = {
  open: (options: OpenOptions) => store.open(options),
  // As JSON, which is faster both ways than a structured clone.
  commit: ({ uptime, ...group }: Parameters<Store['commit']>[0] & { uptime: number }) =>
    JSON.stringify(store.commit(group, uptime)),
  expire: (limits: Parameters<Store['expire']>[0]) => store.expire(limits),
  oldest: (limit: number) => store.oldest(limit),
  remove: (ids: readonly string[]) => store.remove(ids),
  forget: (unseenSince: number) => store.forget(unseenSince),
  noteCanary: (moments: Parameters<Store['noteCanary']>[0]) => store.noteCanary(moments),
  pendingEvents: (query: Parameters<Store['pendingEvents']>[0]) => store.pendingEvents(query),
  removeEvents: (sequences: readonly number[]) => store.removeEvents(sequences),
  recoveries: (_: null) => store.recoveries(),
  size: (_: null) => store.size(),
  close: (_: null) => store.close(),
}
export type Writing = typeof operations

serve(operations)
