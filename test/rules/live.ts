import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, join } from 'node:path'
import { parse, stringify } from 'yaml'
import { API_BASE } from '../../grafana/rules/annotations.ts'
import { JOB as JOB_MATCHER } from '../../grafana/rules/promql.ts'
import { tempFolder } from '../support/temp.ts'
import { NAMESPACE, seconds } from './series.ts'

/** So many times faster than in life: 15 s become 375 ms. */
export const FASTER = 40

const faster = (duration: string): string => `${Math.round((seconds(duration) * 1_000) / FASTER)}ms`

export interface RuleFile {
  groups: { interval: string; rules: Record<string, unknown>[] }[]
}

/** A rule file as the chart would render it for this release, with every duration shortened. @returns its path */
export function fastRules(file: string, api: string): string {
  const text = readFileSync(file, 'utf8').replaceAll(JOB_MATCHER, () => `${JOB_MATCHER}, namespace="${NAMESPACE}"`)
  const path = join(tempFolder(), basename(file))
  writeFileSync(path, stringify(fastGroups(parse(text.replaceAll(API_BASE, api))), { lineWidth: 0 }))
  return path
}

/** The same rules, with every duration shortened. */
export function fastGroups(rules: RuleFile): RuleFile {
  for (const group of rules.groups) {
    group.interval = faster(group.interval)
    for (const rule of group.rules) {
      for (const key of ['for', 'keep_firing_for']) {
        if (typeof rule[key] === 'string') rule[key] = faster(rule[key])
      }
      rule['expr'] = String(rule['expr'])
        .replaceAll(/\[(\w+)(?::(\w+))?\]/g, (_, range: string, step?: string) =>
          step ? `[${faster(range)}:${faster(step)}]` : `[${faster(range)}]`,
        )
        .replaceAll(/offset (\w+)/g, (_, by: string) => `offset ${faster(by)}`)
    }
  }
  return rules
}

// biome-ignore lint/suspicious/noExplicitAny: a parsed file is looked at field by field
export function fastRouting(config: any): any {
  const route = config.route.routes[0]
  for (const key of ['group_wait', 'group_interval']) route[key] = faster(route[key])
  return config
}

/** The example's routes and inhibitions, with every receiver a webhook. */
export function fastAlertmanager(file: string, sink: string): string {
  const config = fastRouting(parse(readFileSync(file, 'utf8')))
  const receivers = (config.receivers as { name: string }[]).map(({ name }) => ({
    name,
    webhook_configs: [{ url: `${sink}/${name}`, send_resolved: true }],
  }))
  return stringify({ ...config, templates: [], receivers })
}

export interface Notification {
  readonly receiver: string
  readonly status: 'firing' | 'resolved'
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly alerts: readonly {
    readonly status: string
    readonly labels: Readonly<Record<string, string>>
    readonly annotations: Readonly<Record<string, string>>
  }[]
}

export interface Sink {
  readonly url: string
  /** In order of arrival. */
  readonly notifications: readonly Notification[]
  close(): Promise<void>
}

export const addressOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
export const listen = (server: Server): Promise<Server> =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
export const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.closeAllConnections()
    server.close(() => resolve())
  })

/** Takes what Alertmanager sends to webhooks. */
export async function startSink(): Promise<Sink> {
  const notifications: Notification[] = []
  const server = await listen(
    createServer((request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => {
        const { receiver, status, alerts } = JSON.parse(body)
        notifications.push({ receiver, status, alerts, at: Date.now() })
        response.end()
      })
    }),
  )
  return { url: addressOf(server), notifications, close: () => close(server) }
}
