import { reportedExpiry } from '../domain/classify/expiry.ts'
import { isHostRefusal } from '../domain/classify/refusal.ts'
import type { Incident, IncidentSignals } from '../domain/incident/incident.ts'
import type { Journal } from '../domain/ports/journal.ts'
import type { Failure } from '../domain/report/failure.ts'
import { PROXY_SOURCE } from '../domain/report/signal.ts'
import type { ReportSeen } from '../domain/verdict/verdict.ts'

type Report = NonNullable<Incident['report']>
type Warning = NonNullable<IncidentSignals['warning']>

/** The message of each open incident's newest report. An incident stores only the report's id; the text is in the journal. */
export function platformWords(journal: Pick<Journal, 'get'>) {
  const messages = new Map<string, { readonly id: string; readonly message: string }>()

  async function messageOf(endpoint: string, { id }: Report): Promise<string> {
    const known = messages.get(endpoint)
    if (known?.id === id) return known.message
    const failure = await journal.get(id).catch(() => undefined)
    if (failure) messages.set(endpoint, { id, message: failure.message })
    return failure?.message ?? ''
  }

  return {
    remember({ endpoint, id, message }: Failure): void {
      messages.set(endpoint, { id, message })
    },
    /** The report with its message; without it if the journal cannot be read. Never rejects. */
    async of(endpoint: string, report: Report): Promise<ReportSeen> {
      const message = await messageOf(endpoint, report)
      return { ...report, message, ...saidOf({ ...report, message }) }
    },
    /** The same of an early warning, which the incident stores whole. */
    ofWarning({ source, at, code, cause, message }: Warning): ReportSeen {
      const byProxy = source === PROXY_SOURCE
      // The proxy's own words are not the platform's.
      return { at, code, cause, message: byProxy ? '' : message, byProxy, ...saidOf({ at, code, cause, message }) }
    },
    /** The same of an early warning or a disabling without a reason, of which the incident stores only the time. */
    ofSilentWarning: (at: number): ReportSeen => ({ at, cause: 'unknown' }),
    forget: (endpoint: string): void => void messages.delete(endpoint),
  }
}

/** What the words say more closely than the cause does. */
function saidOf({ at, code, cause, message }: Pick<Warning, 'at' | 'code' | 'cause' | 'message'>) {
  const expired = cause === 'tls' ? reportedExpiry(message, at) : undefined
  return {
    refusal: cause === 'connection_refused' && isHostRefusal(code, message),
    ...(expired && { expired }),
  }
}
