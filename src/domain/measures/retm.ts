import { instant } from '../human.ts'
import type { LossWindow } from '../incident.ts'

/** How to read again from the platform what a delivery would have brought. It holds no secret: `$NAME` is yours to set. */
export interface ReadAgain {
  readonly resource: string
  readonly method: 'GET'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Whether RETM's public documentation names this path; the others follow its pattern and are to be checked. */
  readonly documented: boolean
  /** What to do with the answer. */
  readonly note: string
}

interface Family {
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
const SYNCHRONOUS = ['loyalty', 'promotional', 'coupon', 'reward']

/**
 * Requests that read the lost window again, for each family that the endpoint's configured `event` names, or for all
 * where it names none.
 */
export function readAgain(event: string, { from, until }: Pick<LossWindow, 'from' | 'until'>): ReadAgain[] {
  const words = event
    .toLowerCase()
    .split(/[\s,;|]+/)
    .filter((word) => word !== '' && word !== '*')
  const starts = (word: string) => (prefix: string) => word.startsWith(prefix)
  const known = FAMILIES.filter(({ events }) => words.some((word) => events.some(starts(word))))
  const synchronous = words.length > 0 && words.every((word) => SYNCHRONOUS.some(starts(word)))
  const since =
    from === null
      ? 'before the first failure (no good moment is known, so begin where your own data ends)'
      : `since ${instant(from)}`
  const to = until === null ? 'now' : instant(until)
  return (known.length > 0 || synchronous ? known : FAMILIES).map(({ resource, path, documented }) => ({
    resource,
    method: 'GET',
    url: `https://$RETM_BUSINESS_ID.retm.sa${path}`,
    headers: { Authorization: 'Bearer $RETM_TOKEN', Accept: 'application/json' },
    documented,
    note: `Take what changed ${since} until ${to}; what is there already is to be recognised by its reference. Once for each merchant concerned.`,
  }))
}
