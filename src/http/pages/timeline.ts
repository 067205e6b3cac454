import { endSentence } from '../../domain/incident/end-words.ts'
import type { Incident, Proof } from '../../domain/incident/incident.ts'
import type { TimelineSignal } from '../../domain/incident/timeline.ts'
import type { Failure } from '../../domain/report/failure.ts'
import { quoted } from '../../domain/text/human.ts'
import type { ProbeResult } from '../../domain/verdict/probe.ts'
import type { Verdict } from '../../domain/verdict/verdict.ts'
import { probeLine } from '../admin/incident-facts.ts'
import type { TimelineEntry } from './deps.ts'
import { type Content, type Html, html } from './html.ts'
import { link, moment, table } from './parts.ts'
import { paths, type Site } from './site.ts'

export interface TimelineOf {
  readonly incident: Incident
  readonly verdicts: readonly Verdict[]
  /** Its newest reports. */
  readonly failures: readonly Failure[]
  readonly signals: readonly TimelineSignal[]
  /** The newest from each vantage point; those from before the incident, or after it, are left out. */
  readonly probes: readonly ProbeResult[]
  readonly more: readonly TimelineEntry[]
}

interface Entry {
  readonly at: number
  readonly kind: string
  readonly what: Content
}

/** What happened when, oldest first: reports, other signals, probes, verdicts, recovery. */
export function timelineTable(of: TimelineOf, { base }: Site): Html {
  const { incident, verdicts, failures, signals, probes, more } = of
  const { openedAt, closedAt, loss, reopened } = incident
  const isDuringIncident = (at: number) => at >= openedAt && (closedAt === null || at <= closedAt)
  const entries: Entry[] = [
    ...lossEntry(loss.from, `last good moment before it (proof: ${loss.fromProof ?? 'none'})`),
    { at: openedAt, kind: 'Incident', what: `opened by ${opener(of)}` },
    ...failures.map(({ id, receivedAt, code, cause, source, message }) => ({
      at: receivedAt,
      kind: 'Report',
      what: html`${link(`${base}${paths.failure(id)}`, `${source}: code ${code}, ${cause}`)} ${quoted(message)}`,
    })),
    ...signals.map((signal) => ({ at: signal.receivedAt, kind: 'Signal', what: signalWords(signal) })),
    ...verdicts.map(({ at, sentence }) => ({ at, kind: 'Verdict', what: sentence })),
    ...probes
      .filter(({ startedAt }) => isDuringIncident(startedAt))
      .map((probe) => ({ at: probe.startedAt, kind: 'Probe', what: `newest probe: ${probeLine(probe)}` })),
    ...more.map(({ at, what }) => ({ at, kind: 'Event', what })),
    ...lossEntry(loss.until, ended(loss.untilProof)),
    ...(closedAt === null ? [] : [{ at: closedAt, kind: 'Incident', what: endSentence(incident) }]),
  ]
  const again = reopened > 0 ? `; reopened ${reopened === 1 ? 'once' : `${reopened} times`}` : ''
  return table({
    id: 'timeline',
    caption: `What happened, oldest first${again}`,
    columns: ['Time', 'What', 'Detail'],
    rows: entries.sort((a, b) => a.at - b.at).map(({ at, kind, what }) => [moment(at), kind, what]),
    none: '',
  })
}

const lossEntry = (at: number | null, what: string): Entry[] => (at === null ? [] : [{ at, kind: 'Loss window', what }])

/** Neither silence nor an operator's word shows that it works again. */
const ended = (proof: Proof | null): string =>
  proof === null || proof === 'quiet' || proof === 'manual'
    ? `ends here, recovery not proven (proof: ${proof ?? 'none'})`
    : `recovered (proof: ${proof})`

function opener({ incident: { openedAt, firstFailureAt }, signals }: TimelineOf): string {
  if (firstFailureAt !== null && firstFailureAt <= openedAt) return 'a report'
  const first = signals.find(({ type }) => type !== 'recovered')
  return first && first.receivedAt <= openedAt ? 'a signal of the platform' : 'failed probes'
}

const RECOVERED = {
  delivery: 'a delivery arrived again',
  enabled: 'the endpoint was switched on',
  both: 'the endpoint was switched on, and a delivery arrived',
} as const

/** What a signal that is no report says. */
function signalWords({ type, source, code, cause, message, attempts, manual, what, unproven }: TimelineSignal): string {
  if (type === 'recovered')
    return `${source}: ${RECOVERED[what ?? 'both']}${unproven ? ' (no proof: older than the last failure, or an old report could be sent again)' : ''}`
  const seen = [code !== null && `code ${code}`, cause, attempts !== null && `${attempts} attempts`].filter(Boolean)
  const words =
    type === 'failing'
      ? 'deliveries fail, the platform still tries'
      : `the platform disabled the endpoint${manual ? ' on request' : ''}`
  return `${source}: ${words}${seen.length > 0 ? ` (${seen.join(', ')})` : ''} ${quoted(message)}`.trim()
}
