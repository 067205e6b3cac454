import { rfc3339 } from '../../domain/text/human.ts'
import type { RecoveryFacts, RecoveryRequest } from '../source.ts'

export interface Family {
  readonly resource: string
  /** Beginnings of the event names that belong to it. */
  readonly events: readonly string[]
  readonly path: string
  readonly documented: boolean
}

/** RETM's notification families, by what can be read again. Loyalty calls want a synchronous answer: nothing of them is left to read. */
export const FAMILIES: readonly Family[] = [
  {
    resource: 'invoices',
    events: ['invoice', 'order.created', 'order.refunded'],
    path: '/api/v2/invoices/list',
    documented: true,
  },
  { resource: 'orders', events: ['order'], path: '/api/v2/orders/list', documented: false },
  { resource: 'menu', events: ['menu'], path: '/api/v2/menu/list', documented: false },
  { resource: 'customers', events: ['customer'], path: '/api/v2/customers/list', documented: false },
]
/** Prefixes of event names for calls that need a synchronous answer. */
export const SYNCHRONOUS: readonly string[] = ['loyalty', 'promotional', 'coupon', 'reward']

/** The families of which deliveries are lost; all of them where the text names none. */
export function familiesOf(event: string): readonly Family[] {
  const words = event
    .toLowerCase()
    .split(/[\s,;|]+/)
    .filter((word) => word !== '' && word !== '*')
  const starts = (word: string) => (prefix: string) => word.startsWith(prefix)
  const known = FAMILIES.filter(({ events }) => words.some((word) => events.some(starts(word))))
  const synchronous = words.length > 0 && words.every((word) => SYNCHRONOUS.some(starts(word)))
  return known.length > 0 || synchronous ? known : FAMILIES
}

const ACCEPT = 'application/json'
const TOKEN = 'Bearer $RETM_TOKEN'

/**
 * Requests that read the lost window again: for each family that the endpoint's configured `event` names, or for all of
 * them if it names none. The first failure is mentioned if no earlier good moment is known.
 */
export function recoveryRequests({ event, loss: { from, until }, firstFailureAt }: RecoveryFacts): RecoveryRequest[] {
  const failure = `the first failure${firstFailureAt === null ? '' : ` at ${rfc3339(firstFailureAt)}`}`
  const since =
    from === null
      ? `from before ${failure} (no good moment is known, so start where your own data ends)`
      : `from ${rfc3339(from)}`
  const to = until === null ? 'now' : rfc3339(until)
  return familiesOf(event).map(({ resource, path, documented }) => {
    const url = `https://$RETM_BUSINESS_ID.retm.sa${path}`
    return {
      resource,
      method: 'GET',
      url,
      headers: { Authorization: TOKEN, Accept: ACCEPT },
      command: `curl --silent --show-error --fail --header "Authorization: ${TOKEN}" --header 'Accept: ${ACCEPT}' "${url}"`,
      documented,
      note: `Fetch what changed ${since} until ${to}, and skip records you already have, which you recognize by their reference. Repeat for each affected merchant.`,
    }
  })
}
