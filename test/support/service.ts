import { type ChildProcess, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { stringify } from 'yaml'
import { removeTempFolders, tempFolder, until } from './temp.ts'

const MAIN = join(import.meta.dirname, '../../src/main.ts')
const children = new Set<ChildProcess>()

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface ServiceOptions {
  /** The configuration file's content. Ports default to 0, the journal to a new temporary folder. */
  readonly config?: Record<string, unknown>
  /** Laid over this process's environment; undefined removes a variable. */
  readonly env?: Record<string, string | undefined>
  /** Do not wait for the listeners, for services that are to refuse to start. */
  readonly wait?: false
  readonly nodeArgs?: readonly string[]
  readonly args?: readonly string[]
  /** The program's main file, if it is not that of this repository. */
  readonly main?: string
  /** Lines of bash that run before the service, in its process: limits, say. */
  readonly shell?: string
}

export interface Service {
  readonly child: ChildProcess
  readonly pid: number
  /** `http://127.0.0.1:PORT` */
  readonly ingest: string
  readonly admin: string
  /** Lines of stdout and stderr so far; they grow. */
  readonly stdout: readonly string[]
  readonly stderr: readonly string[]
  /** The lines of stdout that are JSON objects. */
  log(): Record<string, unknown>[]
  /** Where the journal is unless the configuration says otherwise. */
  readonly folder: string
  readonly exited: Promise<Exit>
  /** Sends the signal (SIGTERM) and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<Exit>
}

type Listening = { listener?: string; port?: number; msg?: string }

/**
 * Starts the service as a real process on free ports and waits until both listeners say that they listen. It is killed
 * after the test, if `stop` was not called.
 */
export async function startService({
  config = {},
  env = {},
  wait,
  nodeArgs = [],
  args = [],
  main = MAIN,
  shell,
}: ServiceOptions = {}): Promise<Service> {
  const folder = tempFolder()
  const file = join(folder, 'config.yaml')
  const section = (name: string, defaults: object) => ({ ...defaults, ...(config[name] as object | undefined) })
  writeFileSync(
    file,
    stringify({
      ...config,
      ingest: section('ingest', { port: 0 }),
      admin: section('admin', { port: 0 }),
      journal: section('journal', { url: `sqlite:${join(folder, 'journal.db')}` }),
    }),
  )
  const environment = { ...process.env, CONFIG_FILE: file, ...env }
  const command = [process.execPath, ...nodeArgs, main, ...args]
  const [program, ...rest] = shell ? ['bash', '-ec', `${shell}\nexec "$0" "$@"`, ...command] : command
  const child = spawn(program!, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined)),
  })
  children.add(child)
  const stdout: string[] = []
  const stderr: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => stdout.push(line))
  createInterface({ input: child.stderr }).on('line', (line) => stderr.push(line))
  const exited = new Promise<Exit>((resolve) =>
    child.on('close', (code, signal) => {
      children.delete(child)
      resolve({ code, signal })
    }),
  )
  const log = () => stdout.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line))
  const port = (listener: string) =>
    (log() as Listening[]).find((line) => line.msg === 'listening' && line.listener === listener)?.port
  if (wait !== false) {
    let exit: Exit | undefined
    void exited.then((it) => {
      exit = it
    })
    await until('the listeners', () => exit || (port('ingest') && port('admin')))
    if (exit)
      throw new Error(`the service ended with ${exit.signal ?? exit.code}:\n${[...stderr, ...stdout].join('\n')}`)
  }
  return {
    child,
    pid: child.pid!,
    ingest: `http://127.0.0.1:${port('ingest')}`,
    admin: `http://127.0.0.1:${port('admin')}`,
    stdout,
    stderr,
    log,
    folder,
    exited,
    stop: (signal = 'SIGTERM') => {
      child.kill(signal)
      return exited
    },
  }
}

/** Kills what still runs and removes the temporary folders: for `afterEach`. */
export async function stopServices(): Promise<void> {
  const ends = [...children].map((child) => new Promise((resolve) => child.once('close', resolve)))
  for (const child of children) child.kill('SIGKILL')
  await Promise.all(ends)
  removeTempFolders()
}

process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})
