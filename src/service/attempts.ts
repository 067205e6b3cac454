import type { Network } from '../domain/verdict/reach.ts'

/** The newest outcome at one place, and what came before it. */
export interface Attempt {
  readonly at: number
  readonly network: Network
  readonly loopback: boolean
  /** Places of one host fail together, so they are no evidence for each other. */
  readonly host: string
  /** How long it counts as recent, in milliseconds. */
  readonly lasts: number
  readonly answered: boolean
  /** Whether it shows by itself that this receiver is cut off. */
  readonly isCutOff: boolean
  readonly answeredAt: number
  /** The first of the attempts in a row that reached nothing. */
  readonly failingSince: number
}

type Tried = Omit<Attempt, 'answeredAt' | 'failingSince'>

/** What was tried, by place (host and port, or a name): from it follows whether this receiver can see. */
export function attempts(now: () => number) {
  const known = new Map<string, Attempt>()
  const isRecent = ({ at, lasts }: Attempt): boolean => now() - at <= lasts

  return {
    note(place: string, tried: Tried): void {
      const before = known.get(place)
      const { answered, at } = tried
      known.set(place, {
        ...tried,
        answeredAt: answered ? at : (before?.answeredAt ?? Number.NEGATIVE_INFINITY),
        failingSince: before && !before.answered ? before.failingSince : at,
      })
    },
    /** Those of a network that are recent. */
    recent: (network: Network, loopback = false): Attempt[] =>
      [...known.values()].filter(
        (attempt) => isRecent(attempt) && (attempt.network === network || (loopback && attempt.loopback)),
      ),
    at: (place: string): Attempt | undefined => known.get(place),
  }
}

/** Whether attempts that reached nothing show that this receiver is cut off: by themselves, or since several hosts fell silent together. */
export function showBlindness(recent: readonly Attempt[]): boolean {
  const lastAnswer = Math.max(...recent.map(({ answeredAt }) => answeredAt))
  const silent = recent.filter(({ answered, failingSince }) => !answered && failingSince > lastAnswer)
  return silent.some(({ isCutOff }) => isCutOff) || new Set(silent.map(({ host }) => host)).size > 1
}
