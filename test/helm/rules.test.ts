import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { parse, stringify } from 'yaml'
import { alertNames } from '../../helm/tools/readme.ts'
import { CHART } from '../../helm/tools/values-docs.ts'
import { type Program, requireProgram } from '../support/programs.ts'
import { tempFolder } from '../support/temp.ts'
import { NAMESPACE, RELEASE, requireHelm } from './support/helm.ts'
import { pageOf, type Rules, rendered, rulesIn, source, VERSION } from './support/rules.ts'

describe('the rules', function () {
  this.timeout(60_000)
  let promtool: Program
  before(async function () {
    await requireHelm(this)
    promtool = await requireProgram(this, 'promtool')
  })

  const run = (...args: string[]) =>
    promisify(execFile)(promtool.path, args, { env: promtool.env }).then(
      ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
      (error) => ({ code: error.code as number, output: `${error.stdout}${error.stderr}` }),
    )
  const written = (name: string, rules: unknown): string => {
    const file = join(tempFolder(), `${name}.yaml`)
    writeFileSync(file, stringify(rules, { lineWidth: 0 }))
    return file
  }
  const [withThreshold] = alertNames().filter(({ threshold }) => threshold)
  const [withoutThreshold] = alertNames().filter(({ threshold }) => !threshold)

  it('are valid for promtool as the chart renders them, also with overrides', async () => {
    const overrides = Object.fromEntries(
      alertNames().map(({ name, threshold }) => [
        name,
        { for: '7m', severity: 'info', ...(threshold ? { threshold: 0.25 } : {}) },
      ]),
    )
    for (const rules of [
      await rendered({}),
      await rendered({ rules: { overrides, grafanaUrl: 'https://g.example' } }),
    ]) {
      const { code, output } = await run('check', 'rules', '--lint=all', '--lint-fatal', written('rules', rules))
      expect(code, output).to.equal(0)
    }
  })

  it('ask for the release’s job and namespace alone', async () => {
    for (const rule of rulesIn(await rendered({}))) {
      expect(rule.expr).not.to.include('job="webhook-error-exporter"')
      expect(rule.expr).to.include(`job="${RELEASE}-webhook-error-exporter", namespace="${NAMESPACE}"`)
    }
    const own = await rendered({ monitoring: { job: 'webhooks' } })
    expect(rulesIn(own)[0]!.expr).to.include('job="webhooks", namespace="ns"')
  })

  it('keep Prometheus’s own templates as they are', async () => {
    const rules = await rendered({})
    for (const rule of rulesIn(source())) {
      const same = rulesIn(rules).find(({ alert, record }) => alert === rule.alert && record === rule.record)
      expect(same?.annotations?.['description']).to.equal(rule.annotations?.['description'])
    }
  })

  it('change by name as rules.overrides says', async () => {
    const overrides = {
      [withThreshold!.name]: { threshold: 12.5, for: '9m', severity: 'info', labels: { team: 'shop' } },
      [withoutThreshold!.name]: { enabled: false },
    }
    const rules = rulesIn(await rendered({ rules: { overrides, extraAlertLabels: { team: 'platform', tier: 'one' } } }))
    const changed = rules.find(({ alert }) => alert === withThreshold!.name)!
    expect(changed.expr).to.match(/12\.5 # threshold/)
    expect(changed).to.include({ for: '9m' })
    expect(changed.labels).to.include({ severity: 'info', team: 'shop', tier: 'one' })
    expect(rules.map(({ alert }) => alert)).not.to.include(withoutThreshold!.name)
    expect(rules).to.have.length(rulesIn(source()).length - 1)
    const before = rulesIn(source()).find(({ alert }) => alert === withThreshold!.name)!
    expect(changed.expr.replace('12.5 # threshold', '')).to.equal(
      before.expr
        .replace(/[0-9.]+ # threshold/, '')
        .replaceAll(
          'job="webhook-error-exporter"',
          `job="${RELEASE}-webhook-error-exporter", namespace="${NAMESPACE}"`,
        ),
    )
  })

  it('leave out a group without rules', async () => {
    const overrides = Object.fromEntries(alertNames().map(({ name }) => [name, { enabled: false }]))
    const { groups } = await rendered({ rules: { overrides } })
    const recordings = source().groups.filter(({ rules }) => rules.some(({ record }) => record))
    expect(groups.map(({ name }) => name)).to.deep.equal(recordings.map(({ name }) => name))
    expect(groups.flatMap(({ rules }) => rules).filter(({ alert }) => alert)).to.deep.equal([])
  })

  it('link to your runbooks and your Grafana, and to no Grafana that nobody named', async () => {
    const plain = rulesIn(await rendered({})).filter(({ alert }) => alert)
    for (const { annotations } of plain) expect(annotations).not.to.have.property('dashboard_url')
    const linked = rulesIn(
      await rendered({ rules: { runbookUrl: 'https://wiki.example/rb/', grafanaUrl: 'https://g.example' } }),
    )
    for (const { alert, annotations } of linked.filter((rule) => rule.alert)) {
      expect(pageOf(annotations)).to.equal(`https://wiki.example/rb/${alert}.md`)
      expect(annotations?.['dashboard_url']).to.match(/^https:\/\/g\.example\/d\//)
    }
  })

  it('link to the runbooks and causes of the chart’s own version, unless they are yours', async () => {
    const links = (rules: Rules, name: 'runbook_url' | 'remedy_url') =>
      rulesIn(rules).flatMap(({ annotations }) => annotations?.[name] ?? [])
    const own = await rendered({})
    expect(links(own, 'remedy_url')).not.to.have.length(0)
    for (const url of links(own, 'runbook_url')) expect(url).to.include(`/blob/v${VERSION}/docs/runbooks/Webhook`)
    for (const url of links(own, 'remedy_url')) expect(url).to.include(`/blob/v${VERSION}/docs/remedies/`)
    const copied = await rendered({ rules: { runbookUrl: 'https://wiki.example/runbooks' } })
    for (const url of links(copied, 'remedy_url')) expect(url).to.include('https://wiki.example/remedies/')
  })

  it('refuse an override of an alert that was removed, and name its successor', async () => {
    const removed = parse(readFileSync(join(CHART, 'files/alerts/removed.yaml'), 'utf8')) as Record<string, string>
    expect(Object.keys(removed)).not.to.have.length(0)
    const names = new Set(alertNames().map(({ name }) => name))
    const overrides = Object.fromEntries(Object.keys(removed).map((name) => [name, { enabled: false }]))
    const fault = await rendered({ rules: { overrides } }).then(
      () => '',
      (error: Error) => error.message,
    )
    for (const [name, successor] of Object.entries(removed)) {
      if (!successor.startsWith('panel ')) expect(names.has(successor), successor).to.equal(true)
      const asked = names.has(successor) ? `: write ${successor}` : ''
      expect(fault).to.include(
        `rules.overrides.${name}: this alert was removed; ${successor} has taken its place${asked}\n`,
      )
    }
  })

  it('fire for this release and no other, at the threshold that was set', async () => {
    const rules = await rendered({ rules: { overrides: { WebhookReportsNotRecorded: { threshold: 2, for: '0s' } } } })
    const labels = (job: string, namespace: string) =>
      `{job="${job}", namespace="${namespace}", source="retm", outcome="failed", reason="answer_timeout"}`
    const job = `${RELEASE}-webhook-error-exporter`
    const file = written('rules', rules)
    const at = (value: string, series: string, alerts: number) => ({
      interval: '15s',
      input_series: [{ series: `webhook_exporter_reports_total${series}`, values: value }],
      promql_expr_test: [
        {
          expr: 'count(ALERTS{alertname="WebhookReportsNotRecorded", alertstate="firing"}) or vector(0)',
          eval_time: '9m',
          exp_samples: [{ labels: '{}', value: alerts }],
        },
      ],
    })
    const tests = written('tests', {
      rule_files: [file],
      evaluation_interval: '15s',
      tests: [
        at('0x20 4x20', labels(job, NAMESPACE), 1),
        at('0x20 1x20', labels(job, NAMESPACE), 0),
        at('0x20 4x20', labels(job, 'other'), 0),
        at('0x20 4x20', labels('another-release', NAMESPACE), 0),
      ],
    })
    const { code, output } = await run('test', 'rules', tests)
    expect(code, output).to.equal(0)
  })
})
