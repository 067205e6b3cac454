import type { Cause } from '../cause/cause.ts'
import { rfc3339 } from '../text/human.ts'
import { place } from '../verdict/observation.ts'
import type { ProbeResult } from '../verdict/probe.ts'
import { REMEDIES } from './catalogue.ts'
import type { Remedy, RemedyId } from './remedy.ts'

/** What the placeholders are filled with. */
export interface RemedyFacts {
  readonly endpoint: string
  /** Canonical. */
  readonly url: string
  readonly code?: number
  readonly probe?: ProbeResult
  /** Of a certificate that the report alone calls expired: when it did, if the text says so, and when that was first reported. */
  readonly expired?: { readonly at: number | null; readonly reportedAt: number | null }
}

/**
 * A cause, as closely as the probe that was read with it tells.
 * @param report what the report itself says: that the host refused, or that the certificate has expired
 */
export function remedyId(
  cause: Cause,
  probe: ProbeResult | undefined,
  { refusal = false, expired }: { readonly refusal?: boolean; readonly expired?: unknown } = {},
): RemedyId {
  if (cause === 'connection_refused' && (refusal || probe?.cause === cause)) return 'connection_refused_seen'
  // A probe that received a certificate knows better.
  if (cause === 'tls' && (probe?.tls ? probe.tls.fault === 'expired' : expired)) return 'tls_expired'
  if (cause === 'timeout' && probe?.up) return 'timeout_up'
  if (cause === 'timeout' && probe?.cause === 'timeout' && probe.phase === 'connect') return 'timeout_connect'
  return cause
}

/** What of an incident decides what it calls for. */
interface Judged {
  readonly endpoint: string
  readonly cause: Cause
  readonly verdict: { readonly remedy?: RemedyId; readonly url?: string } | null
  readonly signals?: { readonly disabled: readonly unknown[] }
}

/**
 * The remedy that an incident calls for, and the canonical URL that it is about: the newest verdict's. Before there is
 * one, and where it is of a version that kept neither, the cause's (or that the endpoint is disabled) and its own. What a probe saw since has no
 * say: it may be well by now, and only the replica that probes knows it; so API and metrics say the same everywhere.
 * @param urlOf as of `endpointUrls`
 */
export function calledFor(
  { endpoint, cause, verdict, signals }: Judged,
  urlOf: (endpoint: string) => string | undefined,
): { readonly remedy: RemedyId; readonly url: string } {
  const unjudged = signals?.disabled.length ? 'disabled' : cause
  return { remedy: verdict?.remedy ?? unjudged, url: verdict?.url ?? urlOf(endpoint) ?? endpoint }
}

/** The remedies for a cause with the concrete endpoint, host and expiry filled in. */
export function remediesFor(cause: RemedyId, facts: RemedyFacts): Remedy {
  const { meaning, checks, fixes, verify } = REMEDIES[cause]
  const words = wordsOf(facts)
  const fill = (text: string): string => text.replace(/\{(\w+)\}/g, (whole, word: string) => words[word] ?? whole)
  // A check of this very code comes first.
  const isOwn = (check: string): boolean => check.startsWith(`Code ${facts.code}:`)
  const sorted = checks.toSorted((a, b) => Number(isOwn(b)) - Number(isOwn(a)))
  return { meaning: fill(meaning), checks: sorted.map(fill), fixes: fixes.map(fill), verify: fill(verify) }
}

/** Of `remediesFor` the checks alone. */
export const checksFor = (cause: RemedyId, facts: RemedyFacts): readonly string[] => remediesFor(cause, facts).checks

function wordsOf({ endpoint, url, code, probe, expired }: RemedyFacts): Readonly<Record<string, string>> {
  return {
    endpoint,
    // Stands between single quotes in commands, and may come from a report.
    url: url.replaceAll("'", '%27'),
    ...place(url),
    code: code === undefined ? 'none' : String(code),
    status: probe?.status === undefined ? 'none' : String(probe.status),
    expiry: probe?.tls
      ? ` (${probe.up ? 'now ' : ''}valid until ${rfc3339(probe.tls.notAfter)})`
      : expired
        ? reportedExpiryWords(expired)
        : '',
  }
}

const reportedExpiryWords = ({ at, reportedAt }: NonNullable<RemedyFacts['expired']>): string =>
  at === null
    ? reportedAt === null
      ? ''
      : ` (since ${rfc3339(reportedAt)} at the latest, by the platform’s report)`
    : ` (valid until ${rfc3339(at)}, by the platform’s report)`
