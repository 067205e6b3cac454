import { isMainThread, parentPort } from 'node:worker_threads'
import { releaseMemoryWhenIdle } from '../../idle-memory.ts'
import { FaultError } from '../core/fault.ts'
import { serve } from '../core/thread.ts'
import { noteCanary } from './incidents.ts'
import { pendingEvents, recoveries, removeEvents } from './outbox.ts'
import { Store } from './store.ts'
import type { Clocks, OpenOptions, StoreOptions } from './store-types.ts'

/** The writing thread: the only connection that writes. Set by `open`, which is called first. */
let store: Store

const operations = {
  open({ options, ...opening }: OpenOptions & { readonly options: StoreOptions }) {
    store ??= new Store(options, (notice) => parentPort!.postMessage({ notice }))
    return store.open(opening)
  },
  commit({ clocks, ...group }: Parameters<Store['commit']>[0] & { clocks: Clocks }) {
    const committed = store.commit(group, clocks)
    // After the answer.
    if (store.isIndexDue) setImmediate(() => store.index())
    return committed
  },
  expire: (limits: Parameters<Store['expire']>[0]) => store.expire(limits),
  oldest: (limits: Parameters<Store['oldest']>[0]) => store.oldest(limits),
  remove: (ids: readonly string[]) => store.remove(ids),
  /** Closes a database that a reading found to be damaged; the next opening checks all of it. */
  distrust: (detail: string): void =>
    store.run(() => {
      throw new FaultError('corrupt', detail)
    }),
  forget: (unseenSince: number) => store.forget(unseenSince),
  // Each call is a transaction of its own; the canary runs once a minute at most.
  noteCanary: (moments: Parameters<typeof noteCanary>[1]) => store.run((db) => noteCanary(db, moments)),
  pendingEvents: ({ hook, limit }: { hook: string; limit: number }) =>
    store.run((db) => pendingEvents(db, hook, limit)),
  removeEvents: (sequences: readonly number[]) => store.run((db) => removeEvents(db, sequences)),
  recoveries: (_: null) => store.run(recoveries),
  size: (_: null) => store.size(),
  close: (_: null) => store.close(),
}
export type Writing = typeof operations

serve(operations)
// The main thread loads this too on an empty compile cache, and looks after its own heap.
if (!isMainThread) releaseMemoryWhenIdle()
