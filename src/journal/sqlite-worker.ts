import { workerData } from 'node:worker_threads'
import { Store, type StoreOptions } from './sqlite-store.ts'
import { serve } from './thread.ts'

/** The writing thread: the only connection that writes. */
const store = new Store(workerData as StoreOptions)

const operations = {
  open: (forgetBefore: number | null) => store.open(forgetBefore),
  // As JSON, which is faster both ways than a structured clone.
  commit: (group: Parameters<Store['commit']>[0]) => JSON.stringify(store.commit(group)),
  expire: (limits: Parameters<Store['expire']>[0]) => store.expire(limits),
  oldest: (limit: number) => store.oldest(limit),
  remove: (ids: readonly string[]) => store.remove(ids),
  forget: (unseenSince: number) => store.forget(unseenSince),
  noteCanary: (moments: Parameters<Store['noteCanary']>[0]) => store.noteCanary(moments),
  size: (_: null) => store.size(),
  close: (_: null) => store.close(),
}
export type Writing = typeof operations

serve(operations)
