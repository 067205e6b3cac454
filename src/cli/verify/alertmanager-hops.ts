import { VERIFY_ENDPOINT } from '../../domain/report/failure.ts'
import type { Client } from './client.ts'
import { type Hop, HopError } from './hop.ts'
import { ALERT, FIRING } from './prometheus-hops.ts'
import { isOfRelease } from './release.ts'
import { type HopFindings, SENT } from './service-hops.ts'

export const ARRIVED = 'arrived in Alertmanager'
export const ROUTED = 'routed to a receiver'

interface Alert {
  readonly labels: Readonly<Record<string, string>>
  readonly receivers: readonly { readonly name: string }[]
  readonly status: {
    readonly state: string
    readonly silencedBy: readonly string[]
    readonly inhibitedBy: readonly string[]
  }
}

export interface AlertmanagerHopDeps {
  readonly findings: Pick<HopFindings, 'release'>
  readonly alertmanager: Client | undefined
  readonly prometheus: Client | undefined
  /** Name of the receiver that is expected; undefined: any will do. */
  readonly receiver: string | undefined
}

/** From Prometheus to a receiver. */
export function alertmanagerHops({ findings, alertmanager, prometheus, receiver }: AlertmanagerHopDeps): Hop[] {
  const unchecked = alertmanager ? {} : { unchecked: 'no --alertmanager URL' }
  let found: Alert | undefined
  return [
    {
      name: ARRIVED,
      ...unchecked,
      needs: [SENT],
      after: [FIRING],
      waits: true,
      async check() {
        const filter = new URLSearchParams([
          ['filter', `alertname="${ALERT}"`],
          ['filter', `endpoint="${VERIFY_ENDPOINT}"`],
        ])
        const alerts = await alertmanager!.json<Alert[]>(`/api/v2/alerts?${filter}`)
        found = alerts.find(({ labels }) => isOfRelease(labels, findings.release))
        if (!found) throw await notArrived(prometheus, alertmanager!)
        const { silencedBy, inhibitedBy, state } = found.status
        if (silencedBy.length > 0)
          throw new HopError(
            `the alert is silenced by ${silencedBy[0]}`,
            'a silence that matches it may match real alerts too: remove or narrow it',
            { isFinal: true },
          )
        if (inhibitedBy.length > 0)
          throw new HopError(
            'the alert is inhibited by another one',
            'fix what the other alert is about, then verify again',
            { isFinal: true },
          )
        return state
      },
    },
    {
      name: ROUTED,
      ...unchecked,
      needs: [ARRIVED],
      async check() {
        const names = found!.receivers.map(({ name }) => name)
        if (names.length === 0) throw new HopError('no route leads to a receiver', 'add a route, see docs/alertmanager')
        if (receiver !== undefined && !names.includes(receiver))
          throw new HopError(
            `routed to ${names.join(', ')}, not to ${receiver}`,
            'correct the routes: amtool config routes test shows which one matches',
          )
        return names.join(', ')
      },
    },
  ]
}

async function notArrived(prometheus: Client | undefined, { url }: Client): Promise<HopError> {
  const answer = await prometheus
    ?.json<{ data: { activeAlertmanagers: { url: string }[] } }>('/api/v1/alertmanagers')
    .catch(() => undefined)
  const active = answer?.data.activeAlertmanagers
  if (active?.length === 0)
    return new HopError('Prometheus has no Alertmanager', 'configure alerting.alertmanagers in Prometheus')
  const origins = active?.map((each) => new URL(each.url).origin) ?? []
  if (active && !origins.includes(new URL(url).origin))
    return new HopError(
      `the alert did not arrive; Prometheus sends to ${origins.join(', ')}`,
      'give the URL of that Alertmanager, or correct alerting.alertmanagers in Prometheus',
    )
  return new HopError(
    'the alert did not arrive',
    'check prometheus_notifications_errors_total, and alert_relabel_configs in Prometheus',
  )
}
