import type { Static } from 'typebox'
import { endOf, endSentence } from '../../domain/incident/end-words.ts'
import type { Incident } from '../../domain/incident/incident.ts'
import type { Prospect } from '../../domain/incident/incident-end.ts'
import type { TimelineSignal } from '../../domain/incident/timeline.ts'
import type { Remedy } from '../../domain/remedies/remedy.ts'
import { rfc3339 } from '../../domain/text/human.ts'
import type { Verdict } from '../../domain/verdict/verdict.ts'
import type { RecoveryRequest } from '../../sources/source.ts'
import type { SignalRowSchema } from './incident-schemas.ts'
import { recoveryView } from './recovery-view.ts'

/** As `SignalRowSchema` says. */
function signalView(row: TimelineSignal): Static<typeof SignalRowSchema> {
  const { id, receivedAt, type, source, tenant, url, code, cause, message, time: happened, attempts, event } = row
  return {
    id,
    at: rfc3339(receivedAt),
    type,
    source,
    tenant,
    url,
    code,
    cause,
    message,
    time: rfc3339(happened),
    attempts,
    event,
    ...(row.manual && { manual: true }),
    ...(row.what && { what: row.what }),
    ...(row.unproven && { unproven: true }),
  }
}

/** As `VerdictSchema` says. */
const verdictView = ({ expiredAt, ...verdict }: Verdict) => ({
  ...verdict,
  at: rfc3339(verdict.at),
  ...(expiredAt !== undefined && { expiredAt: rfc3339(expiredAt) }),
})

/** As `IncidentSchema` says; times are RFC 3339. */
export function incidentView(incident: Incident) {
  const { id, endpoint, closedAt, loss, verdict, report, signals } = incident
  const warning = signals?.warning ?? null
  const end = endOf(incident)
  return {
    id,
    endpoint,
    state: closedAt === null ? 'open' : 'closed',
    openedAt: rfc3339(incident.openedAt),
    closedAt: rfc3339(closedAt),
    resolution: incident.resolution,
    reason: incident.reason,
    end: end && { how: end.how, sentence: endSentence(incident) },
    firstFailureAt: rfc3339(incident.firstFailureAt),
    lastFailureAt: rfc3339(incident.lastFailureAt),
    failures: incident.failures,
    earlyWarnings: signals?.warnings ?? 0,
    disabled: (signals?.disabled ?? []).map(({ source, tenant = '', at }) => ({ source, tenant, since: rfc3339(at) })),
    lastWarning: warning && {
      source: warning.source,
      at: rfc3339(warning.at),
      code: warning.code,
      cause: warning.cause,
    },
    sources: incident.sources,
    tenants: incident.tenants,
    tenantsComplete: incident.tenantsComplete,
    causes: incident.causes,
    cause: incident.cause,
    code: (report ?? warning)?.code ?? null,
    reopened: incident.reopened,
    verdict: verdict && verdictView(verdict),
    recovery: incident.recovery ? recoveryView(incident.recovery) : null,
    lossWindow: { ...loss, from: rfc3339(loss.from), until: rfc3339(loss.until) },
    failuresUrl: failuresUrl(incident),
  }
}

/** All failures of the endpoint between the incident's first and last one are the incident's. */
function failuresUrl({ endpoint, openedAt, firstFailureAt, lastFailureAt }: Incident): string {
  const since = firstFailureAt ?? openedAt
  const query = new URLSearchParams({
    endpoint,
    since: rfc3339(since),
    // `until` itself is not part of the interval.
    until: rfc3339((lastFailureAt ?? since) + 1),
  })
  return `/api/v1/failures?${query}`
}

/** As `IncidentDetailSchema` says. */
export const incidentDetailView = (
  incident: Incident,
  more: {
    verdicts: readonly Verdict[]
    timeline: readonly TimelineSignal[]
    remedies: Remedy
    recoveryRequests: readonly RecoveryRequest[]
    recoveryGaps: readonly string[]
    closing: {
      goodProbes: number
      goodProbesNeeded: number
      quietUntil: number
      quietReason: string
      how: Prospect
      sentence: string
    } | null
  },
) => ({
  ...incidentView(incident),
  verdicts: more.verdicts.map(verdictView),
  timeline: more.timeline.map(signalView),
  timelineTotal: incident.signals?.total ?? 0,
  remedies: more.remedies,
  recoveryRequests: more.recoveryRequests,
  recoveryGaps: more.recoveryGaps,
  closing: more.closing && { ...more.closing, quietUntil: rfc3339(more.closing.quietUntil) },
})
