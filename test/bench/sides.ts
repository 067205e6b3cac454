import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { tempFolder, until } from '../support/temp.ts'

const ROOT = join(import.meta.dirname, '../..')

/** A program under test: bare Koa, the service, or the service of another checkout. */
export interface Side {
  readonly name: string
  readonly folder: string
  /** A shell command that ends in Node, as its users would start it. */
  readonly command: string
}

export interface StartOptions {
  /** Configuration of the service; bare Koa has none. */
  readonly config?: object
  readonly env?: Readonly<Record<string, string>>
}

export interface Running {
  readonly name: string
  readonly port: number
  /** Undefined for bare Koa. */
  readonly adminPort: number | undefined
  /** Milliseconds from its start until it listens. */
  readonly ready: number
  /** MiB: resident now, or at most so far. */
  memory(field?: 'VmRSS' | 'VmHWM'): number
  /** From now on, the peak is that of what follows. */
  forgetPeak(): void
  /** Seconds of processor time so far, of the whole process and of its main thread. */
  processorTime(): { readonly all: number; readonly main: number }
  signal(name: NodeJS.Signals): void
  stop(): Promise<void>
}

const startScript = (folder: string): string =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).scripts.start

export const BARE: Side = { name: 'bare Koa', folder: ROOT, command: 'exec node test/bench/bare.mjs' }
export const SERVICE: Side = { name: 'service', folder: ROOT, command: startScript(ROOT) }

/** The service of another checkout, with its dependencies installed, run by the same Node. */
export const otherCheckout = (path: string): Side => {
  const folder = resolve(path)
  return { name: basename(folder), folder, command: startScript(folder) }
}

/** Milliseconds: the most that a start may take, and between two looks whether it is over, which its figure is exact to. */
const [START_LIMIT, LOOK_INTERVAL] = [20_000, 2]

/** Starts a side with SQLite in a new folder, and waits until it listens. */
export async function start(side: Side, { config, env = {} }: StartOptions = {}): Promise<Running> {
  const folder = tempFolder()
  const file = join(folder, 'config.yaml')
  if (config) writeFileSync(file, JSON.stringify(config))
  const started = performance.now()
  // Into a file, as a container's log goes: a reader of a pipe would take its share of the processors.
  const output = join(folder, 'stdout')
  const fd = openSync(output, 'w')
  const child = spawn('sh', ['-c', side.command], {
    cwd: side.folder,
    stdio: ['ignore', fd, 'inherit'],
    env: {
      // The Node that runs this, not an older one of the machine.
      PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
      NODE_ENV: 'production',
      INGEST_PORT: '0',
      ADMIN_PORT: '0',
      JOURNAL_URL: `sqlite:${join(folder, 'journal.db')}`,
      ...(config && { CONFIG_FILE: file }),
      ...env,
    },
  })
  closeSync(fd)
  const stop = async () => {
    child.kill()
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    // Else the system would bring hundreds of mebibytes to the disk while the next side is measured.
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const ports = await until(
      `${side.name} to listen`,
      () => portsIn(readFileSync(output, 'utf8'), side.name === BARE.name),
      START_LIMIT,
      LOOK_INTERVAL,
    )
    return {
      name: side.name,
      ...ports,
      ready: performance.now() - started,
      ...figuresOf(child),
      signal: (name) => child.kill(name),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

function portsIn(output: string, isBare: boolean): { port: number; adminPort: number | undefined } | undefined {
  const lines = output
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as { listener?: string; port?: number })
  const portOf = (listener: string | undefined) => lines.find((line) => line.listener === listener)?.port
  const port = portOf(isBare ? undefined : 'ingest')
  return port === undefined ? undefined : { port, adminPort: portOf('admin') }
}

function figuresOf({ pid }: ChildProcess): Pick<Running, 'memory' | 'forgetPeak' | 'processorTime'> {
  const seconds = (path: string): number => {
    const fields = readFileSync(`/proc/${pid}/${path}`, 'utf8').split(') ')[1]!.split(' ')
    return (Number(fields[11]) + Number(fields[12])) / 100
  }
  return {
    memory(field = 'VmRSS') {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8')
      return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)![1]) / 1_024
    },
    // proc(5): 5 resets the peak.
    forgetPeak: () => writeFileSync(`/proc/${pid}/clear_refs`, '5'),
    processorTime: () => ({ all: seconds('stat'), main: seconds(`task/${pid}/stat`) }),
  }
}
