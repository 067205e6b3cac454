import { type Incident, isDisabled } from '../domain/incident/incident.ts'
import type { Clock } from '../domain/ports/clock.ts'
import type { Journal } from '../domain/ports/journal.ts'
import type { Log } from '../domain/ports/telemetry.ts'
import type { Failure } from '../domain/report/failure.ts'
import { DISABLED_RULES } from '../domain/verdict/disabled-rules.ts'
import { conclusive } from '../domain/verdict/observation.ts'
import type { ProbeResult, Vantage } from '../domain/verdict/probe.ts'
import { judge, type ReportSeen, type Verdict } from '../domain/verdict/verdict.ts'
import { platformWords } from './platform-words.ts'

/** The newest probe from each vantage point. */
export type Latest = Readonly<Partial<Record<Vantage, ProbeResult>>>

/** The public vantage point decides, since the platform takes that path. */
export const deciding = (views: Latest): ProbeResult | undefined => views.public ?? views.internal

/** Whether the application is known not to answer inside: then a good probe of the public path proves a proxy in front. */
export const isDownInside = ({ internal }: Latest): boolean =>
  internal !== undefined && !internal.up && conclusive(internal)

export interface IncidentVerdictDeps {
  readonly journal: Pick<Journal, 'get'>
  /** A configured endpoint's URL, for the checks of a verdict; undefined for one that is its own URL. */
  readonly urlOf: (endpoint: string) => string | undefined
  readonly log: Pick<Log, 'warn'>
  readonly clock: Clock
  /** Stores a verdict that says something new. */
  readonly store: (endpoint: string, verdict: Verdict) => Promise<unknown>
}

/** Reads report and probes of an open incident together. Logs a verdict once, and stores it if it says something new. */
export function incidentVerdicts({ journal, urlOf, log, clock, store }: IncidentVerdictDeps) {
  /** The newest verdict that was logged for each endpoint; the journal may be down and store none of them. */
  const logged = new Map<string, string>()
  const words = platformWords(journal)
  /** The newest report of each endpoint that this process recorded and has not judged yet: times cannot tell once a clock was set back. */
  const unjudged = new Map<string, string>()
  const isUnjudged = ({ endpoint, report }: Incident): boolean =>
    report !== null && unjudged.get(endpoint) === report.id

  return {
    /** The failure is the newest report of its endpoint's incident. */
    onReport(failure: Failure): void {
      words.remember(failure)
      unjudged.set(failure.endpoint, failure.id)
    },
    /** Whether these probes call for a verdict. */
    isDue: (incident: Incident, latest: Latest): boolean => isUnjudged(incident) || needsVerdict(incident, latest),
    async decide(incident: Incident, latest: Latest): Promise<Verdict> {
      const { endpoint, verdict: known } = incident
      const seen = await reportOf(incident)
      const disabled = isDisabled(incident)
      // A probe opened the incident, and the newest probe may itself be blind: the earlier finding stands.
      if (!seen && !disabled && known && deciding(latest)?.unverified) return known
      const verdict = judge({
        at: clock(),
        endpoint,
        url: urlOf(endpoint) ?? endpoint,
        report: seen,
        disabled,
        public: latest.public,
        internal: latest.internal,
      })
      const { rule, cause, vantage } = verdict
      const isNew = !known || known.rule !== rule || known.cause !== cause || known.vantage !== vantage
      if (isNew) logOnce(incident, verdict)
      const wasUnjudged = isUnjudged(incident)
      if (wasUnjudged) unjudged.delete(endpoint)
      const isNewer = wasUnjudged || (known !== null && seen !== null && known.at < seen.at)
      if (isNew || isNewer) await store(endpoint, verdict)
      return verdict
    },
    forget(endpoint: string): void {
      logged.delete(endpoint)
      unjudged.delete(endpoint)
      words.forget(endpoint)
    },
  }

  /** The newest report; before the first one, the newest early warning or disabling. */
  async function reportOf({ endpoint, report, signals }: Incident): Promise<ReportSeen | null> {
    if (report) return words.of(endpoint, report)
    if (!signals) return null
    if (signals.warning) return words.ofWarning(signals.warning)
    const { warnings, disablings, lastBadAt } = signals
    return warnings + disablings > 0 && lastBadAt !== null ? words.ofSilentWarning(lastBadAt) : null
  }

  function logOnce({ id, endpoint }: Incident, { cause, confidence, rule, checks, vantage, sentence }: Verdict): void {
    const key = [id, rule, cause, vantage].join(' ')
    if (logged.get(endpoint) === key) return
    logged.set(endpoint, key)
    log.warn({ incident_id: id, endpoint, cause, confidence, rule, checks }, sentence)
  }
}

/**
 * Whether these probes call for a verdict. A good probe does if there is none on the newest report yet, or if the endpoint
 * was disabled or enabled since; later good probes are the recovery, and the verdict on what was wrong stands.
 */
function needsVerdict(incident: Incident, latest: Latest): boolean {
  const { verdict, report, signals } = incident
  if (Object.values(latest).some((view) => !view.up)) return true
  const seen = report ?? signals?.warning ?? null
  if (verdict && isDisabled(incident) !== DISABLED_RULES.some(({ id }) => id === verdict.rule)) return true
  return !verdict || (seen !== null && (verdict.vantage === null || verdict.at < seen.at))
}
