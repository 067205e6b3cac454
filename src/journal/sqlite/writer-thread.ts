import { startAhead, Thread } from '../core/thread.ts'
import { DEFAULTS } from './options.ts'
import type { Writing } from './worker.ts'

const MODULE = new URL('./worker.ts', import.meta.url)

/** Starts the writing thread while the rest of the service is still being loaded. Nothing is opened before its call `open`. */
export const startWriterAhead = (): Promise<void> => startAhead(MODULE, DEFAULTS.writerHeap)

/** @param heap most MiB of live objects */
export const writerThread = (
  heap: number,
  on: { readonly onNotice: (notice: unknown) => void; readonly onEnd: (reason: string) => void },
): Thread<Writing> => new Thread(MODULE, { heap, ...on })
