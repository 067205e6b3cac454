import { CAUSES, type Cause } from '../cause/cause.ts'

/**
 * Refinements of a cause: which part of it failed, or how far the platform gets; `disabled` hides any cause. A closed set,
 * because it is a label.
 */
const REFINEMENTS = {
  disabled: 'unknown',
  connection_refused_seen: 'connection_refused',
  tls_expired: 'tls',
  timeout_connect: 'timeout',
  timeout_up: 'timeout',
} as const satisfies Record<string, Cause>
/** A cause, or one of its refinements. */
export type RemedyId = Cause | keyof typeof REFINEMENTS
/** The cause that a remedy belongs to. */
export const causeOf = (id: RemedyId): Cause => REFINEMENTS[id as keyof typeof REFINEMENTS] ?? id
/** Each cause, followed by its refinements. */
export const REMEDY_IDS: readonly RemedyId[] = CAUSES.flatMap((cause): RemedyId[] => [
  cause,
  ...(Object.keys(REFINEMENTS) as (keyof typeof REFINEMENTS)[]).filter((id) => REFINEMENTS[id] === cause),
])

/**
 * What to do about a cause. Texts may contain the placeholders endpoint, host, port, url, code, status and expiry. A
 * command is in backquotes and ready to paste: it terminates on its own, and quotes any URL.
 */
export interface Remedy {
  readonly meaning: string
  /** In the order in which to run them. */
  readonly checks: readonly string[]
  readonly fixes: readonly string[]
  /** How to confirm that the fix worked. */
  readonly verify: string
}
/** Remedies by id; each file of texts has some of them. */
export type RemedyTexts = Readonly<Partial<Record<RemedyId, Remedy>>>
