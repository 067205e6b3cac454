import type { Cause } from '../../src/domain/cause/cause.ts'
import type { ProbePhase, ProbeResult, Vantage } from '../../src/domain/verdict/probe.ts'
import { EXPIRING } from './faults.ts'

const DAY = 86_400_000
const PHASES: readonly ProbePhase[] = ['resolve', 'connect', 'tls', 'http']
const FAILING_PHASE: Readonly<Partial<Record<Cause, ProbePhase>>> = {
  dns: 'resolve',
  connection_refused: 'connect',
  unreachable: 'connect',
  connection_reset: 'http',
  tls: 'tls',
  timeout: 'http',
  redirect: 'http',
  authentication: 'http',
  not_found: 'http',
  server_error: 'http',
  unavailable: 'http',
}

export interface Probed {
  readonly endpoint: string
  readonly vantage: Vantage
  /** Why it fails; undefined if the endpoint is up. */
  readonly cause: Cause | undefined
  /** Without TLS. */
  readonly plain: boolean
}

/** @returns what a probe finds `ago` hours before the end of the week */
export function probeResult(
  { endpoint, vantage, cause, plain }: Probed,
  { now, ago, random }: { readonly now: number; readonly ago: number; readonly random: () => number },
): ProbeResult {
  const phases = plain ? PHASES.filter((phase) => phase !== 'tls') : PHASES
  const failed = cause && FAILING_PHASE[cause]
  const reached = failed ? phases.slice(0, phases.indexOf(failed) + 1) : phases
  const usual = { resolve: 3, connect: vantage === 'public' ? 18 : 1, tls: 42, http: vantage === 'public' ? 110 : 12 }
  const took = (phase: ProbePhase) =>
    cause === 'timeout' && phase === failed ? 5_000 : usual[phase] * (0.8 + random() * 0.5)
  const renewed = ago > EXPIRING.at + 90 * 24
  const days = endpoint === EXPIRING.endpoint && !renewed ? ago / 24 - EXPIRING.at / 24 : 52 + ago / 24
  return {
    endpoint,
    vantage,
    url: 'https://shop.example/',
    startedAt: now,
    up: cause === undefined,
    detail: '',
    phases: Object.fromEntries(reached.map((phase) => [phase, took(phase)])),
    ...(cause && { cause }),
    ...(failed && { phase: failed }),
    ...(reached.includes('tls') && {
      tls: {
        protocol: 'TLSv1.3',
        authorized: cause !== 'tls',
        subject: 'CN=shop.example',
        issuer: 'CN=Example CA',
        names: ['shop.example'],
        notBefore: now + days * DAY - 90 * DAY,
        notAfter: now + days * DAY,
        daysLeft: Math.floor(days),
      },
    }),
  }
}
