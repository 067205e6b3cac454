import { visibleText } from '../../src/domain/text/external-text.ts'

/** Writes to stdout, without control characters. Indentation stays; a first line that is empty, too. */
export function printLines(text: string): void {
  const lines = text.split('\n').map((line) => visibleText(line))
  process.stdout.write(`${lines.join('\n')}\n`)
}
