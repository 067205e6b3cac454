import { visibleText } from '../domain/text/external-text.ts'

const LONGEST = 4_000

/** Writes what is wrong to stderr. It may quote files, arguments and other programs. */
export function complain(message: string): void {
  process.stderr.write(`webhook-error-exporter: ${visibleText(message, LONGEST)}\n`)
}

/** Writes an error that no command expected, with its stack. The message may have several lines; only frames get their own. */
export function complainOfFault(error: unknown): void {
  complain(String(error))
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  for (const line of stack.split('\n').filter((text) => /^ {4}at /.test(text)))
    process.stderr.write(`${visibleText(line.replace('    ', '  '), LONGEST)}\n`)
}
