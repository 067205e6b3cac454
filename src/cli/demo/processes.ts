import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { listen } from '../simulate/receiver.ts'

export interface Started {
  readonly child: ChildProcess
  /** The last of what it wrote. */
  readonly output: () => string
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

  start(
    program: string,
    args: readonly string[],
    { env, cwd }: { readonly env?: Record<string, string>; readonly cwd?: string } = {},
  ): Started {
    let output = ''
    // A group of its own: Ctrl-C must not end it before this process has ended what depends on it.
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      ...(env && { env }),
      ...(cwd !== undefined && { cwd }),
    })
    const keep = (text: unknown) => {
      output = `${output}${text}`.slice(-20_000)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    this.#children.add(child)
    child.on('error', keep).on('close', () => this.#children.delete(child))
    return { child, output: () => output }
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
export async function freeLoopbackPort(): Promise<number> {
  const server = createServer()
  const port = await listen(server, '127.0.0.1', 0)
  await new Promise((resolve) => server.close(resolve))
  return port
}

export interface Readiness {
  /** What the program wrote, for the error. */
  readonly why: () => string
  readonly signal: AbortSignal
}

/** Milliseconds that a program may take to start. */
const PATIENCE = 30_000

/** Asks until there is an answer. @throws Error that names what did not start */
export async function untilReady<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  { why, signal }: Readiness,
): Promise<T> {
  const end = performance.now() + PATIENCE
  while (performance.now() < end && !signal.aborted) {
    const answer = await Promise.resolve()
      .then(ask)
      .catch(() => undefined)
    if (answer !== undefined) return answer
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(signal.aborted ? 'stopped' : `${what} did not start: ${why()}`)
}
