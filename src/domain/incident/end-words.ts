import { humanDuration, rfc3339 } from '../text/human.ts'
import { isUnprovable } from '../verdict/verdict.ts'
import { UNPROVABLE } from '../verdict/verdict-rules.ts'
import type { Incident } from './incident.ts'
import type { End, IncidentEnd, Prospect } from './incident-end.ts'

/** How a closed incident ended; null while it is open. */
export function endOf({ closedAt, end, resolution, loss }: Incident): IncidentEnd | null {
  if (closedAt === null) return null
  if (end) return end
  // Earlier versions stored no end.
  if (resolution === 'manual') return { how: 'manual' }
  return { how: resolution === 'proven' ? (loss.untilProof ?? 'quiet') : 'quiet' }
}

/** While it is open, and in the past tense. */
const WORDS: Readonly<Record<Prospect, readonly [now: string, then: string]>> = {
  path: ['probes succeed', 'probes succeeded'],
  reachability: [
    'probes reach the server, which does not prove the path',
    'probes reached the server, which does not prove the path,',
  ],
  delivery: ['the proxy sees deliveries succeed', 'the proxy saw deliveries succeed'],
  platform: ['the platform reports successful deliveries', 'the platform reported successful deliveries'],
  manual: ['', ''],
  same_answer: [
    'not proven: the probe still gets {status}, as the platform did',
    'the probe still got {status}, as the platform did',
  ],
  other_answer: [
    'not proven: the probe gets {status}, which does not contradict the reports',
    'the probe got {status}, which does not contradict the reports',
  ],
  blind: ['not proven: this receiver cannot look', 'this receiver could not look'],
  not_probed: ['not proven: the endpoint is not probed', 'the endpoint was not probed'],
  quiet: ['', ''],
  failing: ['it stays open while probes fail', ''],
  disabled: ['it stays open until the platform enables the endpoint again', ''],
  pending: ['it stays open until there are enough good probes', ''],
}
const PROVEN: ReadonlySet<End> = new Set(['path', 'reachability', 'delivery', 'platform'])

/** How an open incident would end now, in a few words. */
export const prospectWords = (end: IncidentEnd<Prospect>): string => words(end, 0)

/** How a closed incident ended, in one or two sentences; empty while it is open. */
export function endSentence(incident: Incident): string {
  const end = endOf(incident)
  if (!end) return ''
  const { reason, loss, verdict } = incident
  if (end.how === 'manual') return `Closed manually${reason ? `: ${reason.replace(/\.$/, '')}` : ''}. Not proven.`
  const then = words(end, 1)
  if (PROVEN.has(end.how)) {
    const isProbed = end.how === 'path' || end.how === 'reachability'
    const caution = isProbed && verdict && isUnprovable(verdict.rule) ? ` ${UNPROVABLE}.` : ''
    return `Closed with proof: ${then} from ${rfc3339(loss.until)} on.${caution}`
  }
  return `Closed: no report${quietFor(incident)}. Not proven${then && `: ${then}`}.`
}

/** ` for 30 minutes`; empty if the clock was set back. */
function quietFor({ closedAt, openedAt, lastFailureAt, signals }: Incident): string {
  const last = Math.max(lastFailureAt ?? openedAt, signals?.lastBadAt ?? openedAt)
  return closedAt! > last ? ` for ${humanDuration(closedAt! - last)}` : ''
}

const words = ({ how, status }: IncidentEnd<Prospect>, tense: 0 | 1): string =>
  WORDS[how][tense].replace('{status}', String(status))
