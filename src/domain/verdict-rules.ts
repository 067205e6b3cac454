import {
  comparedBy,
  isDown,
  isRelatedCause,
  isSameCause,
  NEEDS_DELIVERY,
  type Situation,
  viewOf,
} from './compare-causes.ts'
import type { Vantage } from './probe.ts'

/** Whether report and probe agree, or which of them exists. */
export const CONFIDENCES = ['agree', 'differ', 'only_report', 'only_probe'] as const
export type Confidence = (typeof CONFIDENCES)[number]

export interface Rule {
  readonly id: string
  /** The pair class, for docs/verdicts.md. */
  readonly when: string
  readonly fits: (situation: Situation) => boolean
  /** The source of the verdict's cause. */
  readonly decides: 'report' | 'probe'
  /** The probe that counts: public if there is one, unless set here. Null means none. */
  readonly vantage?: Vantage | null
  readonly confidence: (situation: Situation) => Confidence
  /** Placeholders: platform, platformCode, host, report, probe, outside, inside, hint. */
  readonly sentence: string
  /** The same for an alert, which knows no times; printed after the remedy's meaning. Placeholder: hint, by the verdict's cause. */
  readonly brief: string
  /** A good probe does not prove that the platform gets through again, so closing on it is no proof of the fix. */
  readonly unprovable?: true
}

const always = (confidence: Confidence) => () => confidence

/** The first rule that fits decides, after those of blind-rules.ts. The last one always fits. */
export const RULES: readonly Rule[] = [
  {
    id: 'path_broken',
    when: 'the application answers inside, but the public path does not',
    fits: ({ outside, inside }) => inside?.up === true && isDown(outside),
    decides: 'probe',
    confidence: (s) => (s.report === null ? 'only_probe' : isSameCause(s) || isRelatedCause(s) ? 'agree' : 'differ'),
    sentence: 'app fine inside ({inside}), path to it broken: {outside}',
    brief: 'The application answers inside: the path to it is broken.',
  },
  {
    id: 'down_inside',
    when: 'neither the public path nor the application behind it is up',
    fits: ({ outside, inside }) => isDown(outside) && isDown(inside),
    decides: 'probe',
    vantage: 'internal',
    confidence: (s) =>
      s.report === null ? 'only_probe' : s.report === s.inside?.cause || isSameCause(s) ? 'agree' : 'differ',
    sentence: 'the application itself is down: {inside}; seen from outside: {outside}',
    brief: 'The application itself does not answer, from inside either.',
  },
  {
    id: 'down_inside_only',
    when: 'the public path answers, but the application behind it does not',
    fits: ({ report, outside, inside }) =>
      outside?.up === true && isDown(inside) && (report === null || !NEEDS_DELIVERY.includes(report)),
    decides: 'probe',
    vantage: 'internal',
    confidence: (s) => (s.report === null ? 'only_probe' : s.report === s.inside?.cause ? 'agree' : 'differ'),
    sentence: 'something in front still answers ({outside}), but not the application: {inside}',
    brief: 'Something in front of it still answers, but the application does not.',
  },
  {
    id: 'probe_only',
    when: 'no report, a probe fails',
    fits: (s) => s.report === null && isDown(viewOf(s)),
    decides: 'probe',
    confidence: always('only_probe'),
    sentence: '{probe}; the platform has reported nothing so far',
    brief: 'Seen by probes from here; the platform has reported nothing so far.',
  },
  {
    id: 'ok',
    when: 'no report, probes succeed',
    fits: (s) => s.report === null && viewOf(s)?.up === true,
    decides: 'probe',
    confidence: always('only_probe'),
    sentence: '{probe}; the earlier failure is no longer seen',
    brief: 'Probes from here succeed again.',
  },
  {
    id: 'agree',
    when: 'report and probe name the same cause',
    fits: isSameCause,
    decides: 'report',
    confidence: always('agree'),
    sentence: '{probe}, seen from here too',
    brief: 'Seen from here too.',
  },
  {
    id: 'no_reason',
    when: 'the report names no reason, the probe fails',
    fits: (s) => s.report === 'unknown' && isDown(viewOf(s)),
    decides: 'probe',
    confidence: always('only_probe'),
    sentence: '{probe}; the report itself names no reason',
    brief: 'The report names no reason; this is what is seen from here.',
  },
  {
    id: 'probe_unclear',
    when: 'the report names a reason, the probe fails without one',
    fits: (s) => s.report !== null && viewOf(s)?.cause === 'unknown',
    decides: 'report',
    confidence: always('only_report'),
    sentence: '{platformCode}; {probe}',
    brief: 'A probe from here fails too, for an unknown reason.',
  },
  {
    id: 'related',
    when: 'report and probe name causes that can be one problem seen from two places',
    fits: isRelatedCause,
    decides: 'probe',
    confidence: always('agree'),
    sentence: '{platform}; from here {probe}, which explains it',
    brief: 'This is what is seen from here, and it explains what the platform saw.',
  },
  {
    id: 'slow',
    when: 'report or probe timed out, and the other one names another cause',
    fits: (s) => isDown(viewOf(s)) && (s.report === 'timeout' || viewOf(s)?.cause === 'timeout'),
    decides: 'probe',
    confidence: always('differ'),
    sentence: '{platform}, from here {probe}: the probe is newer, so start with what it saw',
    brief: 'This is what is seen from here; the platform saw something else earlier.',
  },
  {
    id: 'probe_earlier',
    when: 'the probe fails at an earlier step than the report',
    fits: comparedBy((report, probe) => probe < report),
    decides: 'probe',
    confidence: always('differ'),
    sentence: 'the platform got as far as {report}; now {probe}, at an earlier step',
    brief: 'This is what is seen from here; the platform got further.',
  },
  {
    id: 'report_earlier',
    when: 'the probe gets further than the report did, and fails there',
    fits: comparedBy((report, probe) => report < probe),
    decides: 'report',
    confidence: always('differ'),
    sentence: '{platform}, from here {probe}: the platform does not get that far, so start with its path to {host}',
    brief: 'Probes from here get further: start with the platform’s path to it.',
  },
  {
    id: 'same_place',
    when: 'report and probe fail at the same place in different ways',
    fits: (s) => s.report !== null && isDown(viewOf(s)),
    decides: 'probe',
    confidence: always('differ'),
    sentence: '{platform}, from here {probe}: the probe is newer, so it decides',
    brief: 'This is what is seen from here; the platform saw something else at the same place.',
  },
  {
    id: 'up_unseen',
    when: 'the probe succeeds, and the report names a cause that only a real delivery can meet',
    fits: (s) => s.report !== null && viewOf(s)?.up === true && NEEDS_DELIVERY.includes(s.report),
    decides: 'report',
    confidence: always('only_report'),
    sentence: '{platformCode}, from here {probe}, but a probe sends no delivery: {hint}',
    brief: 'From here it answers, but a probe sends no delivery: {hint}.',
    unprovable: true,
  },
  {
    id: 'up',
    when: 'the probe succeeds, and the report names a cause that a probe would meet too',
    fits: (s) => s.report !== null && viewOf(s)?.up === true,
    decides: 'report',
    confidence: always('differ'),
    sentence: '{platform}, from here {probe}: {hint}',
    brief: 'Probes from here succeed: {hint}.',
    unprovable: true,
  },
  {
    id: 'probe_forbidden',
    when: 'outbound.allow does not let the endpoint be probed',
    fits: (s) => s.report !== null && s.blocked,
    decides: 'report',
    confidence: always('only_report'),
    sentence: '{platformCode}; probes of {host} are not allowed, see outbound.allow',
    brief: 'Probes of it are not allowed, see outbound.allow.',
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

/** Caution for incidents whose newest verdict came from an `unprovable` rule. */
export const UNPROVABLE =
  'A probe goes another way than the platform: until one of its deliveries is seen to arrive, more may be lost'
/** @param rule a verdict's rule; unknown rules of earlier versions are not unprovable */
export const isUnprovable = (rule: string): boolean => RULES.some(({ id, unprovable }) => id === rule && unprovable)
