import { executionAsyncResource } from 'node:async_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Lets the heaps of the process keep less garbage. Called once the service is ready: Node refuses the compiled code of its own
 * modules, and the compile cache, where V8 has other flags than when they were compiled, which cost the start a sixth.
 */
export function keepLessGarbage(): void {
  // By default V8 lets garbage grow to several times what is in use: 100 readers during a storm of reports then took
  // 400 MiB and more instead of 210. At 20 % a fifth of the reports' rate was lost to collections; at 50 % none is.
  setFlagsFromString('--heap-growing-percent=50')
  // V8 may conclude that what one place makes lives long, and then makes all of it in the old generation, for good. Requests
  // before a load were enough: reports then caused ten full collections a second, and p99 was 14 ms instead of 4.
  setFlagsFromString('--no-allocation-site-pretenuring')
  // What the heap has freed goes back to the system at once.
  setFlagsFromString('--no-memory-pool')
}

/** Milliseconds from the start to the first release: the service has just been loaded, and is not busy yet. */
const FIRST = 500
/** Milliseconds between two looks at whether the process is idle. */
const INTERVAL = 30_000
/** Share of the time for which the event loop may be busy in an idle process. */
const IDLE = 0.05
/** Bytes that the heap must have grown by since the last release to be worth a pause of about 60 ms. */
const GROWTH = 16 * 2 ** 20

export interface IdleMemoryDeps {
  /** Gives back what the heap does not need. */
  readonly release: () => void
  /** Bytes reserved for the heap. */
  readonly heapSize: () => number
  /** The share of the time since the last call for which the event loop was busy, 0 to 1. */
  readonly utilization: () => number
}

/**
 * Gives memory back that only the start-up or a load needed. V8 keeps it for the next one, which can be days away: a
 * sidecar's memory is paid for all the time. While the process is busy nothing is released.
 * @returns looks again; the caller decides when
 */
export function idleMemory({ release, heapSize, utilization }: IdleMemoryDeps): () => void {
  let least = 0
  return () => {
    if (utilization() > IDLE || heapSize() < least + GROWTH) return
    release()
    least = heapSize()
  }
}

/** See `keepTickShape`. */
const ticks: object[] = []

/**
 * Keeps one of the objects that `process.nextTick` makes. Without any, a collection discards their hidden class, and V8
 * defines the members of all later ones through its slow path: 300 ns a call instead of 40, for good. An HTTP request has
 * about ten.
 */
function keepTickShape(): void {
  process.nextTick(() => {
    ticks[0] = executionAsyncResource()
  })
}

/**
 * Looks after the heap of the calling thread, soon after its start and every half minute.
 * @param onReleased called with the milliseconds that a release took
 */
export function releaseMemoryWhenIdle(onReleased: (milliseconds: number) => void = () => {}): void {
  keepTickShape()
  let before = performance.eventLoopUtilization()
  const look = idleMemory({
    release() {
      const started = performance.now()
      releaseMemory()
      onReleased(performance.now() - started)
    },
    heapSize: () => process.memoryUsage().heapTotal,
    utilization() {
      const now = performance.eventLoopUtilization()
      const { utilization } = performance.eventLoopUtilization(now, before)
      before = now
      return utilization
    },
  })
  setTimeout(() => {
    before = performance.eventLoopUtilization()
    setTimeout(look, FIRST).unref()
  }, FIRST).unref()
  setInterval(look, INTERVAL).unref()
}

/** Collects all garbage and shrinks the young generation, which a plain collection leaves as large as it ever was. */
function releaseMemory(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('globalThis.gc') as ((options: object) => void) | undefined
  // Compiled code is cached by the flags it was compiled with.
  setFlagsFromString('--no-expose-gc')
  // Flags are the process's: another thread may have taken it back in between. Then the next look does it.
  collect?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}
