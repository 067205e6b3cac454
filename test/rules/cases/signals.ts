import { series, type Value, values } from '../series.ts'
import type { Case } from './case.ts'
import { flat, orders, SALES } from './samples.ts'
import { info, open } from './signal-samples.ts'

const lost = series('webhook_incident_failures', orders)
const disabled = series('webhook_endpoint_disabled', { ...orders, source: 'svix' })
const overdue = series('webhook_endpoint_report_overdue', orders)

export const SIGNAL_CASES: readonly Case[] = [
  {
    alert: 'WebhookEndpointDisabled',
    what: 'until the source that disabled it enables it again, with the endpoint’s team and severity',
    series: {
      ...info('30m'),
      [open]: values([
        ['5m', 0],
        ['25m', 1],
      ]),
      [disabled]: values([
        ['5m', 0],
        ['10m', 1],
        ['15m', 0],
      ]),
    },
    fires: '5m',
    labels: { ...SALES, source: 'svix' },
    resolves: '15m',
    end: '29m',
  },
  {
    alert: 'WebhookEndpointDisabled',
    what: 'without a break where the pod is replaced, and while the new process has not read its journal',
    series: {
      ...info('15m'),
      [series('webhook_exporter_journal_up')]: values([
        ['5m', 1],
        ['2m', null],
        ['1m', 0],
        ['7m', 1],
      ]),
      ...Object.fromEntries(
        [open, disabled].map((name) => [
          name,
          values([
            ['5m', 1],
            ['15s', 'stale'],
            ['1m45s', null],
            ['1m', 0],
            ['7m', 1],
          ]),
        ]),
      ),
    },
    fires: '0s',
    labels: { ...SALES, source: 'svix' },
    end: '14m',
  },
  {
    alert: 'WebhookEndpointDisabled',
    what: 'once for two replicas, and ends with an incident that is closed manually',
    series: {
      ...info('20m'),
      ...Object.fromEntries(
        ['w-0', 'w-1'].flatMap((pod, index): [string, Value[]][] => [
          [
            series('webhook_incident_open', orders, pod, `10.0.0.${index}:9464`),
            values([
              ['10m', 1],
              ['10m', 0],
            ]),
          ],
          [
            series('webhook_endpoint_disabled', { ...orders, source: 'svix' }, pod, `10.0.0.${index}:9464`),
            values([
              ['10m', 1],
              ['10m', 0],
            ]),
          ],
        ]),
      ),
    },
    fires: '0s',
    labels: { ...SALES, source: 'svix' },
    resolves: '10m',
    end: '19m',
  },
  {
    alert: 'WebhookEndpointFailing',
    what: 'no longer once a disabled endpoint is enabled, if nothing was lost',
    series: {
      ...info('20m'),
      [open]: flat('20m', 1),
      [lost]: flat('20m', 0),
      [disabled]: values([
        ['10m', 1],
        ['10m', 0],
      ]),
    },
    fires: '0s',
    labels: SALES,
    resolves: '10m',
    end: '19m',
  },
  {
    alert: 'WebhookEndpointFailing',
    what: 'on after a disabled endpoint is enabled, if deliveries were lost',
    series: {
      ...info('20m'),
      [open]: flat('20m', 1),
      [lost]: flat('20m', 3),
      [disabled]: values([
        ['10m', 1],
        ['10m', 0],
      ]),
    },
    fires: '0s',
    labels: SALES,
    end: '19m',
  },
  {
    alert: 'WebhookReportMissing',
    what: 'while a report is overdue at one of two replicas',
    series: {
      ...info('40m'),
      [overdue]: flat('40m', 0),
      [series('webhook_endpoint_report_overdue', orders, 'w-1', '10.0.0.2:9464')]: values([
        ['5m', 0],
        ['10m', 1],
        ['25m', 0],
      ]),
    },
    fires: '6m',
    labels: SALES,
    resolves: '25m',
    end: '39m',
  },
  {
    alert: 'WebhookReportMissing',
    what: 'without a break where a restart forgets the failed deliveries for some minutes',
    series: {
      ...info('30m'),
      [overdue]: values([
        ['10m', 1],
        ['1m', 'stale'],
        ['5m', 0],
        ['14m', 1],
      ]),
    },
    fires: '1m',
    labels: SALES,
    end: '29m',
  },
]
