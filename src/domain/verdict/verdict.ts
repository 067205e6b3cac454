import type { Cause } from '../cause/cause.ts'
import { overrules } from '../cause/compare-causes.ts'
import type { ReportedExpiry } from '../classify/expiry.ts'
import { checksFor, remedyId } from '../remedies/remedies.ts'
import type { RemedyId } from '../remedies/remedy.ts'
import { quoted, rfc3339 } from '../text/human.ts'
import { BLIND_RULES, UNVERIFIED } from './blind-rules.ts'
import { DISABLED_RULES } from './disabled-rules.ts'
import { conclusive, guarded, observation, place } from './observation.ts'
import type { ProbeResult, Vantage } from './probe.ts'
import { type Confidence, RULES, type Rule } from './verdict-rules.ts'
import { REPORTED, UP_HINTS } from './verdict-words.ts'

/** Report and probe read together. The failure's own cause stays as it was received. */
export interface Verdict {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly cause: Cause
  readonly confidence: Confidence
  /** The row of docs/verdicts.md that decided. */
  readonly rule: string
  /** What to do: the chapter of docs/remedies.md. Absent in verdicts of earlier versions: then the cause. */
  readonly remedy?: RemedyId
  /** When the certificate expired, where the report's text alone says that it has; null if it names no date. */
  readonly expiredAt?: number | null
  /** Canonical; what the checks are about. Absent in verdicts of earlier versions. */
  readonly url?: string
  /** For people: what is wrong, where it was seen, and what that means. */
  readonly sentence: string
  /** From where the probe looked that was read; null without one. */
  readonly vantage: Vantage | null
  /** What was seen, by whom and when; one line each. */
  readonly evidence: readonly string[]
  /** What to look at next, in order. */
  readonly checks: readonly string[]
}

/** A report as a verdict reads it. */
export interface ReportSeen {
  readonly at: number
  /** Absent for an early warning that gives no reason. */
  readonly code?: number
  readonly cause: Cause
  /** The platform's own words, without secrets; empty or absent if it had none. */
  readonly message?: string
  /** Whether our own proxy saw it; the platform did otherwise. */
  readonly byProxy?: boolean
  /** Whether they report a refusal by the host, and not only that no connection was made. */
  readonly refusal?: boolean
  /** That the certificate has expired, if the words say so. */
  readonly expired?: ReportedExpiry
}

export interface Case {
  readonly at: number
  readonly endpoint: string
  /** The endpoint's canonical URL, for the checks. */
  readonly url: string
  /** Null where probes alone found it. */
  readonly report: ReportSeen | null
  /** Whether a source has disabled the endpoint. */
  readonly disabled?: boolean
  readonly public?: ProbeResult | undefined
  readonly internal?: ProbeResult | undefined
}

/** Every rule; the first that fits decides. */
export const ALL_RULES: readonly Rule[] = [...DISABLED_RULES, ...BLIND_RULES, ...RULES]

/** @param rule a verdict's rule; unknown rules of earlier versions are not unprovable */
export const isUnprovable = (rule: string): boolean => ALL_RULES.some(({ id, unprovable }) => id === rule && unprovable)

/** Most verdicts that an incident keeps. */
const HISTORY = 20

/** Reads a report and the newest probes of its endpoint together. Pure and total: the first rule that fits decides. */
export function judge(seen: Case): Verdict {
  const { report } = seen
  const outside = seen.public && conclusive(seen.public) ? seen.public : undefined
  const inside = seen.internal && conclusive(seen.internal) ? seen.internal : undefined
  const views = [seen.public, seen.internal]
  const situation = {
    report: report?.cause ?? null,
    outside,
    inside,
    blocked: views.some((view) => view && guarded(view)),
    unverified: views.some((view) => view?.unverified),
    disabled: seen.disabled === true,
  }
  const rule = ALL_RULES.find((candidate) => candidate.fits(situation))!
  const probe = rule.vantage === null ? undefined : rule.vantage === 'internal' ? inside : (outside ?? inside)
  const decides = rule.decides === 'probe' && overrules(probe, report?.cause ?? null)
  const cause = (decides ? probe?.cause : report?.cause) ?? report?.cause ?? probe?.cause ?? 'unknown'
  const remedy = rule.remedy ?? remedyId(cause, probe, report ?? undefined)
  const url = probe?.url ?? seen.url
  return {
    at: seen.at,
    cause,
    confidence: rule.confidence(situation),
    rule: rule.id,
    remedy,
    ...(remedy === 'tls_expired' && !probe?.tls && { expiredAt: report?.expired?.at ?? null }),
    url,
    sentence: sentence(rule, { seen, probe, outside, inside }),
    vantage: probe?.vantage ?? null,
    evidence: [
      ...(report ? [reportedLine(report)] : []),
      ...[seen.public, seen.internal].flatMap((result) => (result ? [evidenceOf(result)] : [])),
    ],
    checks: checksFor(remedy, {
      endpoint: seen.endpoint,
      url,
      ...(report?.code !== undefined && { code: report.code }),
      ...(probe && { probe }),
    }),
  }
}

function reportedLine({ at, code, cause, message, byProxy }: ReportSeen): string {
  const who = byProxy ? 'the proxy saw' : 'the platform reported'
  const reason = code === undefined ? 'a failure without a reason' : `code ${code}, cause ${cause}`
  return `${rfc3339(at)} ${who} ${reason}${message ? `: ${quoted(message)}` : ''}`
}

function evidenceOf(probe: ProbeResult): string {
  if (probe.unverified)
    return `${rfc3339(probe.startedAt)} ${UNVERIFIED} (probe from the ${probe.vantage} vantage point, phase ${probe.phase}: ${probe.detail})`
  return `${rfc3339(probe.startedAt)} probe from the ${probe.vantage} vantage point: ${observation(probe)}`
}

function sentence(
  rule: Rule,
  parts: {
    seen: Case
    probe: ProbeResult | undefined
    outside: ProbeResult | undefined
    inside: ProbeResult | undefined
  },
): string {
  const { seen, probe, outside, inside } = parts
  const cause = seen.report?.cause ?? 'unknown'
  const { report } = seen
  const reported = report?.refusal
    ? 'a refused connection'
    : report?.expired
      ? report.expired.at === null
        ? 'an expired certificate'
        : `a certificate that expired at ${rfc3339(report.expired.at)}`
      : REPORTED[cause]
  const said = report?.message ? quoted(report.message) : ''
  const saw = `the platform saw ${reported}`
  const details = [...(report?.code === undefined ? [] : [`code ${report.code}`]), ...(said ? [said] : [])].join(': ')
  const sawCode = details ? `${saw} (${details})` : saw
  const words: Readonly<Record<string, string>> = {
    host: place(probe?.url ?? seen.url).host,
    platform: said ? sawCode : saw,
    platformCode: sawCode,
    report: reported,
    probe: probe ? observation(probe) : '',
    probed: probe ? observation(probe) : 'not probed',
    outside: outside ? observation(outside) : '',
    inside: inside ? observation(inside) : '',
    hint: UP_HINTS[cause],
  }
  const text = capital(rule.sentence.replace(/\{(\w+)\}/g, (_, word: string) => words[word] ?? ''))
  // The platform's own words come first, whatever was found.
  return said && !rule.sentence.startsWith('{platform') ? `${capital(sawCode)}. ${text}` : text
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/**
 * Adds a verdict to a history, oldest first. One that says the same as the newest replaces it; of more than 20 the first
 * and the newest are kept.
 */
export function addVerdict(history: readonly Verdict[], verdict: Verdict): Verdict[] {
  const newest = history.at(-1)
  if (newest && newest.rule === verdict.rule && newest.cause === verdict.cause && newest.vantage === verdict.vantage) {
    return [...history.slice(0, -1), { ...verdict, at: newest.at }]
  }
  const all = [...history, verdict]
  return all.length <= HISTORY ? all : [all[0]!, ...all.slice(all.length - HISTORY + 1)]
}
