import pino from 'pino'
import type { Log } from '../domain/ports/telemetry.ts'
import { safeJson, visible } from '../domain/text/external-text.ts'

/** pino's levels, allowed in LOG_LEVEL; each includes those after it. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

export interface LogOptions {
  /** LOG_LEVEL, case-insensitive; undefined and empty mean info. */
  readonly level: string | undefined
  /** Whether stdout is a terminal; if so, lines are formatted for people. */
  readonly terminal: boolean
}

export interface ProcessLog extends Log {
  /** Calls back once all lines so far are written or have failed. */
  flush(done: () => void): void
  /** Writes pending lines before the process ends without exit handlers; takes at most half a second. */
  flushSync(): void
}

/** What is wrong with a value of LOG_LEVEL, and what to write instead; undefined if it is valid. */
export function logLevelFault(level: string | undefined): string | undefined {
  if (!level || (LOG_LEVELS as readonly string[]).includes(level.toLowerCase())) return undefined
  return `LOG_LEVEL: ${JSON.stringify(level.slice(0, 40))} is not allowed; write ${LOG_LEVELS.slice(0, -1).join(', ')} or ${LOG_LEVELS.at(-1)}`
}

/**
 * The log on stdout: one JSON object per line (time as ISO 8601, level as a word, `msg`), or readable text on a terminal.
 * In both, a value cannot start a new line or control a terminal. Writes are asynchronous, so a slow reader delays nothing;
 * lines beyond `BACKLOG` are lost, and pending lines are written when the process exits.
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

/** `,"time":"…"` (ISO 8601). Cached per millisecond, since there are many lines per millisecond under load. */
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
/** Most bytes of one write; the library's 16 KiB are less than the lines of a busy turn of the event loop. */
const LONGEST_WRITE = 64 * 1_024
/** Maximum milliseconds that the exit waits for a reader of the last lines. */
const EXIT_FLUSH = 500

function jsonWriter(): Destination & { flush(done: () => void): void } {
  let exiting: number | undefined
  const stdout = pino.destination({
    dest: 1,
    sync: false,
    maxLength: BACKLOG,
    // With 0, the library's default, `flush` would never call back while nothing is pending.
    minLength: 1,
    maxWrite: LONGEST_WRITE,
    retryEAGAIN: () => exiting === undefined || performance.now() - exiting < EXIT_FLUSH,
  })
  // On exit the library retries forever: on a full disk the process would never end.
  let writable = true
  const flushStdout = stdout.flushSync.bind(stdout)
  stdout.flushSync = () => {
    exiting = performance.now()
    writeOut()
    try {
      if (writable) flushStdout()
    } catch {
      // There is no reader.
    }
  }
  stdout.on('write', () => {
    writable = true
  })
  // If the log cannot be written (a full disk, for example), the service still accepts reports.
  stdout.on('error', () => {
    writable = false
  })
  // All lines of an event loop turn at once: the library recomputes the length of its backlog at each write.
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
    // Waits for the write, but not for the fsync as the library's callback does: a hanging disk must not delay the exit.
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

/** Maximum characters of one value on a terminal; long enough for a stack. */
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

/** Only these fields: libraries attach requests with their headers, responses and configurations to errors. */
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
