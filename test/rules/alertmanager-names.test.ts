import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { INHIBITIONS } from '../../grafana/alertmanager/inhibitions.ts'
import { GROUPING, ROUTE, type Route } from '../../grafana/alertmanager/routing.ts'
import { TEMPLATES } from '../../grafana/alertmanager/templates.ts'
import { GROUPS } from '../../grafana/rules/groups.ts'
import { alertsOf, isAlert } from '../../grafana/rules/model.ts'
import { CASES } from './cases.ts'
import { seconds } from './series.ts'

const FOLDER = join(import.meta.dirname, '../../docs/alertmanager')
/** Of the chart's monitors, in seconds. */
const SCRAPE_INTERVAL = 15
const ALL = alertsOf(GROUPS).map(({ alert }) => alert)

describe('the example for Alertmanager', () => {
  it('inhibits by alerts that exist', () => {
    for (const { source, target } of INHIBITIONS) {
      for (const { name, op, value } of [...source, ...target]) {
        if (name !== 'alertname') continue
        const pattern = new RegExp(`^(?:${value})$`)
        expect(
          ALL.filter((it) => (op === '=' ? it === value : pattern.test(it))),
          value,
        ).not.to.have.length(0)
      }
    }
  })

  it('uses labels that the alerts have', () => {
    const matched = ({ matchers, routes = [] }: Route): string[] => [
      ...matchers.map(({ name }) => name),
      ...routes.flatMap(matched),
    ]
    const used = new Set([
      ...GROUPING.by,
      ...matched(ROUTE),
      ...INHIBITIONS.flatMap(({ source, target, equal }) => [
        ...[...source, ...target].map(({ name }) => name),
        ...equal,
      ]),
      ...Object.values(TEMPLATES).flatMap((text) => [...text.matchAll(/Labels\.(\w+)/g)].map(([, name]) => name!)),
    ])
    const fired = CASES.filter(({ fires }) => fires !== undefined)
    const has = new Set(['alertname', 'namespace', 'job', ...fired.flatMap(({ labels = {} }) => Object.keys(labels))])
    expect([...used].filter((name) => !has.has(name))).to.deep.equal([])
    // An inhibition is void where a source or target lacks a label that is to be equal.
    for (const { source, target, equal } of INHIBITIONS) {
      if (!equal.includes('endpoint')) continue
      const pattern = new RegExp(`^(?:${[...source, ...target].map(({ value }) => value).join('|')})$`)
      for (const { alert: name, labels = {} } of fired.filter((it) => pattern.test(it.alert)))
        expect(labels, name).to.include.keys('endpoint')
    }
  })

  it('is documented with the longest time to the notification of each alert that may page', () => {
    const rows = readFileSync(join(FOLDER, 'README.md'), 'utf8').matchAll(
      /^\| [^|]+ \| (Webhook[^|]+) \|[^|]*\| (?:(\d+) min )?(\d+) s[^|]* \|$/gm,
    )
    const stated = new Map<string, number>()
    for (const [, names, minutes = 0, rest] of rows)
      for (const name of names!.split(', '))
        stated.set(name, Math.min(stated.get(name) ?? Infinity, 60 * Number(minutes) + Number(rest)))
    const least = new Map(
      GROUPS.flatMap(({ interval, rules }) =>
        rules
          .filter(isAlert)
          .filter((it) => it.severityLabel || it.severity === 'critical' || it.severity === 'endpoint')
          .map((it) => [
            it.alert,
            SCRAPE_INTERVAL + seconds(interval) + seconds(it.for ?? '0s') + seconds(GROUPING.wait),
          ]),
      ),
    )
    expect([...stated.keys()]).to.have.members([...least.keys()])
    for (const [name, time] of least) expect(stated.get(name), name).to.be.at.least(time)
  })
})
