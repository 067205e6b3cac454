#!/usr/bin/env node
// Restores what RETM could not deliver while an endpoint failed. See README.md; `--help` lists the options.
import { runJob } from './job.mjs'
import { listPages } from './pages.mjs'

/** RETM's resources, by the event that an object of each stands for. Only the list of invoices is documented. */
const EVENTS = {
  invoices: 'order.created',
  orders: 'order.created',
  menu: 'menu.updated',
  customers: 'customer.updated',
}

await runJob({
  name: 'retm',

  /** The pages of one resource of one tenant. `cursor` is where an earlier run got to. */
  pages: ({ request, tenant, token, options, cursor, fetchJson }) =>
    listPages({
      url: retmUrl(request.url, tenant, options),
      headers: { ...request.headers, Authorization: `Bearer ${token}` },
      cursor,
      fetchJson,
    }),

  /** How an object is recognised, and when it happened. */
  idOf: (item) => item.reference ?? item.id,
  timeOf: (item) => item.timestamp ?? item.created_at ?? item.createdAt ?? item.updated_at ?? item.date,

  /** What the application would have received. RETM spells `business_refrence` so. */
  toDelivery: (item, { tenant, request }) => ({
    business_refrence: tenant,
    timestamp: item.timestamp ?? item.created_at,
    event: item.event ?? (item.type === 'refund' ? 'order.refunded' : EVENTS[request.resource]),
    reference: item.reference ?? item.id,
    data: item,
  }),
})

/** `--api` stands in for RETM's host, for staging and tests; `{tenant}` in it is replaced. */
function retmUrl(url, tenant, { api, businessIds }) {
  const id = businessIds[tenant] ?? tenant
  if (!/^[A-Za-z0-9_-]{1,63}$/.test(id)) throw new Error(`${id} is no business id; map the tenant with --business-ids`)
  const path = new URL(url.replace('$RETM_BUSINESS_ID', 'x')).pathname
  return api ? `${api.replace('{tenant}', id).replace(/\/+$/, '')}${path}` : `https://${id}.retm.sa${path}`
}
