/**
 * How the end of an incident is known. The set is closed: it is a label.
 * Proven: by probes of the path, by probes that reached only the server, by deliveries that our own proxy saw succeed, or by
 * those that the platform reported. Then `manual`. Then not proven, and why: the probe got what the platform had got; it got
 * another answer that does not contradict the reports; this receiver could not look; nothing was probed; an earlier version
 * did not record why (`quiet`).
 */
export const ENDS = [
  'path',
  'reachability',
  'delivery',
  'platform',
  'manual',
  'same_answer',
  'other_answer',
  'blind',
  'not_probed',
  'quiet',
] as const
export type End = (typeof ENDS)[number]

/** Why an open incident would not close even if the quiet time were over. */
export const STAYS_OPEN = ['failing', 'disabled', 'pending'] as const
/** How an open incident would end if the quiet time were over. */
export type Prospect = End | (typeof STAYS_OPEN)[number]

export interface IncidentEnd<How extends Prospect = End> {
  readonly how: How
  /** What the probe got; absent if it got no answer, and for what says nothing about one. */
  readonly status?: number
}

/** What a probe says about the end of an incident, unless it contradicts the reports. */
export type Finding = IncidentEnd<'failing' | 'same_answer' | 'other_answer' | 'blind' | 'not_probed'>
