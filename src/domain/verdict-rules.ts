import type { Cause } from './cause.ts'
import type { ProbeResult, Vantage } from './probe.ts'

/** Whether report and probe say the same, or which of them there is. */
export const CONFIDENCES = ['agree', 'differ', 'only_report', 'only_probe'] as const
export type Confidence = (typeof CONFIDENCES)[number]

/** What a rule looks at. Probes that say nothing are absent here; `blocked` and `unverified` tell that there was one. */
export interface Situation {
  /** Cause of the report; null where there is none. */
  readonly report: Cause | null
  readonly outside: ProbeResult | undefined
  readonly inside: ProbeResult | undefined
  readonly blocked: boolean
  /** A probe reached nothing, and this receiver is not known to reach anything. */
  readonly unverified: boolean
}

export interface Rule {
  readonly id: string
  /** The pair class, for docs/verdicts.md. */
  readonly when: string
  readonly fits: (situation: Situation) => boolean
  /** Whose cause the verdict takes. */
  readonly decides: 'report' | 'probe'
  /** The probe that is read; public where there is one unless this says otherwise. Null: none. */
  readonly vantage?: Vantage | null
  readonly confidence: (situation: Situation) => Confidence
  /** Placeholders: platform, platformCode, host, report, probe, outside, inside, hint. */
  readonly sentence: string
  /** The same for an alert, which knows causes and no times; follows what the remedy means. Placeholder: hint, by the verdict's cause. */
  readonly brief: string
  /** A good probe does not show that the platform gets through again: what closes on it is not proven to be fixed. */
  readonly unprovable?: true
}

/**
 * How far a request gets before this cause stops it. A request meets obstacles in this order, so where report and probe
 * name different ones, the earlier is the one that stands in the way. `timeout` and `unknown` have no place of their own.
 */
const LAYERS: Readonly<Partial<Record<Cause, number>>> = {
  dns: 1,
  unreachable: 2,
  connection_refused: 2,
  connection_reset: 2,
  tls: 3,
  protocol: 4,
  redirect: 5,
  blocked: 5,
  authentication: 5,
  not_found: 5,
  rejected: 5,
  rate_limited: 5,
  server_error: 5,
  unavailable: 5,
}
const layerOf = (cause: Cause): number | undefined => LAYERS[cause]

/** Causes that only a real delivery meets: a probe sends no body, no signature and no credential of the platform. */
const UNSEEN: readonly Cause[] = ['authentication', 'not_found', 'rejected', 'rate_limited', 'server_error', 'blocked']

/** Pairs that are one trouble seen from two places. */
const KIN: Readonly<Partial<Record<Cause, readonly Cause[]>>> = {
  timeout: ['unreachable', 'connection_refused', 'unavailable'],
  unreachable: ['timeout', 'connection_refused'],
  connection_refused: ['unreachable', 'unavailable', 'timeout', 'connection_reset'],
  connection_reset: ['protocol', 'connection_refused', 'tls'],
  protocol: ['connection_reset', 'tls'],
  tls: ['protocol', 'connection_reset'],
  unavailable: ['connection_refused', 'timeout', 'server_error'],
  server_error: ['unavailable'],
}

const always = (confidence: Confidence) => () => confidence
const down = (probe: ProbeResult | undefined): boolean => probe !== undefined && !probe.up
const seen = ({ outside, inside }: Situation): ProbeResult | undefined => outside ?? inside
/** Two that name no reason do not agree on one. */
const same = (s: Situation): boolean => s.report !== null && s.report !== 'unknown' && s.report === seen(s)?.cause
const kin = (s: Situation): boolean => s.report !== null && KIN[s.report]?.includes(seen(s)?.cause as Cause) === true
const comparedBy =
  (test: (report: number, probe: number) => boolean) =>
  (s: Situation): boolean => {
    const probe = seen(s)
    if (s.report === null || !probe || probe.up) return false
    const [reported, found] = [layerOf(s.report), layerOf(probe.cause ?? 'unknown')]
    return reported !== undefined && found !== undefined && test(reported, found)
  }

/** The first rule that fits decides, after those of blind-rules.ts. The last one always fits. */
export const RULES: readonly Rule[] = [
  {
    id: 'path_broken',
    when: 'the application answers inside, the public way to it does not',
    fits: ({ outside, inside }) => inside?.up === true && down(outside),
    decides: 'probe',
    confidence: (s) => (s.report === null ? 'only_probe' : same(s) || kin(s) ? 'agree' : 'differ'),
    sentence: 'app fine inside ({inside}), path to it broken: {outside}',
    brief: 'The application answers inside: it is the way to it that is broken.',
  },
  {
    id: 'down_inside',
    when: 'neither the public way nor the application behind it is up',
    fits: ({ outside, inside }) => down(outside) && down(inside),
    decides: 'probe',
    vantage: 'internal',
    confidence: (s) =>
      s.report === null ? 'only_probe' : s.report === s.inside?.cause || same(s) ? 'agree' : 'differ',
    sentence: 'the application itself is down: {inside}; seen from outside: {outside}',
    brief: 'The application itself does not answer, from inside either.',
  },
  {
    id: 'down_inside_only',
    when: 'the public way answers, the application behind it does not',
    fits: ({ report, outside, inside }) =>
      outside?.up === true && down(inside) && (report === null || !UNSEEN.includes(report)),
    decides: 'probe',
    vantage: 'internal',
    confidence: (s) => (s.report === null ? 'only_probe' : s.report === s.inside?.cause ? 'agree' : 'differ'),
    sentence: 'something in front still answers ({outside}), but not the application: {inside}',
    brief: 'Something in front still answers, the application behind it does not.',
  },
  {
    id: 'probe_only',
    when: 'no report, a probe fails',
    fits: (s) => s.report === null && down(seen(s)),
    decides: 'probe',
    confidence: always('only_probe'),
    sentence: '{probe}; the platform has reported nothing so far',
    brief: 'Seen by probes from here; the platform has reported nothing so far.',
  },
  {
    id: 'ok',
    when: 'no report, probes are good',
    fits: (s) => s.report === null && seen(s)?.up === true,
    decides: 'probe',
    confidence: always('only_probe'),
    sentence: '{probe}; what failed before is not seen any more',
    brief: 'From here it is well again.',
  },
  {
    id: 'agree',
    when: 'report and probe name the same cause',
    fits: same,
    decides: 'report',
    confidence: always('agree'),
    sentence: '{probe}, seen from here too',
    brief: 'Seen from here too.',
  },
  {
    id: 'no_reason',
    when: 'the report names no reason, the probe fails',
    fits: (s) => s.report === 'unknown' && down(seen(s)),
    decides: 'probe',
    confidence: always('only_probe'),
    sentence: '{probe}; the report itself names no reason',
    brief: 'The report names no reason; this is what is seen from here.',
  },
  {
    id: 'probe_unclear',
    when: 'the report names a reason, the probe fails without one',
    fits: (s) => s.report !== null && seen(s)?.cause === 'unknown',
    decides: 'report',
    confidence: always('only_report'),
    sentence: '{platformCode}; {probe}',
    brief: 'A probe from here fails too, without a reason.',
  },
  {
    id: 'related',
    when: 'report and probe name causes that are one trouble seen from two places',
    fits: kin,
    decides: 'probe',
    confidence: always('agree'),
    sentence: '{platform}; from here {probe}, which explains it',
    brief: 'This is what is seen from here, and it explains what the platform saw.',
  },
  {
    id: 'slow',
    when: 'the report or the probe ran into a deadline, the other one names another cause',
    fits: (s) => down(seen(s)) && (s.report === 'timeout' || seen(s)?.cause === 'timeout'),
    decides: 'probe',
    confidence: always('differ'),
    sentence: '{platform}, from here {probe}: the probe is newer, so begin with what it saw',
    brief: 'This is what is seen from here; the platform saw something else before.',
  },
  {
    id: 'probe_earlier',
    when: 'the probe is stopped earlier on the way than the report was',
    fits: comparedBy((report, probe) => probe < report),
    decides: 'probe',
    confidence: always('differ'),
    sentence: 'the platform still got as far as {report}; now {probe}, which stands before it',
    brief: 'This is what is seen from here; the platform still got further.',
  },
  {
    id: 'report_earlier',
    when: 'the probe gets further than the report did, and fails there',
    fits: comparedBy((report, probe) => report < probe),
    decides: 'report',
    confidence: always('differ'),
    sentence: '{platform}, from here {probe}: the platform does not get that far, so begin with its way to {host}',
    brief: 'From here one gets further: begin with the platform’s way to it.',
  },
  {
    id: 'same_place',
    when: 'report and probe fail at the same place in different ways',
    fits: (s) => s.report !== null && down(seen(s)),
    decides: 'probe',
    confidence: always('differ'),
    sentence: '{platform}, from here {probe}: the probe is newer, so it decides',
    brief: 'This is what is seen from here; the platform saw something else at the same place.',
  },
  {
    id: 'up_unseen',
    when: 'the probe is good, and the report names what only a real delivery meets',
    fits: (s) => s.report !== null && seen(s)?.up === true && UNSEEN.includes(s.report),
    decides: 'report',
    confidence: always('only_report'),
    sentence: '{platformCode}, from here {probe}, but a probe sends no delivery: {hint}',
    brief: 'From here it answers, but a probe sends no delivery: {hint}.',
    unprovable: true,
  },
  {
    id: 'up',
    when: 'the probe is good, and the report names what a probe would meet too',
    fits: (s) => s.report !== null && seen(s)?.up === true,
    decides: 'report',
    confidence: always('differ'),
    sentence: '{platform}, from here {probe}: {hint}',
    brief: 'From here it is well: {hint}.',
    unprovable: true,
  },
  {
    id: 'probe_forbidden',
    when: 'outbound.allow does not let the endpoint be probed',
    fits: (s) => s.report !== null && s.blocked,
    decides: 'report',
    confidence: always('only_report'),
    sentence: '{platformCode}; {host} may not be looked at from here, see outbound.allow',
    brief: 'It may not be looked at from here, see outbound.allow.',
  },
  {
    id: 'report_only',
    when: 'there is no probe',
    fits: () => true,
    decides: 'report',
    confidence: always('only_report'),
    sentence: '{platformCode}; nothing was probed from here',
    brief: 'Nothing is probed from here.',
  },
]

/** What is to be said of the end of an incident whose newest verdict came from such a rule. */
export const UNPROVABLE =
  'A probe goes another way than the platform: until one of its deliveries is seen to arrive, more may be lost'
/** @param rule a verdict's; one of an earlier version may be unknown and is none of them */
export const isUnprovable = (rule: string): boolean => RULES.some(({ id, unprovable }) => id === rule && unprovable)

/** Where to look when the platform fails and a probe does not, by the report's cause. */
export const UP_HINTS: Readonly<Record<Cause, string>> = {
  dns: 'look at the zone’s name servers and recent changes; the platform’s resolver may hold or get another answer',
  connection_refused:
    'look for a restart at that time, and for one of several addresses that does not accept connections',
  connection_reset: 'look for a restart, a load balancer’s idle time-out, or a firewall between the platform and you',
  unreachable: 'look at routes and firewalls between the platform and you, and at IPv6 if the name has such an address',
  tls: 'look at what the platform’s client may lack: an intermediate certificate, a newer root, TLS 1.2, or a server name',
  timeout: 'look at slowness under load, or at a firewall between the platform and you',
  redirect: 'register the final URL with the platform; a redirect may depend on host name, method or client',
  authentication: 'compare the token that the platform holds with the one that the handler accepts',
  not_found: 'compare the registered URL with the application’s route for POST, character by character',
  rejected: 'look at the application’s log for what it refused in the body',
  rate_limited: 'look at limits in front of the application, and exempt the platform',
  server_error: 'look at the application’s log for the exception at that time',
  unavailable: 'look for a restart or failed health checks of the application at that time',
  protocol: 'look for crashes and time-outs that cut an answer short, and for a proxy in between',
  blocked: 'look at the firewall’s log, and allow the platform’s addresses',
  unknown: 'look at the application’s and the proxy’s log at that time',
}
