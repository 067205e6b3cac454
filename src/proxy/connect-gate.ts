/** Deliveries that may wait for one upstream, and the bytes they may contain. */
const MAX_WAITING = 256
const MAX_BYTES = 16 * 1_048_576
/** Milliseconds between two attempts to connect, drawn again each time. */
const [SHORTEST, LONGEST] = [25, 50]
/** Milliseconds for which the one delivery waits that finds out whether connecting still fails. */
const TRIAL = 250

export interface Waiting {
  /** Bytes that the delivery holds meanwhile. */
  readonly bytes: number
  /** Milliseconds that it may wait. */
  readonly patience: number
  /** Whether it was told to `try`: it waits for one attempt to connect, and not for long. */
  readonly isTrial?: boolean
  /** Connecting succeeded. */
  readonly onConnected: () => void
  readonly onPatienceOver: () => void
}

export interface ConnectGate {
  /**
   * What to do with a delivery that has not been sent yet. `wait`: connecting fails, and one attempt at a time is made
   * for all that wait. `refuse`: it has failed for longer than `patience`. `try`: the same, and nothing else waits.
   */
  admit(patience: number): 'send' | 'wait' | 'try' | 'refuse'
  /** Whether connecting has failed for longer than this. */
  hasFailedFor(patience: number): boolean
  /** @returns a function that ends the wait; undefined if too many wait already */
  wait(waiting: Waiting): (() => void) | undefined
  /** A connection was established. */
  connected(): void
  /** An attempt to connect that began then (monotonic milliseconds) failed, or takes suspiciously long. */
  failed(since: number): void
  close(): void
}

/**
 * Whether an upstream can be connected to, and the deliveries that wait until it can.
 * @param attempt starts one attempt to connect, which reports to `connected` or `failed`
 */
export function createConnectGate(
  attempt: () => void,
  { now = () => performance.now(), random = Math.random }: { now?: () => number; random?: () => number } = {},
): ConnectGate {
  const waiting = new Set<{ readonly it: Waiting; readonly timer: NodeJS.Timeout }>()
  let bytes = 0
  let failingSince: number | undefined
  let lastAttempt = Number.NEGATIVE_INFINITY
  let next: NodeJS.Timeout | undefined

  const interval = () => SHORTEST + random() * (LONGEST - SHORTEST)
  const schedule = () => {
    if (next !== undefined || waiting.size === 0) return
    next = setTimeout(
      () => {
        next = undefined
        if (waiting.size === 0 || failingSince === undefined) return
        lastAttempt = now()
        attempt()
        schedule()
      },
      Math.max(0, lastAttempt + interval() - now()),
    )
  }
  const remove = (entry: { readonly it: Waiting; readonly timer: NodeJS.Timeout }): boolean => {
    clearTimeout(entry.timer)
    if (!waiting.delete(entry)) return false
    bytes -= entry.it.bytes
    if (waiting.size === 0) {
      clearTimeout(next)
      next = undefined
    }
    return true
  }
  const hasFailedFor = (patience: number) => failingSince !== undefined && now() - failingSince > patience

  return {
    hasFailedFor,
    admit(patience) {
      if (failingSince === undefined) return 'send'
      if (!hasFailedFor(patience)) return 'wait'
      // No delivery waits, so no attempt is made: this one finds out whether connecting still fails.
      return waiting.size > 0 || now() - lastAttempt < LONGEST ? 'refuse' : 'try'
    },
    wait(it) {
      if (waiting.size >= MAX_WAITING || bytes + it.bytes > MAX_BYTES) return undefined
      const timer = setTimeout(
        () => {
          if (remove(entry)) it.onPatienceOver()
        },
        it.isTrial ? Math.min(TRIAL, it.patience) : it.patience,
      )
      const entry = { it, timer }
      waiting.add(entry)
      bytes += it.bytes
      // Connecting may have succeeded since the delivery's own attempt began to fail.
      failingSince ??= now()
      schedule()
      return () => void remove(entry)
    },
    connected() {
      failingSince = undefined
      for (const entry of [...waiting]) if (remove(entry)) entry.it.onConnected()
    },
    failed(since) {
      failingSince ??= since
      lastAttempt = Math.max(lastAttempt, now())
      for (const entry of [...waiting]) if (entry.it.isTrial && remove(entry)) entry.it.onPatienceOver()
      schedule()
    },
    close() {
      for (const entry of [...waiting]) if (remove(entry)) entry.it.onPatienceOver()
    },
  }
}
