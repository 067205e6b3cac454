import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { stringify } from 'yaml'
import { SIGNALS } from '../../grafana/signals.ts'
import { askAll, findings } from '../preview/audit.ts'
import { FAULTS } from '../preview/faults.ts'
import { builtIns, interpolate, resolveVariables, type Scene } from '../preview/grafana.ts'
import { DASHBOARD_FILES, type DashboardName, readDashboard, unfolded } from '../preview/grafana-model.ts'
import { page } from '../preview/page.ts'
import { openStage, type Stage } from '../preview/stage.ts'
import { answer, report, scrape } from '../support/http.ts'
import { requireProgram } from '../support/programs.ts'
import { type Service, startService, stopServices } from '../support/service.ts'
import { tempFolder } from '../support/temp.ts'
import { parse } from './promql.ts'
import { CONFIG, number, panel, sceneOf, TO, table, totals, truthOf, WEEK } from './week.ts'

const run = promisify(execFile)
const UNCONFIGURED = 'https://hooks.old-shop.example/retm'

describe('panels’ queries in the simulated week', () => {
  let stage: Stage
  let promtool: Awaited<ReturnType<typeof requireProgram>>

  before(async function () {
    this.timeout(180_000)
    const prometheus = await requireProgram(this, 'prometheus')
    promtool = await requireProgram(this, 'promtool')
    stage = await openStage({ prometheus, promtool })
  })
  after(async () => {
    await stage?.close()
    await stopServices()
  })

  const scene = (chosen?: Scene['chosen'], range?: Scene['range']) => sceneOf(stage, chosen, range)
  const asked = (name: DashboardName, ...more: Parameters<typeof scene>) =>
    askAll(unfolded(readDashboard(name)), scene(...more))
  const truth: ReturnType<typeof truthOf> = (...of) => truthOf(stage)(...of)

  for (const name of DASHBOARD_FILES) {
    it(`of ${name} can be answered, and all find something`, async () => {
      const it = await asked(name, { endpoint: 'orders' })
      expect(findings(it)).to.deep.include({ failed: [], empty: [] })
      const marks = {
        overview: /WebhookEndpointFailing/,
        endpoint: /Incident: .*WebhookEndpointFailing.*Receiver started/,
        exporter: /WebhookEndpointFailing.*Receiver started/,
      }
      expect(it.marks.map(({ text }) => text).join()).to.match(marks[name])
    })
  }

  it('have the types that Prometheus asks for', async function () {
    this.timeout(60_000)
    const rules: { record: string; expr: string }[] = []
    for (const name of DASHBOARD_FILES) {
      const dashboard = unfolded(readDashboard(name))
      const variables = await resolveVariables(dashboard, scene())
      for (const { id, targets = [] } of dashboard.panels)
        for (const { refId, expr } of targets)
          rules.push({
            record: `panel:${name}:p${id}${refId}`,
            expr: interpolate(expr, variables, builtIns(300, scene())),
          })
      for (const [index, { expr = '' }] of dashboard.annotations.list.entries())
        rules.push({
          record: `annotation:${name}:a${index}`,
          expr: interpolate(expr, variables, builtIns(300, scene())),
        })
    }
    const file = join(tempFolder(), 'panels.yaml')
    writeFileSync(file, stringify({ groups: [{ name: 'panels', rules }] }))
    const { stdout } = await run(promtool.path, ['check', 'rules', file], { env: promtool.env })
    expect(stdout).to.include(`SUCCESS: ${rules.length} rules found`)
  })

  it('count exactly what was reported, through restarts and gaps', async () => {
    const it = await asked('overview')
    const { answers } = panel(it, 'Lost deliveries by source')
    const step = answers[0]!.step
    const from = Math.floor(WEEK.from / step) * step - step
    const to = Math.floor(WEEK.to / step) * step
    expect(totals(answers)).to.deep.equal(truth(({ source }) => source, from, to))
    expect(totals(panel(it, 'Lost deliveries by cause').answers)).to.deep.equal(
      truth(({ cause }) => cause, WEEK.from, WEEK.to),
    )
    expect(totals(panel(it, 'Lost deliveries by endpoint').answers)).to.deep.equal(
      truth(({ endpoint }) => endpoint, WEEK.from, WEEK.to),
    )
    const rows = table(it, 'Endpoints').rows.filter((row) => row['Value #A'] !== 0)
    expect(Object.fromEntries(rows.map((row) => [row['endpoint'], row['Value #A']]))).to.deep.equal(
      truth(({ endpoint }) => endpoint, WEEK.from, WEEK.to),
    )
  })

  it('count the same in a part of the week, where an endpoint failed before for other reasons', async () => {
    const range = { from: TO - 12 * 3_600, to: TO }
    const it = await asked('overview', {}, range)
    for (const by of ['cause', 'endpoint'] as const)
      expect(totals(panel(it, `Lost deliveries by ${by}`).answers)).to.deep.equal(
        truth((failure) => failure[by], range.from, range.to),
      )
    expect(number(it, 'Lost deliveries, last hour')).to.equal(truth(() => 'all', TO - 3_600, TO)['all'])
  })

  it('count one failure as one in the step in which it came', async () => {
    const first = stage.story.failures.find(({ endpoint }) => endpoint === 'menu')!
    const at = first.receivedAt / 1_000
    const it = await asked('endpoint', { endpoint: 'menu' }, { from: at - 3_600, to: at })
    expect(totals(panel(it, 'Lost deliveries by cause').answers)).to.deep.equal(
      truth(({ endpoint, cause }) => (endpoint === 'menu' ? cause : 'other'), at - 3_600, at),
    )
  })

  it('show what is failing now, why, since when, and who owns it', async () => {
    const it = await asked('overview')
    const { columns, rows } = table(it, 'Open incidents')
    expect(columns.slice(0, 5)).to.deep.equal(['endpoint', 'cause', 'code', 'Value #A', 'team'])
    expect(rows.map(({ endpoint }) => endpoint)).to.have.members([...stage.story.open])
    expect(
      rows.map(({ endpoint, cause, code, team, severity }) => [endpoint, cause, code, team, severity]),
    ).to.deep.equal([
      ['loyalty-coupons', 'tls', '526', 'loyalty', 'critical'],
      ['customers', 'authentication', '401', 'crm', 'warning'],
      ['orders', 'timeout', '504', 'payments', 'critical'],
    ])
    expect(rows.map((row) => row['Value #F'])).to.deep.equal([0, 0, 0])
    expect(number(it, 'Failing endpoints')).to.equal(3)
    expect(number(it, 'Oldest open incident')).to.equal(rows[0]!['Value #A'])
  })

  it('show 0 while all is well, and nothing where nothing is scraped', async () => {
    // Incidents close ten quiet minutes after the last failure, and three good probes.
    const calmAt = (ago: number) =>
      truth(() => 'all', TO - (ago + 3) * 3_600, TO - ago * 3_600)['all'] === undefined &&
      FAULTS.every(({ from, hours }) => ago > from || ago < from - hours - 1)
    const well = TO - Array.from({ length: 160 }, (_, ago) => ago).find(calmAt)! * 3_600
    const calm = await asked('overview', {}, { from: well - 3_600, to: well })
    expect(number(calm, 'Failing endpoints')).to.equal(0)
    expect(number(calm, 'Lost deliveries, last hour')).to.equal(0)
    expect(panel(calm, 'Oldest open incident').answers[0]!.series).to.deep.equal([])
    expect(table(calm, 'Open incidents').rows).to.deep.equal([])
    for (const name of DASHBOARD_FILES) {
      const nothing = await asked(name, { job: 'another' })
      for (const { panel: of, answers } of nothing.panels)
        expect(
          answers.flatMap(({ series }) => series),
          `${name}: ${of.title}`,
        ).to.deep.equal([])
    }
  })

  it('keep to the chosen teams, and to what belongs to nobody', async () => {
    const it = await asked('overview', { team: ['payments', 'loyalty'] })
    const names = table(it, 'Endpoints').rows.map(({ endpoint }) => endpoint)
    expect(names).to.have.members(['orders', 'refunds', 'loyalty-coupons', 'loyalty-rewards', UNCONFIGURED, 'invalid'])
    expect(number(it, 'Failing endpoints')).to.equal(2)
    expect(table(it, 'Open incidents').rows.map(({ endpoint }) => endpoint)).to.deep.equal([
      'loyalty-coupons',
      'orders',
    ])
  })

  it('read an endpoint’s name as a name, whatever signs it holds', async () => {
    const it = await asked('endpoint', { endpoint: UNCONFIGURED })
    expect(number(it, 'Lost deliveries')).to.equal(truth(({ endpoint }) => endpoint, WEEK.from, WEEK.to)[UNCONFIGURED])
    const none = await asked('endpoint', { endpoint: UNCONFIGURED.replaceAll('.', 'x') })
    expect(number(none, 'Lost deliveries')).to.equal(undefined)
  })

  it('have exemplars that carry the traces of reports', async () => {
    const it = await asked('endpoint', { endpoint: 'orders' }, { from: TO - 12 * 3_600, to: TO })
    const traces = panel(it, 'Lost deliveries by cause').answers.flatMap(({ exemplars }) =>
      exemplars.map(({ trace }) => trace),
    )
    expect(traces.length).to.be.above(3)
    expect(stage.story.failures.map(({ traceId }) => traceId)).to.include.members(traces)
  })

  it('become a page on which every panel stands', async () => {
    for (const name of DASHBOARD_FILES) {
      const it = await asked(name, { endpoint: 'orders' })
      const html = page(it, WEEK)
      expect(html.match(/<section /g)).to.have.length(it.panels.filter(({ panel: { type } }) => type !== 'row').length)
      expect(html).to.not.include('class="error"')
    }
  })

  describe('and the real service', () => {
    let service: Service
    let exposition: string
    const families = () =>
      new Set([...exposition.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, type]) => `${name} ${type}`))

    before(async function () {
      this.timeout(60_000)
      const canary = { url: 'http://127.0.0.1:9/webhooks/error', interval: '1d', secret: { env: 'CANARY_SECRET' } }
      service = await startService({
        config: { ...CONFIG, canary },
        env: { CANARY_SECRET: 'x'.repeat(40), HOOK_SECRET: `whsec_${Buffer.alloc(32).toString('base64')}` },
      })
      const { status } = await answer(report(service.ingest))
      expect(status).to.equal(202)
      exposition = await scrape(service.admin)
    })

    it('share every metric that a panel asks for', () => {
      const names = new Set([...families()].map((it) => it.split(' ')[0]!))
      const asked = DASHBOARD_FILES.flatMap((name) => unfolded(readDashboard(name)).panels).flatMap(
        ({ targets = [] }) =>
          targets.flatMap(({ expr }) => parse(expr).selectors.map(({ metric }) => metric.replace(/_bucket$/, ''))),
      )
      const recorded = ['up', SIGNALS.incidentHeld.name]
      expect([...new Set(asked)].filter((metric) => !recorded.includes(metric) && !names.has(metric))).to.deep.equal([])
    })

    it('share every metric and label of the simulated week', async () => {
      const names = new Set([...families()].map((it) => it.split(' ')[0]!))
      const simulated = await stage.prometheus.api<string[]>('label/__name__/values', {
        start: `${WEEK.from}`,
        end: `${WEEK.to}`,
      })
      const ours = simulated.filter((name) => /^(webhook|process|nodejs)_/.test(name))
      expect(
        ours.filter((name) => !names.has(name.replace(/_(bucket|sum|count)$/, '')) && !names.has(name)),
      ).to.deep.equal([])
    })

    it('answer every link to the API', async () => {
      const links = DASHBOARD_FILES.flatMap((name) => {
        const file = join(import.meta.dirname, `../../helm/webhook-error-exporter/files/dashboards/${name}.json`)
        return [...readFileSync(file, 'utf8').matchAll(/"https:\/\/[^/"]+(\/api\/v1\/[^"]+)"/g)].map(([, path]) =>
          path!.replaceAll(/\$\{[^}]+\}/g, 'orders'),
        )
      })
      expect(links).to.not.deep.equal([])
      for (const path of new Set(links)) {
        const { status } = await answer(fetch(service.admin + path))
        expect(status, path).to.equal(200)
      }
    })
  })
})
