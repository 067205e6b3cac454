import type { Log } from '../domain/ports/telemetry.ts'

/** @param deadline milliseconds left of the whole shutdown */
type CleanUp = (deadline: number) => unknown

/** Everything that has been started, in order; `run` stops it in reverse. */
export interface CleanUps {
  push(name: string, run: CleanUp): void
  /**
   * @param deadline milliseconds for all of it
   * @returns whether everything stopped without an error and in time
   */
  run(deadline: number): Promise<boolean>
}

export function createCleanUps(log: Pick<Log, 'error'>): CleanUps {
  const cleanUps: { readonly name: string; readonly run: CleanUp }[] = []
  return {
    push: (name, run) => cleanUps.push({ name, run }),
    async run(deadline) {
      const end = performance.now() + deadline
      let clean = true
      for (const { name, run } of cleanUps.splice(0).reverse()) {
        try {
          await run(Math.max(end - performance.now(), 0))
        } catch (error) {
          clean = false
          log.error({ err: error }, `failed to stop: ${name}`)
        }
      }
      return clean && performance.now() < end
    },
  }
}
