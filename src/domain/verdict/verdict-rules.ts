import {
  comparedBy,
  isDown,
  isRelatedCause,
  isSameCause,
  NEEDS_DELIVERY,
  overrules,
  type Situation,
  viewOf,
} from '../cause/compare-causes.ts'
import type { RemedyId } from '../remedies/remedy.ts'
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
  /** What to do, where it does not follow from the cause. */
  readonly remedy?: RemedyId
  /** Placeholders: platform, platformCode, host, report, probe, probed, outside, inside, hint. */
  readonly sentence: string
  /** The same for an alert, which knows no times; printed after the remedy's meaning. Placeholder: hint, by the verdict's cause. */
  readonly brief: string
  /** A good probe does not prove that the platform gets through again, so closing on it is no proof of the fix. */
  readonly unprovable?: true
}

const always = (confidence: Confidence) => () => confidence

/** The first rule that fits decides, after those of disabled-rules.ts and blind-rules.ts. The last one always fits. */
export const RULES: readonly Rule[] = [
  {
    id: 'path_broken',
    when: 'the application answers inside the cluster, but the public path to it does not',
    fits: ({ report, outside, inside }) => inside?.up === true && overrules(outside, report),
    decides: 'probe',
    confidence: (s) => (s.report === null ? 'only_probe' : isSameCause(s) || isRelatedCause(s) ? 'agree' : 'differ'),
    sentence: 'the application answers internally ({inside}), but the public path is broken: {outside}',
    brief: 'The application answers internally: the public path to it is broken.',
  },
  {
    id: 'down_inside',
    when: 'neither the public path nor the application behind it is up',
    fits: ({ report, outside, inside }) => isDown(outside) && overrules(inside, report),
    decides: 'probe',
    vantage: 'internal',
    confidence: (s) =>
      s.report === null ? 'only_probe' : s.report === s.inside?.cause || isSameCause(s) ? 'agree' : 'differ',
    sentence: 'the application itself is down: {inside}; from outside: {outside}',
    brief: 'The application itself does not answer, not even internally.',
  },
  {
    id: 'down_inside_only',
    when: 'the public path answers, the application behind it does not',
    fits: ({ report, outside, inside }) =>
      outside?.up === true && isDown(inside) && (report === null || !NEEDS_DELIVERY.includes(report)),
    decides: 'probe',
    vantage: 'internal',
    confidence: (s) => (s.report === null ? 'only_probe' : s.report === s.inside?.cause ? 'agree' : 'differ'),
    sentence: 'a proxy in front still answers ({outside}), but the application does not: {inside}',
    brief: 'A proxy in front still answers, but the application behind it does not.',
  },
  {
    id: 'probe_only',
    when: 'no report, the probe fails',
    fits: (s) => s.report === null && isDown(viewOf(s)),
    decides: 'probe',
    confidence: always('only_probe'),
    sentence: '{probe}; the platform has not reported a failure yet',
    brief: 'Found by a probe; the platform has not reported a failure yet.',
  },
  {
    id: 'ok',
    when: 'no report, the probe is good',
    fits: (s) => s.report === null && viewOf(s)?.up === true,
    decides: 'probe',
    confidence: always('only_probe'),
    sentence: '{probe}; the earlier failure no longer occurs',
    brief: 'The probe is good again.',
  },
  {
    id: 'agree',
    when: 'report and probe name the same cause',
    fits: isSameCause,
    decides: 'report',
    confidence: always('agree'),
    sentence: '{probe}, confirmed by a probe',
    brief: 'Confirmed by a probe.',
  },
  {
    id: 'no_reason',
    when: 'the report names no reason, the probe fails',
    fits: (s) => s.report === 'unknown' && isDown(viewOf(s)),
    decides: 'probe',
    confidence: always('only_probe'),
    sentence: '{probe}; the report itself names no reason',
    brief: 'The report names no reason; this is what the probe found.',
  },
  {
    id: 'probe_unclear',
    when: 'the report names a reason, the probe fails without one',
    fits: (s) => s.report !== null && viewOf(s)?.cause === 'unknown',
    decides: 'report',
    confidence: always('only_report'),
    sentence: '{platformCode}; {probe}',
    brief: 'The probe fails too, but without a reason.',
  },
  {
    id: 'related',
    when: 'report and probe name related causes: one fault seen from two places',
    fits: isRelatedCause,
    decides: 'probe',
    confidence: always('agree'),
    sentence: '{platform}, which the probe explains: {probe}',
    brief: 'This is what the probe found; it explains what the platform saw.',
  },
  {
    id: 'slow',
    when: 'the report or the probe timed out, and the probe fails earlier than at the answer',
    fits: (s) => overrules(viewOf(s), s.report) && (s.report === 'timeout' || viewOf(s)?.cause === 'timeout'),
    decides: 'probe',
    confidence: always('differ'),
    sentence: '{platform}, but the probe found: {probe}. The probe is newer, so start with its finding',
    brief: 'This is what the probe found; the platform saw something else before.',
  },
  {
    id: 'probe_earlier',
    when: 'the probe is stopped earlier on the path than the report was',
    fits: comparedBy((report, probe) => probe < report),
    decides: 'probe',
    confidence: always('differ'),
    sentence: 'the platform got as far as {report}; now the probe fails earlier: {probe}',
    brief: 'This is what the probe found; the platform got further before.',
  },
  {
    id: 'report_earlier',
    when: 'the probe gets further than the report did, and fails there',
    fits: comparedBy((report, probe) => report < probe),
    decides: 'report',
    confidence: always('differ'),
    sentence: '{platform}, but the probe gets further: {probe}. Start with the platform’s path to {host}',
    brief: 'The probe gets further than the platform: start with the platform’s path to the endpoint.',
  },
  {
    id: 'same_place',
    when: 'the probe fails in another way, and no earlier than at the answer: it is no delivery, so the report decides',
    fits: (s) => s.report !== null && isDown(viewOf(s)),
    decides: 'report',
    confidence: always('differ'),
    sentence: '{platformCode}. The probe, which is not a delivery, found: {probe}',
    brief: 'A probe, which is not a delivery, fails in another way.',
  },
  {
    id: 'up_unseen',
    when: 'the probe is good, and the report names what only a real delivery runs into',
    fits: (s) => s.report !== null && viewOf(s)?.up === true && NEEDS_DELIVERY.includes(s.report),
    decides: 'report',
    confidence: always('only_report'),
    sentence: '{platformCode}. The probe succeeds ({probe}), but it is not a real delivery: {hint}',
    brief: 'The probe succeeds, but it is not a real delivery: {hint}.',
    unprovable: true,
  },
  {
    id: 'up',
    when: 'the probe is good, and the report names what a probe would run into too',
    fits: (s) => s.report !== null && viewOf(s)?.up === true,
    decides: 'report',
    confidence: always('differ'),
    sentence: '{platform}, but the probe succeeds ({probe}): {hint}',
    brief: 'The probe succeeds: {hint}.',
    unprovable: true,
  },
  {
    id: 'probe_forbidden',
    when: 'outbound.allow does not permit probing the endpoint',
    fits: (s) => s.report !== null && s.blocked,
    decides: 'report',
    confidence: always('only_report'),
    sentence: '{platformCode}; outbound.allow does not permit probing {host}',
    brief: 'Not probed: outbound.allow does not permit it.',
  },
  {
    id: 'report_only',
    when: 'there is no probe',
    fits: () => true,
    decides: 'report',
    confidence: always('only_report'),
    sentence: '{platformCode}; the endpoint is not probed',
    brief: 'The endpoint is not probed.',
  },
]

/** Caution for incidents whose newest verdict came from an `unprovable` rule. */
export const UNPROVABLE =
  'A probe goes another way than the platform: until one of its deliveries is seen to arrive, more may be lost'
