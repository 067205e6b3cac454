import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { stringify } from 'yaml'
import { generated } from '../../grafana/generate.ts'
import { GROUPS } from '../../grafana/rules/groups.ts'
import { alertsOf } from '../../grafana/rules/model.ts'
import { remedies } from '../../grafana/rules/remedies.ts'
import { HEADINGS } from '../../grafana/rules/runbooks.ts'
import type { Signal } from '../../grafana/signals/model.ts'
import { SIGNALS } from '../../grafana/signals.ts'
import { CAUSES } from '../../src/domain/cause/cause.ts'
import { report } from '../support/http.ts'
import { startService, stopServices } from '../support/service.ts'
import { tempFolder } from '../support/temp.ts'
import { run } from './promtool.ts'

const RUNBOOKS = join(import.meta.dirname, '../../docs/runbooks')
const alerts = alertsOf(GROUPS)
const records = GROUPS.flatMap(({ rules }) => rules.flatMap((rule) => ('record' in rule ? [rule.record] : [])))
const page = (name: string): string => readFileSync(join(RUNBOOKS, `${name}.md`), 'utf8')

describe('what is made from grafana/', () => {
  it('is the same each time', () => {
    expect([...generated()]).to.deep.equal([...generated()])
  })
})

describe('the runbooks', () => {
  it('are one a alert, and none beside', () => {
    const pages = readdirSync(RUNBOOKS).filter((name) => name !== 'README.md')
    expect(pages.map((name) => name.replace(/\.md$/, ''))).to.have.members(alerts.map(({ alert }) => alert))
  })

  for (const { alert } of alerts) {
    it(`${alert} has its headings, each with text`, () => {
      const parts = page(alert).split(/^## /m)
      expect(parts[0]).to.match(new RegExp(`^# ${alert}$`, 'm'))
      const titles = parts.slice(1).map((part) => part.split('\n', 1)[0])
      expect(titles.slice(0, 4)).to.deep.equal([...HEADINGS])
      for (const part of parts.slice(1, 5)) expect(part.split('\n').slice(1).join('').trim()).to.have.length.above(20)
    })
  }

  it('have commands and queries in every diagnosis, and their set-up last and only where it is used', () => {
    for (const { alert, runbook } of alerts) {
      expect(runbook.diagnosis.join('\n'), alert).to.match(/```(sh|promql)/)
      const [steps, setup = ''] = page(alert).split('## Set-up\n')
      for (const variable of ['NAMESPACE', 'JOB', 'PODS', 'ENDPOINT', 'API', 'REPORT_TOKEN', 'INGEST']) {
        const isUsed = new RegExp(`\\$${variable}\\b`).test(steps!)
        if (isUsed) expect(setup, `${alert}: ${variable}`).to.match(new RegExp(`\\b${variable}\\b`))
      }
      expect(setup.includes('port-forward'), alert).to.equal(steps!.includes('$API'))
    }
  })

  it('never ask a receiver that is down', () => {
    expect(page('WebhookReceiverDown')).not.to.match(/\$API|port-forward|kubectl[^\n]* exec /)
  })

  it('answer with yes, no or only whether an alert pages, as its severity says', () => {
    for (const { alert, severity, severityLabel } of alerts) {
      const [, answer] = /^Does it page\? (Yes|No|Only)[.: ]/m.exec(page(alert)) ?? []
      const mayPage = severity === 'critical' || severity === 'endpoint'
      expect(answer, alert).to.equal(mayPage ? 'Yes' : severityLabel ? 'Only' : 'No')
    }
  })

  it('are short enough to be read at night', () => {
    expect(page('WebhookEndpointFailing').split('\n').length).to.be.below(180)
    for (const { alert } of alerts) expect(page(alert).split('\n').length, alert).to.be.below(180)
  })

  it('link to pages and headings that exist', () => {
    for (const { alert } of alerts) {
      for (const [, target, heading] of page(alert).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)) {
        const text = target === '' ? page(alert) : readFileSync(join(RUNBOOKS, target!), 'utf8')
        if (heading) expect(text.toLowerCase(), `${alert} → ${heading}`).to.match(new RegExp(`^##+ ${heading}$`, 'm'))
      }
    }
  })

  it('hold queries that promtool can read, over metrics that exist', async function () {
    this.timeout(60_000)
    const blocks = alerts.flatMap(({ alert }) =>
      [...page(alert).matchAll(/```promql\n([\s\S]*?)```/g)].map(([, query]) => query!.replaceAll(/^ {3}/gm, '')),
    )
    const file = join(tempFolder(), 'queries.yaml')
    const rules = blocks.map((expr, index) => ({ record: `query:${index}`, expr }))
    writeFileSync(file, stringify({ groups: [{ name: 'runbooks', rules }] }))
    const { code, text } = await run(this, 'promtool', ['check', 'rules', file])
    expect(code, text).to.equal(0)
    const known = new Set<string>([...Object.values(SIGNALS).map(({ name }) => name), ...records])
    const used = blocks.flatMap((query) => query.match(/\b(?:[a-z_]+:)?webhook_\w+(?::\w+)?/g) ?? [])
    expect(used.map((name) => name.replace(/_bucket$/, '')).filter((name) => !known.has(name))).to.deep.equal([])
  })

  it('ask the API for paths that it has', async () => {
    const service = await startService()
    const document = await (await fetch(`${service.admin}/api/v1/openapi.json`)).json()
    const paths = [...Object.keys((document as { paths: object }).paths), '/readyz']
    const like = (path: string) => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`)
    for (const { alert } of alerts) {
      for (const [, asked] of page(alert).matchAll(/\$API(\/[^"?\s]*)/g)) {
        const path = asked!.replaceAll(/\$\(.*|\$\w+/g, 'x')
        expect(
          paths.some((it) => like(it).test(path)),
          `${alert}: ${asked}`,
        ).to.equal(true)
      }
    }
    await stopServices()
  })

  it('have the remedies of every cause', () => {
    expect(remedies.map(({ id }) => id)).to.include.members([...CAUSES])
    for (const { id, meaning } of remedies) {
      const text = readFileSync(join(RUNBOOKS, '../remedies', `${id}.md`), 'utf8')
      expect(text).to.include(`# ${id}\n`).and.include(meaning)
    }
  })
})

describe('the signals', () => {
  afterEach(stopServices)

  it('are on /metrics with the same help, type and labels', async () => {
    const service = await startService({
      config: {
        endpoints: [{ name: 'orders', event: 'e', team: 't', urls: ['https://shop.example/hooks/orders'] }],
        proxy: { port: 0, routes: [{ endpoint: 'orders', path: '/hooks/orders', upstream: 'http://127.0.0.1:9' }] },
      },
    })
    await report(service.ingest)
    const text = await (await fetch(`${service.admin}/metrics`)).text()
    const missing: string[] = []
    for (const { name, type, help, labels, absent } of Object.values(SIGNALS) as readonly Signal[]) {
      if (type === 'recorded') continue
      const said = new RegExp(`^# HELP ${name} (.*)$`, 'm').exec(text)?.[1]
      if (said === undefined) {
        // Canary, hooks and recovery are on /metrics only if they are configured.
        if (!/^webhook_(canary|hook|incident_recovery)_/.test(name)) missing.push(name)
        continue
      }
      expect(said, name).to.equal(help)
      expect(text, name).to.match(new RegExp(`^# TYPE ${name} ${type}$`, 'm'))
      const line = new RegExp(`^${name}(?:_bucket)?(?:\\{(.*)\\})? `, 'm').exec(text)
      if (!line) {
        expect(absent, `${name} has no series`).to.be.a('string')
        continue
      }
      const shown = [...(line[1] ?? '').matchAll(/(\w+)="/g)]
        .map(([, label]) => label)
        .filter((label) => label !== 'le')
      expect(shown, name).to.have.members([...labels])
    }
    expect(missing).to.deep.equal([])
  })
})
