export type Phase = 'starting' | 'ready' | 'draining'

/** How far the process has come: from `starting` through `ready` to `draining`, and never back. */
export interface Phases {
  readonly current: Phase
  ready(): void
  /** The process is to stop. Listeners are called if it was ready: a start that failed has nothing to drain. */
  drain(): void
  onDrain(listener: () => void): void
}

export function createPhases(): Phases {
  let current: Phase = 'starting'
  const listeners: (() => void)[] = []
  return {
    get current() {
      return current
    },
    ready() {
      current = 'ready'
    },
    drain() {
      if (current === 'ready') for (const listener of listeners) listener()
      current = 'draining'
    },
    onDrain: (listener) => listeners.push(listener),
  }
}
