import { styleText } from 'node:util'
import { escapeHtml, stringify, visibleText } from '../../domain/text/external-text.ts'
import type { HopResult } from './hop.ts'

const LABELS: Readonly<Record<HopResult['status'], string>> = {
  ok: 'ok',
  failed: 'FAILED',
  'not checked': 'not checked',
  'not reached': 'not reached',
}
const COLORS = { ok: 'green', failed: 'red', 'not checked': 'reset', 'not reached': 'reset' } as const
const LONGEST = 500

/** One line of the table, with reason and fix below it where the hop failed; coloured on a terminal. */
export function hopLine({ name, status, detail, fix, milliseconds }: HopResult): string {
  const label = styleText(COLORS[status], LABELS[status].padEnd(11), { stream: process.stdout })
  const time = status === 'ok' || status === 'failed' ? seconds(milliseconds) : ''
  const shown = visibleText(detail.slice(0, LONGEST))
  const first = `${label}  ${name.padEnd(28)} ${time.padStart(8)}  ${shown}`
  return fix === '' ? `${first}\n` : `${first}\n${' '.repeat(52)}fix: ${visibleText(fix)}\n`
}

const seconds = (milliseconds: number): string => `${(milliseconds / 1_000).toFixed(2)} s`

export const isOk = (results: readonly HopResult[]): boolean =>
  results.every(({ status }) => status === 'ok' || status === 'not checked') &&
  results.some(({ status }) => status === 'ok')

export const jsonReport = (results: readonly HopResult[]): string =>
  `${stringify({ ok: isOk(results), hops: results.map((result) => ({ ...result })) })}\n`

/** As most CI systems read it: one test case per hop; what was not checked or not reached is skipped. */
export function junitReport(results: readonly HopResult[]): string {
  const of = (...statuses: readonly HopResult['status'][]) => results.filter(({ status }) => statuses.includes(status))
  const total = results.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / 1_000
  const cases = results.map(({ name, status, detail, fix, milliseconds }) => {
    const open = `    <testcase classname="verify" name="${xml(name)}" time="${(milliseconds / 1_000).toFixed(3)}"`
    if (status === 'ok') return `${open}/>\n`
    const inner =
      status === 'failed'
        ? `<failure message="${xml(detail)}">${xml(fix)}</failure>`
        : `<skipped message="${xml(`${status}: ${detail}`)}"/>`
    return `${open}>${inner}</testcase>\n`
  })
  const skipped = of('not checked', 'not reached').length
  const counts = `tests="${results.length}" failures="${of('failed').length}" skipped="${skipped}" time="${total.toFixed(3)}"`
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n  <testsuite name="webhook-error-exporter verify" ${counts}>\n${cases.join('')}  </testsuite>\n</testsuites>\n`
}

/** Numeric character references, which XML has as well as HTML. */
const xml = (text: string): string => escapeHtml(visibleText(text.slice(0, LONGEST)))
