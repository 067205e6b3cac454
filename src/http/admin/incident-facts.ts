import type { EndpointFacts } from '../../domain/report/endpoint.ts'
import { PROXY_SOURCE } from '../../domain/report/signal.ts'
import { visible } from '../../domain/text/external-text.ts'
import { humanDuration, quoted, rfc3339 } from '../../domain/text/human.ts'
import { UNVERIFIED } from '../../domain/verdict/blind-rules.ts'
import { guarded, observation } from '../../domain/verdict/observation.ts'
import type { ProbeResult } from '../../domain/verdict/probe.ts'
import { isUnprovable } from '../../domain/verdict/verdict.ts'
import { UNPROVABLE } from '../../domain/verdict/verdict-rules.ts'
import type { incidentDetailView, incidentView } from './incident-view.ts'

/** Rows of the timeline that are shown. */
const SHOWN_SIGNALS = 10

export interface IncidentContext {
  /** Undefined if the endpoint is not configured. */
  readonly facts: EndpointFacts | undefined
  /** The newest from each vantage point. */
  readonly probes: readonly ProbeResult[]
  /** The platform's words in the newest report; empty if it had none. */
  readonly message: string
  /** Milliseconds since the epoch. */
  readonly now: number
}

export interface IncidentFacts {
  /** The incident; its texts are one line each, without invisible characters. */
  readonly incident: ReturnType<typeof incidentDetailView>
  /** Which endpoint, and what is wrong with it, or was. */
  readonly headline: string
  readonly rows: readonly Row[]
  /** The newest signals that are no reports, a row each; a page has them in its timeline. */
  readonly signals: readonly Row[]
}

type Row = readonly [name: string, value: string]

/** The facts about an incident that its text form and its page show. */
export function incidentFacts(detail: ReturnType<typeof incidentDetailView>, given: IncidentContext): IncidentFacts {
  // Every line break below is ours.
  const [incident, seen] = visible([detail, given] as const)
  const { endpoint, state, verdict, remedies, lossWindow, code, failures, lastWarning } = incident
  const { facts, probes, message, now } = seen
  const event = facts?.event ? `${facts.event} to ` : ''
  const end = incident.closedAt ?? rfc3339(now)
  const span = humanDuration(Date.parse(end) - Date.parse(incident.openedAt))
  const byProxy = failures === 0 && lastWarning?.source === PROXY_SOURCE
  const reportedFirst =
    code === null
      ? ''
      : `The ${byProxy ? 'proxy saw' : 'platform reported'} code ${code}${message === '' ? '' : `: ${quoted(message)}`}. `
  const said = code === null ? 'nothing so far' : `code ${code}${message === '' ? '' : `: ${message}`}`
  const headline =
    state === 'open'
      ? (verdict?.sentence ?? `${reportedFirst}${remedies.meaning} Not probed yet.`)
      : `had an incident for ${span}, until ${end}; cause: ${incident.cause}`
  return {
    incident,
    headline: `${event}${endpoint}: ${headline}`,
    rows: [
      ['state', state === 'open' ? `open since ${incident.openedAt} (${span})` : `closed at ${end}, after ${span}`],
      ['reports', reports(incident)],
      ...warningRows(incident),
      ...(state === 'closed' && verdict ? [['verdict', lastVerdict(verdict)] as const] : []),
      ['team', facts ? `${facts.team || 'not configured'}, ${facts.severity}` : 'not configured'],
      [byProxy ? 'proxy' : 'platform', said],
      ...probes.map((probe) => ['probe', `${probeLine(probe)} (${humanDuration(now - probe.startedAt)} ago)`] as const),
      [
        failures === 0 && incident.earlyWarnings > 0 ? 'at risk' : 'lost',
        `from ${lossWindow.from ?? 'an unknown moment before the first failure'} until ${lossWindow.until ?? 'now'}`,
      ],
      ...recoveryRows(incident),
      ['ends', ending(incident, seen)],
    ],
    signals: signalRows(incident),
  }
}

/** Without a lost delivery, nothing may sound as if the platform had given up. */
function reports({ failures, lastFailureAt, earlyWarnings }: ReturnType<typeof incidentView>): string {
  if (failures === 0 && earlyWarnings > 0) return '0: early warning, no lost delivery is known'
  return `${failures}${lastFailureAt ? `, the last at ${lastFailureAt}` : ''}`
}

/** What became of restoring what was lost, and which tenants were not restored. */
function recoveryRows({ recovery, state }: ReturnType<typeof incidentDetailView>): Row[] {
  if (!recovery || (state === 'open' && recovery.status === 'not_needed')) return []
  const { status, task, restored, detail, tenants } = recovery
  const words = status === 'open' ? 'open, not started' : status.replace('_', ' ')
  const failed = tenants.filter((each) => each.status === 'failed')
  return [
    [
      'recovery',
      [
        words,
        ...(restored === null ? [] : [`${restored} restored`]),
        ...(task === null ? [] : [`task ${task}`]),
        ...(detail === null ? [] : [detail]),
      ].join(', '),
    ],
    ...failed
      .slice(0, SHOWN_SIGNALS)
      .map(({ tenant, detail: why }) => ['missing', why === null ? tenant : `${tenant}: ${why}`] as const),
  ]
}

/** Early warnings, and sources that disabled the endpoint. */
const warningRows = ({ earlyWarnings, disabled }: ReturnType<typeof incidentDetailView>): Row[] => [
  ...(earlyWarnings > 0 ? [['warnings', String(earlyWarnings)] as const] : []),
  ...disabled.map(
    ({ source, tenant, since }) =>
      ['disabled', `by ${source}${tenant && ` for ${tenant}`} since ${since}; enable it there`] as const,
  ),
]

/** The newest signals. */
function signalRows({ timeline, timelineTotal }: ReturnType<typeof incidentDetailView>): Row[] {
  const newest = timeline.slice(-SHOWN_SIGNALS)
  return [
    ...newest.map(({ at, type, source, code, message, manual, unproven }) => {
      const how = manual ? ' manually' : unproven ? ', which proves nothing' : ''
      const what = [type + how, code === null ? '' : `code ${code}`, message].filter(Boolean)
      return ['signal', `${at} ${source}: ${what.join(', ')}`] as const
    }),
    ...(timelineTotal > newest.length ? [['', `${timelineTotal} signals in all; the JSON has more`] as const] : []),
  ]
}

/** Dated, since it may no longer hold. */
export const lastVerdict = ({ at, sentence }: { at: string; sentence: string }): string =>
  `its last verdict, at ${at}: ${sentence}`

/** What a probe saw, from where. */
export function probeLine(probe: ProbeResult): string {
  const place = probe.vantage === 'internal' ? 'inside: ' : ''
  if (probe.unverified) return `${place}${UNVERIFIED} (${probe.detail})`
  return `${place}${probe.up ? 'up' : guarded(probe) ? 'not allowed' : 'down'}, ${observation(probe)}`
}

function ending(
  { closing, verdict, disabled, end }: ReturnType<typeof incidentDetailView>,
  { now }: IncidentContext,
): string {
  if (!closing) return end?.sentence.replace(/\.$/, '') ?? 'closed'
  if (disabled.length > 0)
    return `once ${[...new Set(disabled.map(({ source }) => source))].join(' and ')} enables the endpoint again, or manually`
  const { goodProbes, goodProbesNeeded, quietUntil, quietReason, how, sentence } = closing
  const quiet =
    Date.parse(quietUntil) > now ? `no report until ${quietUntil} (${quietReason})` : 'the quiet time is over'
  const isProof = how !== 'not_probed' && how !== 'blind'
  const caution = verdict && isUnprovable(verdict.rule) ? `. ${UNPROVABLE}` : ''
  return `automatically: ${isProof ? `${Math.min(goodProbes, goodProbesNeeded)} of ${goodProbesNeeded} good probes so far, and ` : ''}${quiet}; ${sentence}${caution}`
}
