import type { IncidentSettings } from '../domain/incident/incident.ts'

/**
 * Milliseconds between two probes while an incident is open: short at first, since most recoveries are quick, then such
 * that the good probes that prove a recovery fit into the quiet time.
 */
export function recheckIntervals({ quietTime, goodProbes }: IncidentSettings): { first: number; longest: number } {
  const longest = Math.min(60_000, quietTime / (goodProbes + 1))
  return { first: Math.min(5_000, longest), longest }
}
