import type { Config } from '../../config/schema.ts'
import { visibleText } from '../../domain/text/external-text.ts'
import { complain } from '../complain.ts'
import { type ReportFacts, type ReportOptions, simulatedReports } from './report.ts'

/**
 * Sends a report, and prints what became of it. A report without a mark is real, which is said on stderr.
 * @returns whether it was accepted
 * @throws UsageError, as `sendReport`
 */
export async function reportGivenUp(facts: ReportFacts, options: Omit<ReportOptions, 'purpose'>): Promise<boolean> {
  if (options.secret === undefined)
    complain('no simulation.secret is configured, so this report is real: it counts and opens an incident')
  const sent = await simulatedReports(options)(facts)
  const kind = options.secret === undefined ? 'real' : 'simulated'
  const result = 'error' in sent ? sent.error : `${sent.status} ${visibleText(sent.body.trim())}`
  process.stdout.write(
    `report of ${options.source} (${kind}), code ${facts.code}: ${visibleText(result)} after ${sent.milliseconds} ms\n`,
  )
  return sent.status === 202
}

/** The source that a simulation reports as by default. */
export const firstSource = ({ sources }: Pick<Config, 'sources'>): string => Object.keys(sources)[0]!
