import pino from 'pino'
import { safeJson, visible } from '../domain/external-text.ts'
import type { Log } from '../domain/telemetry.ts'

/** pino's levels, which LOG_LEVEL may name; each shows itself and what comes after it. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

export interface LogOptions {
  /** LOG_LEVEL in any case; undefined and empty mean info. */
  readonly level: string | undefined
  /** Whether stdout is a terminal: then lines are for people. */
  readonly terminal: boolean
}

export interface ProcessLog extends Log {
  /** Calls back once all lines so far are written, or could not be. */
  flush(done: () => void): void
  /** Writes what waits before the process ends without its exit handlers; waits half a second at most. */
  flushSync(): void
}

/** What is wrong with a value of LOG_LEVEL, and what to write instead; undefined where nothing is. */
export function logLevelFault(level: string | undefined): string | undefined {
  if (!level || (LOG_LEVELS as readonly string[]).includes(level.toLowerCase())) return undefined
  return `LOG_LEVEL: ${JSON.stringify(level.slice(0, 40))} is not allowed; write ${LOG_LEVELS.slice(0, -1).join(', ')} or ${LOG_LEVELS.at(-1)}`
}

/**
 * The log on stdout: one JSON object a line (time as ISO 8601, level as a word, `msg`), or readable text on a terminal.
 * In both a value cannot begin a line of its own or steer a terminal. Written without waiting, so that a slow reader
 * holds up nothing; what does not fit `BACKLOG` is lost, and what waits is written when the process exits.
 * @throws RangeError with the text of `logLevelFault`
 */
export async function createLog({ level, terminal }: LogOptions): Promise<ProcessLog> {
  const fault = logLevelFault(level)
  if (fault) throw new RangeError(fault)
  const destination: Destination = terminal ? await terminalWriter() : jsonWriter()
  const log = pino(
    {
      level: level?.toLowerCase() || 'info',
      base: null,
      timestamp: isoTime(),
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: safeError },
    },
    destination,
  )
  return Object.assign(log, { flushSync: () => destination.flushSync?.() })
}

type Destination = pino.DestinationStream & { flushSync?(): void }

/** `,"time":"…"` (ISO 8601). Made once a millisecond, in which there are many lines under load. */
function isoTime(): () => string {
  let at = 0
  let text = ''
  return () => {
    const now = Date.now()
    if (now !== at) {
      at = now
      text = `,"time":"${new Date(now).toISOString()}"`
    }
    return text
  }
}

const BACKLOG = 16 * 1_024 * 1_024
/** Lines are written in blocks: under load each costs a system call, and waking the thread that makes it. */
const BLOCK = 32 * 1_024
/** Milliseconds that a line waits at most for its block; what a kill -9 can take from the log. */
const LATEST = 50
/** Milliseconds that the end of the process waits at most for a reader of its last lines. */
const LAST_WORDS = 500

function jsonWriter(): Destination & { flush(done: () => void): void } {
  let exiting: number | undefined
  const stdout = pino.destination({
    dest: 1,
    sync: false,
    maxLength: BACKLOG,
    minLength: BLOCK,
    maxWrite: 2 * BLOCK,
    periodicFlush: LATEST,
    retryEAGAIN: () => exiting === undefined || performance.now() - exiting < LAST_WORDS,
  })
  // What waits is written at the end, which the library tries for ever: on a full disk the process would never end.
  let writable = true
  const flushStdout = stdout.flushSync.bind(stdout)
  stdout.flushSync = () => {
    exiting = performance.now()
    writeOut()
    try {
      if (writable) flushStdout()
    } catch {
      // Nobody reads it.
    }
  }
  stdout.on('write', () => {
    writable = true
  })
  // A log that cannot be written (a full disk under it, say) is no reason to stop taking reports.
  stdout.on('error', () => {
    writable = false
  })
  // All lines of a turn of the event loop at once: the library measures all that waits anew with each piece.
  let lines = ''
  function writeOut(): void {
    if (lines !== '') stdout.write(safeJson(lines))
    lines = ''
  }
  return {
    write(line) {
      if (lines === '') setImmediate(writeOut)
      lines += line
    },
    // Written, but not synced as the library's own callback waits for: a disk that hangs must not hold up the end.
    flush(done) {
      const end = () => {
        stdout.off('drain', end).off('error', end)
        done()
      }
      writeOut()
      stdout.once('drain', end).once('error', end)
      stdout.flush()
    },
    flushSync: () => stdout.flushSync(),
  }
}

/** Characters of one value on a terminal, where a stack is one. */
const LONGEST_SHOWN = 8_000

async function terminalWriter(): Promise<pino.DestinationStream> {
  const { default: pretty } = await import('pino-pretty')
  const stream = pretty({ destination: 1, sync: true, singleLine: true, translateTime: 'SYS:HH:MM:ss.l' })
  return {
    write(line) {
      stream.write(`${JSON.stringify(visible(JSON.parse(line), LONGEST_SHOWN))}\n`)
    },
  }
}

const ERROR_DEPTH = 4

/** Only these fields: libraries hang requests with their headers, answers and configurations on errors. */
function safeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return String(error)
  const { name, message, stack, code, cause } = error as Error & { code?: unknown }
  return {
    type: name,
    message,
    ...(code !== undefined && { code: String(code) }),
    stack,
    ...(cause !== undefined && depth < ERROR_DEPTH && { cause: safeError(cause, depth + 1) }),
  }
}
