import type { Cause } from '../cause.ts'
import { instant } from '../human.ts'
import { place } from '../observation.ts'
import type { ProbeResult } from '../probe.ts'
import { MEASURES, type Measure } from './catalogue.ts'

/** What the placeholders are filled with. */
export interface MeasureFacts {
  readonly endpoint: string
  /** Canonical. */
  readonly url: string
  readonly code?: number
  readonly probe?: ProbeResult
}

/** The measures for a cause with the concrete endpoint, host and expiry filled in. */
export function measuresFor(cause: Cause, facts: MeasureFacts): Measure {
  const { meaning, checks, mends, mended } = MEASURES[cause]
  const words = wordsOf(facts)
  const fill = (text: string): string => text.replace(/\{(\w+)\}/g, (whole, word: string) => words[word] ?? whole)
  return { meaning: fill(meaning), checks: checks.map(fill), mends: mends.map(fill), mended: fill(mended) }
}

export const checksFor = (cause: Cause, facts: MeasureFacts): readonly string[] => measuresFor(cause, facts).checks

function wordsOf({ endpoint, url, code, probe }: MeasureFacts): Readonly<Record<string, string>> {
  return {
    endpoint,
    url,
    ...place(url),
    code: code === undefined ? 'none' : String(code),
    status: probe?.status === undefined ? 'none' : String(probe.status),
    expiry: probe?.tls ? instant(probe.tls.notAfter) : 'not seen from here',
  }
}
