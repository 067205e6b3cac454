import { readdirSync } from 'node:fs'
import { flushCompileCache, getCompileCacheDir } from 'node:module'
import { dirname } from 'node:path'
import { parentPort, type Transferable, Worker } from 'node:worker_threads'
import { type Fault, FaultError } from './fault.ts'

/** What a thread answers: operation by operation, one argument to one result. */
export type Operations = Readonly<Record<string, (argument: never) => unknown>>
type Argument<O extends Operations, K extends keyof O> = Parameters<O[K]>[0]

type Reply =
  /** Not an answer to a call: what the thread reports while it works. */
  | { readonly notice: unknown }
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly fault: Fault }
  | { readonly id: number; readonly error: string }

const running = new Set<Worker>()

/**
 * Whether all threads have ended, or do so within `deadline` milliseconds. One that hangs in the kernel (an fsync to a disk
 * that does not answer) cannot be ended, and the process could not exit normally: that would wait for it.
 */
export async function threadsEnded(deadline: number): Promise<boolean> {
  const ends = [...running].map((worker) => new Promise<void>((resolve) => worker.once('exit', () => resolve())))
  if (ends.length === 0) return true
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, deadline, false)
  })
  const ended = await Promise.race([Promise.all(ends).then(() => true), late])
  clearTimeout(timer)
  return ended
}

/** The thread ended before it answered. `reason` is absent if it was asked to end. */
export class ThreadEnded extends Error {
  readonly reason: string | undefined

  constructor(reason?: string) {
    super(`the thread ended${reason === undefined ? '' : `: ${reason}`}`)
    this.name = 'ThreadEnded'
    this.reason = reason
  }
}

interface ThreadOptions {
  /** `workerData`; a thread that is started ahead of its need has none. */
  readonly data?: unknown
  readonly heap: number
  readonly onEnd?: (reason: string) => void
  readonly onNotice?: (notice: unknown) => void
}

function startWorker(module: URL, heap: number, data?: unknown): Worker {
  return new Worker(module, {
    workerData: data,
    resourceLimits: { maxOldGenerationSizeMb: heap, maxYoungGenerationSizeMb: 4, stackSizeMb: 1 },
    execArgv: [],
    env: threadEnvironment(),
  })
}

/** Threads that were started ahead, by their module. */
const spares = new Map<string, Worker>()

/**
 * Starts a thread while the process is still loading what will use it. It does not keep the process running. The first
 * `Thread` of this module takes it.
 * @param heap as of `Thread`
 */
export async function startAhead(module: URL, heap: number): Promise<void> {
  if (isCold()) {
    // Compiled here, its modules come out of the cache there: else the thread loads the type stripper too, 11 MiB.
    await import(module.href)
    flushCompileCache()
  }
  const worker = startWorker(module, heap)
  worker.unref()
  // If it fails, the thread that would have used it starts its own.
  worker.on('error', () => {})
  worker.once('exit', () => spares.delete(module.href))
  spares.set(module.href, worker)
}

/** Whether the compile cache is empty. */
function isCold(): boolean {
  const cache = getCompileCacheDir()
  return cache !== undefined && readdirSync(cache).length === 0
}

function takeSpare(module: URL): Worker | undefined {
  const worker = spares.get(module.href)
  spares.delete(module.href)
  worker?.ref()
  return worker
}

/** A worker thread that answers calls in order. It never throws into the event loop: its end fails what is outstanding. */
export class Thread<O extends Operations> {
  readonly #worker: Worker
  readonly #calls = new Map<number, PromiseWithResolvers<unknown>>()
  #id = 0
  #ended = false

  /**
   * @param heap most MiB of live objects; a thread that needs more ends, the process does not
   * @param onEnd called once when it ended without `end`, with a reason
   * @param onNotice called with what the thread posts as `{ notice }`
   */
  constructor(module: URL, { data, heap, onEnd, onNotice }: ThreadOptions) {
    this.#worker = takeSpare(module) ?? startWorker(module, heap, data)
    running.add(this.#worker)
    let reason = 'it ended'
    this.#worker.on('message', (reply: Reply) => {
      if ('notice' in reply) onNotice?.(reply.notice)
      else this.#settle(reply)
    })
    this.#worker.on('error', (error: Error & { code?: string }) => {
      reason = error.code ?? error.message
    })
    this.#worker.on('exit', () => {
      running.delete(this.#worker)
      const expected = this.#ended
      this.#ended = true
      for (const call of this.#calls.values()) call.reject(new ThreadEnded(expected ? undefined : reason))
      this.#calls.clear()
      if (!expected) onEnd?.(reason)
    })
  }

  /** @throws FaultError as the thread answered; ThreadEnded; Error if the operation failed otherwise */
  call<K extends keyof O & string>(
    operation: K,
    argument: Argument<O, K>,
    transfer: readonly Transferable[] = [],
  ): Promise<Awaited<ReturnType<O[K]>>> {
    const call = Promise.withResolvers<unknown>()
    if (this.#ended) return Promise.reject(new ThreadEnded())
    const id = ++this.#id
    this.#calls.set(id, call)
    this.#worker.postMessage({ id, operation, argument }, transfer)
    return call.promise as Promise<Awaited<ReturnType<O[K]>>>
  }

  /** Ends it without waiting: a thread that hangs in the kernel would never tell. */
  end(): void {
    this.#ended = true
    this.#worker.unref()
    void this.#worker.terminate()
  }

  #settle(reply: Exclude<Reply, { notice: unknown }>): void {
    const call = this.#calls.get(reply.id)
    this.#calls.delete(reply.id)
    if ('value' in reply) call?.resolve(reply.value)
    else if ('fault' in reply) call?.reject(new FaultError(reply.fault.kind, reply.fault.detail))
    else call?.reject(new Error(reply.error))
  }
}

/**
 * Nothing of the process's environment, which holds secrets, but the compile cache: with it a thread need not load the
 * type stripper, which costs 20 MB each.
 */
function threadEnvironment(): Record<string, string> {
  // NODE_COMPILE_CACHE names the folder above the one of this Node's version.
  const cache = getCompileCacheDir()
  return cache === undefined ? {} : { NODE_COMPILE_CACHE: dirname(cache) }
}

/** Within a thread: answers each call by its operation. Elsewhere the module was only loaded to be compiled. */
export function serve(operations: Operations): void {
  parentPort?.on('message', (call: { id: number; operation: string; argument: never }) => {
    const { id, operation, argument } = call
    try {
      parentPort!.postMessage({ id, value: operations[operation]!(argument) })
    } catch (error) {
      parentPort!.postMessage(
        error instanceof FaultError ? { id, fault: error.fault } : { id, error: (error as Error).message },
      )
    }
  })
}
