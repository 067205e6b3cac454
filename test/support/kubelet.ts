import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

interface HttpProbe {
  readonly httpGet: { readonly path: string; readonly port: number }
  readonly periodSeconds?: number
  readonly timeoutSeconds?: number
  readonly failureThreshold?: number
}

/** What the model reads from a rendered container. */
export interface ContainerSpec {
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly env: readonly { readonly name: string; readonly value?: string }[]
  readonly livenessProbe?: HttpProbe
  readonly readinessProbe?: HttpProbe
  readonly startupProbe?: HttpProbe
}

export interface ContainerModel {
  /** Running and started, and ready where it has a readiness probe: one that is not makes the pod unready. */
  isReady(): boolean
  readonly restarts: number
  readonly pid: number
  readonly stdout: readonly string[]
  /** Ends it as the kubelet does, and resolves with the exit code. */
  stop(): Promise<number | null>
}

export interface ContainerOptions {
  /** The image's entry point. */
  readonly entrypoint: readonly string[]
  /** In place of the container's paths and ports. */
  readonly env: Readonly<Record<string, string>>
}

/** Milliseconds: the kubelet's pause after the second end in a row; it doubles. */
const BACK_OFF = 10_000

/**
 * A native sidecar as the kubelet sees it: starts the program of a rendered container, asks its probes, restarts it after
 * its end (at once the first time, then with a growing pause), and says whether it lets the pod be ready.
 * @param pace how much faster than in the cluster probes come
 */
export function runContainer(spec: ContainerSpec, { entrypoint, env }: ContainerOptions, pace = 5): ContainerModel {
  const { livenessProbe, readinessProbe, startupProbe } = spec
  const [program, ...fixed] = [...(spec.command ?? entrypoint), ...(spec.args ?? [])]
  const given = Object.fromEntries(spec.env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])))
  const stdout: string[] = []
  let child: ChildProcess
  let running = false
  let passed = { startup: false, readiness: false }
  let restarts = 0
  let stopping = false
  let timers: NodeJS.Timeout[] = []
  let ended: Promise<number | null>

  const ask = async ({ httpGet, timeoutSeconds = 1 }: HttpProbe): Promise<boolean> => {
    const signal = AbortSignal.timeout(timeoutSeconds * 1_000)
    return fetch(`http://127.0.0.1:${httpGet.port}${httpGet.path}`, { signal }).then(
      ({ status }) => status >= 200 && status < 400,
      () => false,
    )
  }
  const follow = (probe: HttpProbe | undefined, onResult: (good: boolean, failures: number) => void): void => {
    if (!probe) return
    let failures = 0
    const look = async () => {
      const good = await ask(probe)
      failures = good ? 0 : failures + 1
      onResult(good, failures)
    }
    timers.push(setInterval(() => void look(), ((probe.periodSeconds ?? 10) * 1_000) / pace))
  }
  const kill = () => child.kill('SIGKILL')

  const start = (): void => {
    passed = { startup: !startupProbe, readiness: !readinessProbe }
    child = spawn(program!, fixed, { env: { ...process.env, ...given, ...env }, stdio: ['ignore', 'pipe', 'inherit'] })
    running = true
    createInterface({ input: child.stdout! }).on('line', (line) => stdout.push(line))
    follow(startupProbe, (good, failures) => {
      passed.startup ||= good
      if (!passed.startup && failures >= (startupProbe!.failureThreshold ?? 3)) kill()
    })
    follow(livenessProbe, (_, failures) => {
      if (passed.startup && failures >= (livenessProbe!.failureThreshold ?? 3)) kill()
    })
    follow(readinessProbe, (good) => {
      passed.readiness = good
    })
    ended = new Promise((resolve) => {
      child.once('close', (code) => {
        running = false
        for (const timer of timers) clearInterval(timer)
        timers = []
        resolve(code)
        if (stopping) return
        const pause = restarts === 0 ? 0 : BACK_OFF * 2 ** (restarts - 1)
        restarts++
        timers = [setTimeout(start, pause)]
      })
    })
  }
  start()
  return {
    isReady: () => running && passed.startup && passed.readiness,
    get restarts() {
      return restarts
    },
    get pid() {
      return child.pid!
    },
    stdout,
    stop: () => {
      stopping = true
      for (const timer of timers) clearInterval(timer)
      if (running) child.kill('SIGTERM')
      setTimeout(kill, 30_000).unref()
      return ended
    },
  }
}
