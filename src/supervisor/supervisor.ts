import { type ChildProcess, spawn } from 'node:child_process'
import { writeFile } from 'node:fs'
import { backOff } from '../back-off.ts'
import { exitNow } from '../exit-now.ts'
import { holdSockets } from './held-sockets.ts'
import { supervisorLog } from './log.ts'
import { heldMemory, memoryCgroup } from './memory.ts'
import { openProbePort } from './probe-port.ts'

const DEFAULT_PORT = 9_466
/** Seconds without a heartbeat of the service, in which the supervisor itself ran. */
const DEFAULT_HUNG_AFTER = 60
/** Milliseconds from SIGTERM to SIGKILL; the service ends itself after 10 s. */
const STOP_DEADLINE = 12_000
/**
 * Share of the container's memory at which the service is restarted. At the limit the kernel would kill this process too,
 * where the kubelet has it treat a container as a whole.
 */
const MOST_MEMORY = 0.95
/** Bytes with which the service takes reports at full speed; the chart refuses less. */
const NEEDED_MEMORY = 128 * 2 ** 20
/** A service that ran for this many milliseconds was healthy: its next restart is quick again. */
const HEALTHY = 60_000

/**
 * Quick first, since most crashes are single; doubled each time, so that a crash loop costs the pod little CPU.
 * @returns a function from the milliseconds that the service ran to those to wait before its next start
 */
export function restartDelays(): (uptime: number) => number {
  const delays = backOff({ min: 100, max: 30_000 })
  return (uptime) => {
    if (uptime >= HEALTHY) delays.reset()
    return delays.next()
  }
}

/** The message of a service that wants other sockets: one line of JSON between its signs of life. */
const ASKED = /\{.{0,2000}\}(?=\n)/
const mebibytes = (bytes: number) => `${Math.floor(bytes / 2 ** 20)} MiB`
const killedForMemory = (limit: number | undefined): string =>
  limit !== undefined && limit < NEEDED_MEMORY
    ? `service was killed for memory: the limit is ${mebibytes(limit)}, it needs at least ${mebibytes(NEEDED_MEMORY)}; raise resources.limits.memory`
    : `service was killed for memory: ${limit === undefined ? 'the node has too little' : `the limit of ${mebibytes(limit)} is too low for its load; raise resources.limits.memory`}`

/** SIGKILL, for a shell's way of counting exit codes. */
const KILLED = 128 + 9

/**
 * The parent process of the sidecar form: starts the service, and starts it again whenever it ends. To the kubelet the
 * container keeps running, so a crash cannot take the pod out of its Services. It imports as little as possible, and
 * retries what fails.
 * @param args arguments for the service
 */
export function supervise(args: readonly string[], env: NodeJS.ProcessEnv): void {
  const log = supervisorLog(env['LOG_LEVEL'])
  process.on('uncaughtException', (error) =>
    log.error({ err: String(error.stack) }, 'uncaught exception in the supervisor'),
  )
  const number = (name: string, fallback: number, most: number): number => {
    const text = env[name]
    if (!text) return fallback
    const value = Number(text)
    if (Number.isInteger(value) && value >= 0 && value <= most) return value
    log.error({ [name]: text.slice(0, 40), used: fallback }, `${name} is not a whole number from 0 to ${most}`)
    return fallback
  }
  const hungAfter = Math.max(number('SUPERVISOR_HUNG_AFTER', DEFAULT_HUNG_AFTER, 86_400), 1)
  const rest = args[0] === 'serve' ? args.slice(1) : args
  const nextDelay = restartDelays()
  const sockets = holdSockets(log, env)
  let child: ChildProcess | undefined
  let silent = 0
  let full = false
  let restarts = 0
  let memoryKills = 0
  let restart: NodeJS.Timeout | undefined
  let stopping: NodeJS.Signals | undefined

  const start = (): void => {
    restart = undefined
    const started = performance.now()
    silent = 0
    full = false
    let asks = false
    let heard = ''
    const killsBefore = memoryCgroup().kills
    const { fds, env: socketEnv } = sockets.handDown()
    const lifeline = 3 + fds.length
    const service = spawn(process.execPath, [...process.execArgv, process.argv[1]!, 'serve', ...rest], {
      stdio: ['inherit', 'inherit', 'inherit', ...fds, 'pipe'],
      env: {
        ...env,
        ...socketEnv,
        SUPERVISOR_FD: String(lifeline),
        SUPERVISOR_RESTARTS: String(restarts),
        SUPERVISOR_OOM_KILLS: String(memoryKills),
      },
      // A session of its own: a terminal's Ctrl-C must not reach it twice.
      detached: true,
    })
    child = service
    // If memory runs out, the kernel is to choose the service rather than this process. Every process may raise its own score.
    if (service.pid) writeFile(`/proc/${service.pid}/oom_score_adj`, '1000', () => {})
    service.stdio[lifeline]?.on('data', (chunk: Buffer) => {
      silent = 0
      heard = `${heard}${chunk}`.slice(-3_000)
      const [asked] = ASKED.exec(heard) ?? []
      if (asked === undefined || asks) return
      asks = true
      sockets.ask(asked)
      // It has opened nothing yet, and waits for this.
      service.kill('SIGKILL')
    })
    service.stdio[lifeline]?.on('error', () => {})
    const ended = (fields: object, code: number): void => {
      if (child !== service) return
      child = undefined
      if (stopping) return void end(code)
      if (asks) {
        start()
        return
      }
      const uptime = performance.now() - started
      const delay = nextDelay(uptime)
      restarts++
      const { limit, kills = 0 } = memoryCgroup()
      if (code === KILLED && killsBefore !== undefined && kills > killsBefore) {
        memoryKills++
        log.error({ limit, needed: NEEDED_MEMORY }, killedForMemory(limit))
      }
      log.error({ ...fields, uptimeMs: Math.round(uptime), restarts, delayMs: delay }, 'service exited, restarting it')
      restart = setTimeout(start, delay)
    }
    service.on('exit', (code, signal) => {
      // Before it has set up its handlers, the signal itself ends it.
      ended(signal ? { signal } : { code }, code ?? (signal === stopping ? 0 : KILLED))
    })
    service.on('error', (error) => {
      if (service.pid === undefined) ended({ err: error.message }, 1)
    })
  }

  const end = async (code: number): Promise<void> => {
    if (await log.flush(500)) process.exit(code)
    exitNow(code)
  }

  const stop = (signal: NodeJS.Signals): void => {
    if (!stopping) {
      setTimeout(() => {
        log.error({ deadlineMs: STOP_DEADLINE }, 'service did not stop in time, killing it')
        child?.kill('SIGKILL')
        // Not even that ends a process while the kernel waits for a disk.
        setTimeout(() => void end(KILLED), 500)
      }, STOP_DEADLINE)
    }
    stopping = signal
    sockets.close()
    if (child) child.kill(signal)
    else {
      clearTimeout(restart)
      void end(0)
    }
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.on('SIGHUP', () => child?.kill('SIGHUP'))

  const cgroup = memoryCgroup()
  const limit = number(
    'SUPERVISOR_MEMORY_LIMIT',
    cgroup.version === 2 ? (cgroup.limit ?? 0) : 0,
    Number.MAX_SAFE_INTEGER,
  )
  const watch = (pid: number): void => {
    // Ticks are counted, not time: a frozen pod has no ticks.
    if (++silent >= hungAfter) {
      silent = 0
      log.error({ pid, seconds: hungAfter }, 'service is hung, killing it')
      child?.kill('SIGKILL')
    }
    const held = heldMemory(pid) ?? 0
    if (limit === 0 || held < MOST_MEMORY * limit || full || stopping) return
    full = true
    log.error({ pid, bytes: held, limit }, 'service uses nearly all memory of the container, restarting it')
    child?.kill('SIGTERM')
  }
  setInterval(() => child?.pid && watch(child.pid), 1_000)
  openProbePort(number('SUPERVISOR_PORT', DEFAULT_PORT, 65_535), log)
  start()
}
