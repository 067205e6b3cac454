import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { listen } from './receiver.ts'

export interface Started {
  /** The last of what it wrote, or why it could not be started. */
  readonly output: () => string
  readonly hasEnded: () => boolean
}

/** Child processes that end with this one. */
export class Processes {
  readonly #children = new Set<ChildProcess>()
  readonly #kill = () => {
    for (const child of this.#children) child.kill('SIGKILL')
  }

  constructor() {
    process.once('exit', this.#kill)
  }

  start(program: string, args: readonly string[], env?: Record<string, string>): Started {
    let output = ''
    // A group of its own: Ctrl-C must not end it before this process has ended what depends on it.
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      ...(env && { env }),
    })
    const keep = (text: unknown) => {
      output = `${output}${text}`.slice(-20_000)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    this.#children.add(child)
    let ended = false
    const end = () => {
      ended = true
      this.#children.delete(child)
    }
    child.on('close', end).on('error', (error) => {
      keep(error.message)
      // It never ran, so nothing else is said about it.
      if (child.pid === undefined) end()
    })
    return { output: () => output, hasEnded: () => ended }
  }

  /** Ends all of them, and waits for it. @param patience milliseconds until they are killed */
  async stop(patience = 5_000): Promise<void> {
    const ends = [...this.#children].map((child) => new Promise((resolve) => child.once('close', resolve)))
    for (const child of this.#children) child.kill('SIGTERM')
    const timer = setTimeout(this.#kill, patience)
    await Promise.all(ends)
    clearTimeout(timer)
    process.removeListener('exit', this.#kill)
  }
}

/** A port of this machine that is free now, for programs that cannot say which one they took. */
async function freeLoopbackPort(): Promise<number> {
  const server = createServer()
  const port = await listen(server, '127.0.0.1', 0)
  await new Promise((resolve) => server.close(resolve))
  return port
}

export interface Readiness {
  readonly program: Started
  readonly signal: AbortSignal
}

/** Milliseconds that a program may take to start. */
const PATIENCE = 30_000

/** A program ended, or did not answer in time. */
export class NotStarted extends Error {}

/** Asks until there is an answer. @throws NotStarted with what the program wrote; Error once `signal` is aborted */
export async function untilReady<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  { program, signal }: Readiness,
): Promise<T> {
  const end = performance.now() + PATIENCE
  while (performance.now() < end && !signal.aborted && !program.hasEnded()) {
    const answer = await Promise.resolve()
      .then(ask)
      .catch(() => undefined)
    // Another program may have taken the port, and answered.
    if (answer !== undefined && !program.hasEnded()) return answer
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  if (signal.aborted) throw new Error('stopped')
  throw new NotStarted(`${what} did not start: ${reasonIn(program.output())}`)
}

/** The last line about an error, else the last line. */
function reasonIn(output: string): string {
  const lines = output.trimEnd().split('\n')
  return (
    lines.findLast((line) => /\b\w*Error: |\berr=|level"?[=:]"?(error|fatal)/i.test(line)) ??
    (lines.at(-1) || 'it wrote nothing')
  )
}

/** How often a program is started on another port. */
const TRIES = 3

/**
 * Starts a program on a free port of this machine. It is tried again with another port: one that was free may have been
 * taken in the meantime.
 * @returns its origin once `/-/ready` answers
 * @throws NotStarted
 */
export async function startOnFreePort(
  what: string,
  start: (address: string) => Started,
  signal: AbortSignal,
): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const address = `127.0.0.1:${await freeLoopbackPort()}`
    const origin = `http://${address}`
    const program = start(address)
    try {
      return await untilReady(what, async () => ((await isReady(origin)) ? origin : undefined), { program, signal })
    } catch (error) {
      if (!(error instanceof NotStarted) || attempt === TRIES) throw error
    }
  }
}

const isReady = async (origin: string): Promise<boolean> =>
  (await fetch(`${origin}/-/ready`, { signal: AbortSignal.timeout(2_000) })).ok
