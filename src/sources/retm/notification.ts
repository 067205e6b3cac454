import { rfc3339 } from '../../domain/human.ts'
/**
 * Body of a notification as RETM sends them, for simulations; the spelling of `business_refrence` is its own.
 * @param set members laid over it
 * @param now milliseconds since the epoch
 */
export const notification = (event: string, set: Readonly<Record<string, unknown>>, now: number): string =>
  JSON.stringify({
    business_refrence: 'simulation',
    timestamp: rfc3339(now),
    event,
    reference: `sim-${now.toString(36)}`,
    ...set,
  })
