import { expect } from 'chai'
import { alertNames } from '../../helm/tools/readme.ts'
import { GRAFANA, pageOf, RUNBOOKS, rulesIn, source } from './support/rules.ts'

describe('the rules', () => {
  it('keep to the conventions that the chart needs', () => {
    for (const rule of rulesIn(source())) {
      const name = rule.alert ?? rule.record
      const metrics = rule.expr.match(/\b(webhook_[a-z_]+|up)\b(?=[{[\s)])/g) ?? []
      const scoped = rule.expr.match(/\{[^}]*job="webhook-error-exporter"/g) ?? []
      expect(scoped.length, `${name}: each selector says job="webhook-error-exporter"`).to.be.at.least(metrics.length)
      if (!rule.alert) continue
      expect(pageOf(rule.annotations), name).to.equal(`${RUNBOOKS}${rule.alert}.md`)
      expect(rule.annotations?.['dashboard_url'] ?? GRAFANA, name).to.match(new RegExp(`^${GRAFANA}`))
      expect(rule.annotations, name).to.include.keys('summary', 'description')
      expect(rule.labels, name).to.include.keys('severity')
      for (const line of rule.expr.split('\n').filter((text) => text.includes('#'))) {
        expect(line, name).to.match(/[0-9][-+.0-9eE]*[ \t]*# threshold$/)
      }
    }
  })

  it('keep the cluster in every aggregation', () => {
    for (const rule of rulesIn(source())) {
      const groupings = rule.expr.match(/\b(?:by|on) \(([^)]*)\)/g) ?? []
      for (const text of groupings.filter((it) => it.includes('namespace')))
        expect(text, rule.alert ?? rule.record).to.include('cluster')
    }
  })

  it('have burn rates in a group that is evaluated every minute', () => {
    const group = source().groups.find(({ rules }) =>
      rules.some(({ alert }) => alert === 'WebhookAvailabilityBurnFast'),
    )!
    expect(group.interval).to.equal('1m')
    expect(group.rules.flatMap(({ record }) => record ?? [])).to.include(
      'namespace_job_endpoint:webhook_endpoint_probes:down_ratio3d',
    )
  })

  it('have what can wait for a minute apart from what pages at once', () => {
    const groupOf = (name: string) => source().groups.find(({ rules }) => rules.some(({ alert }) => alert === name))!
    const failing = groupOf('WebhookEndpointFailing')
    expect(failing.interval).to.equal('15s')
    for (const name of ['WebhookIncidentOpenTooLong', 'WebhookCertificateExpiring', 'WebhookRecoveryOverdue']) {
      expect(groupOf(name).interval, name).to.equal('1m')
      expect(failing.rules.map(({ alert }) => alert)).not.to.include(name)
    }
  })

  it('make at most four queries in the texts of a failing endpoint, and are at most 22 alerts', () => {
    const failing = rulesIn(source()).find(({ alert }) => alert === 'WebhookEndpointFailing')!
    expect(JSON.stringify(failing.annotations).match(/\bquery \(/g) ?? []).to.have.length.at.most(4)
    expect(alertNames()).to.have.length.at.most(22)
  })
})
