import { closeSync, existsSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Program } from '../support/programs.ts'
import { tempFolder } from '../support/temp.ts'
import { backfill } from './stage.ts'

/** What a week of many endpoints looks like to Prometheus. Times are seconds since the epoch. */
export interface Crowd {
  readonly endpoints: number
  readonly end: number
  readonly days: number
  /** Seconds between two scrapes. */
  readonly interval: number
}

const DAY = 86_400
const TARGET = 'namespace="shop",job="webhook-errors",pod="webhook-errors-0"'
const CAUSES = ['timeout', 'server_error', 'connection_refused', 'tls', 'dns', 'not_found'] as const

/** A series: its name and labels, and its value at a time. */
type Series = readonly [text: string, value: (time: number) => number | undefined]

/**
 * Writes the series that the overview reads into a new folder with blocks of a day, as Prometheus itself would have
 * compacted them. One endpoint in fifty fails at any time, and each fails about once a week. @param data a folder of an earlier run is used as it is
 * @returns the folder
 */
export async function crowdedWeek(promtool: Program, crowd: Crowd, data = join(tempFolder(), 'data')): Promise<string> {
  if (existsSync(data)) return data
  const file = join(tempFolder(), 'day.om')
  const begin = crowd.end - crowd.days * DAY
  const all = series(crowd, begin)
  for (let day = begin; day < crowd.end; day += DAY) {
    const output = openSync(file, 'w')
    for (let time = day; time < day + DAY && time <= crowd.end; time += crowd.interval) {
      const lines: string[] = []
      for (const [text, value] of all) {
        const sample = value(time)
        if (sample !== undefined) lines.push(`${text} ${sample} ${time}\n`)
      }
      writeSync(output, lines.join(''))
    }
    writeSync(output, '# EOF\n')
    closeSync(output)
    await backfill(promtool, file, data)
    rmSync(file)
  }
  return data
}

function series({ endpoints, end }: Crowd, begin: number): Series[] {
  /** The process restarts every two days with its own address. */
  const life = (time: number) => Math.floor((time - begin) / (2 * DAY))
  const lives = Array.from({ length: life(end) + 1 }, (_, index) => index)
  const all: Series[] = []
  const add = (name: string, labels: string, value: (time: number, born: number) => number | undefined) => {
    for (const index of lives) {
      const text = `${name}{${TARGET},instance="10.1.4.${17 + index}:9464"${labels && `,${labels}`}}`
      const born = begin + index * 2 * DAY
      all.push([text, (time) => (life(time) === index ? value(time, born) : undefined)])
    }
  }
  add('up', '', () => 1)
  add('webhook_exporter_build_info', 'version="0.1.0",node_version="v26.10.0"', () => 1)
  add('webhook_exporter_journal_up', '', () => 1)
  add('process_start_time_seconds', '', (_, born) => born)
  add('webhook_incident_recovery_overdue_after_seconds', '', () => 14_400)
  add('webhook_source_signals_total', 'source="retm",signal="lost"', (time, born) => Math.floor((time - born) / 30))
  for (let index = 0; index < endpoints; index++) {
    const endpoint = `endpoint="endpoint-${index}"`
    const cause = CAUSES[index % CAUSES.length]!
    const failure = `source="retm",${endpoint},code="${500 + (index % 5)}",cause="${cause}"`
    // The last of a hundred endpoints are still failing at the end.
    const opened = index % 50 === 0 ? end - 1_800 * (1 + index / 50) : begin + ((index * 7_919) % (6.5 * DAY))
    const closed = index % 50 === 0 ? Number.POSITIVE_INFINITY : opened + 4 * 3_600
    const open = (time: number) => time >= opened && time < closed
    const lost = (time: number) =>
      time < opened ? 0 : Math.floor((Math.min(time, closed) - opened) / 300) + 1 + (index % 7)
    const since = (time: number, born: number) => (time - born) / 60
    add(
      'webhook_endpoint_info',
      `${endpoint},event="order.created",team="team-${index % 20}",severity="critical"`,
      () => 1,
    )
    add('webhook_incident_open', endpoint, (time) => Number(open(time)))
    add('webhook_incident_failures', endpoint, (time) => (open(time) ? lost(time) : 0))
    add('webhook_incident_started_timestamp_seconds', endpoint, (time) => (time < opened ? undefined : opened))
    add('webhook_incident_info', `${endpoint},cause="${cause}",code="500"`, (time) => (open(time) ? 1 : undefined))
    add('webhook_incidents_total', endpoint, (time) => Number(time >= opened))
    add('webhook_endpoint_failures_total', `source="retm",${endpoint}`, lost)
    add('webhook_delivery_failures_total', failure, (time) => lost(time) || undefined)
    add('webhook_delivery_last_failure_timestamp_seconds', failure, (time) =>
      time < opened ? undefined : opened + Math.floor((Math.min(time, closed) - opened) / 300) * 300,
    )
    const probed = `${endpoint},vantage="public"`
    add('webhook_endpoint_up', probed, (time) => Number(!open(time)))
    add('webhook_endpoint_tls_not_after_timestamp_seconds', probed, () => end + 40 * DAY)
    add('webhook_endpoint_last_probe_timestamp_seconds', probed, (time) => Math.floor(time / 60) * 60)
    add('webhook_endpoint_probes_total', `${probed},result="up",cause="none",trigger="scheduled"`, (time, born) =>
      Math.floor(since(time, born)),
    )
    add(
      'webhook_endpoint_probes_total',
      `${probed},result="down",cause="${cause}",trigger="scheduled"`,
      (time, born) => (time < opened ? 0 : Math.floor((Math.min(time, closed) - Math.max(opened, born)) / 60)),
    )
    add('webhook_endpoint_deliveries_total', `source="proxy",${endpoint},result="success",code="200"`, (time, born) =>
      Math.floor(since(time, born) * (1 + (index % 30))),
    )
    add('webhook_endpoint_deliveries_total', `source="proxy",${endpoint},result="failure",code="503"`, (time, born) =>
      Math.floor(since(time, born) * (index % 30) * 0.001),
    )
    add('webhook_endpoint_disabled', `source="svix",${endpoint}`, (time) => Number(index === 50 && open(time)))
    add('webhook_incident_recovery_oldest_open_timestamp_seconds', endpoint, (time) =>
      index % 60 === 1 && time >= closed ? closed : undefined,
    )
    add('webhook_incident_recovery_state', `${endpoint},state="finished"`, (time) => Number(time >= closed))
    for (const state of ['not_needed', 'open', 'requested', 'running', 'failed'])
      add('webhook_incident_recovery_state', `${endpoint},state="${state}"`, (time) =>
        Number(state === 'open' && index % 60 === 1 && time >= closed),
      )
  }
  return all
}
