import { API_BASE, REMEDY_BASE, RUNBOOK_BASE } from '../rules/annotations.ts'
import { DASHBOARDS } from '../signals.ts'

export interface Link {
  readonly title: string
  readonly url: string
  /** In a new tab: whatever is outside of Grafana. */
  readonly away?: boolean
}

const SCOPE = ['datasource', 'cluster', 'namespace', 'job', 'team'].map((name) => `\${${name}:queryparam}`).join('&')

/** @param more query parameters, `&` between them */
export function dashboard(to: keyof typeof DASHBOARDS, more = ''): string {
  return `/d/${DASHBOARDS[to]}?${[SCOPE, `\${__url_time_range}`, more].filter(Boolean).join('&')}`
}

/** @param alert its name, which is its page's */
export const runbook = (alert: string): Link => ({
  title: `Runbook ${alert}`,
  url: `${RUNBOOK_BASE}/${alert}.md`,
  away: true,
})

/** The page about a cause or remedy. @param id such as `${__data.fields.cause}` */
export const remedy = (id: string): Link => ({ title: 'How to fix it', url: `${REMEDY_BASE}/${id}.md`, away: true })

/** A single link of a value shows its title on hover, and with it the absolute time. */
export const atTime = (what: string, url: string): Link => ({ title: `${what} \${__value.raw:date}`, url })

/** Only where the address of the API is known, see render.ts. @param path of the API, with its query */
export const api = (title: string, path: string): Link => ({ title, url: `${API_BASE}/api/v1/${path}`, away: true })

const pane = (query: Record<string, unknown>, uid: string) =>
  `/explore?schemaVersion=1&panes=${encodeURIComponent(
    JSON.stringify({
      t: {
        datasource: uid,
        queries: [{ refId: 'A', datasource: { uid }, ...query }],
        range: { from: `\${__from}`, to: `\${__to}` },
      },
    }),
    // Grafana puts the variables in, so they stay as they are.
  ).replace(/%24%7B(\w+)(?:%3A(\w+))?%7D/g, (_, name, format) => (format ? `\${${name}:${format}}` : `\${${name}}`))}`

/** Explore with the deliveries of the chosen endpoint, in whichever of the two this Grafana has. */
export const TRACES: readonly Link[] = [
  {
    title: 'Traces in Tempo',
    url: pane(
      {
        queryType: 'traceql',
        query: `{ name = "webhook.delivery" && span.webhook.endpoint = "\${endpoint:percentencode}" }`,
      },
      `\${tempo}`,
    ),
  },
  {
    title: 'Traces in Jaeger',
    url: pane(
      {
        queryType: 'search',
        service: 'webhook-error-exporter',
        operation: 'webhook.delivery',
        tags: `webhook.endpoint="\${endpoint:percentencode}"`,
      },
      `\${jaeger}`,
    ),
  },
]
