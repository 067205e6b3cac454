import { API_BASE } from '../rules/annotations.ts'
import { type Board, build } from './board.ts'

const ONE_LINE = '\u0000'

/**
 * A dashboard as JSON. Each link to the API is one whole line with a comma at its end, so that the chart, which has no
 * other means, can leave them out where `admin.externalUrl` is not set.
 * @throws if a link to the API is the last one of its list
 */
export function renderBoard(board: Board): string {
  const text = JSON.stringify(
    build(board),
    (_, value) => (value?.url?.startsWith?.(API_BASE) ? `${ONE_LINE}${JSON.stringify(value)}` : value),
    2,
  ).replaceAll(/"\\u0000((?:[^"\\]|\\.)*)"/g, (_, inner: string) => JSON.parse(`"${inner}"`))
  for (const line of text.split('\n'))
    if (line.includes(API_BASE) && !/^\s*\{.*\},$/.test(line)) throw new Error(`no link of its own line: ${line}`)
  return `${text}\n`
}

/** The same without links to the API. */
export const withoutApiLinks = (text: string): string =>
  text
    .split('\n')
    .filter((line) => !line.includes(API_BASE))
    .join('\n')
