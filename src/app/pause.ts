/** A wait that can be ended early. */
export interface Pause {
  /** Resolves after so many milliseconds, or once `end` is called; at once if it was called since the last wait. */
  wait(milliseconds: number): Promise<void>
  end(): void
}

export function createPause(): Pause {
  let ended = Promise.withResolvers<void>()
  return {
    async wait(milliseconds) {
      const elapsed = Promise.withResolvers<void>()
      const timer = setTimeout(elapsed.resolve, milliseconds)
      await Promise.race([ended.promise, elapsed.promise])
      clearTimeout(timer)
      ended = Promise.withResolvers()
    },
    end: () => ended.resolve(),
  }
}
