import { expect } from 'chai'
import { GROUPS } from '../../grafana/rules/groups.ts'
import { alertsOf } from '../../grafana/rules/model.ts'
import { removeTempFolders } from '../support/temp.ts'
import { CASES } from './cases.ts'
import { unitTest } from './promtool.ts'

describe('the texts of an alert', function () {
  this.timeout(60_000)
  after(removeTempFolders)

  for (const { alert, summary } of alertsOf(GROUPS)) {
    it(`${alert} is filled in, with links that name what it is about`, async function () {
      const { series, fires, step, labels = {} } = CASES.find((it) => it.alert === alert && it.fires !== undefined)!
      const { text } = await unitTest(this, {
        files: ['endpoints.yaml', 'receiver.yaml'],
        series,
        keep: (rule) => rule.record !== undefined || rule.alert === alert,
        ...(step !== undefined && { step }),
        alerts: [{ at: fires!, alert }],
      })
      // promtool tells what it got, as Go writes it.
      const got = /got:\[([\s\S]*)\]/.exec(text)?.[1] ?? ''
      expect(got, text).to.include(`summary="${summary}"`)
      expect(got).not.to.match(/\{\{|<error|<no value>|\bNaN\b/)
      expect(got).to.include(`/docs/runbooks/${alert}.md`)
      expect(got).to.match(/dashboard_url="https:\/\/grafana\.example\.com\/d\/webhook-(overview|endpoint|exporter)\?/)
      if (labels['namespace'] !== '') expect(got).to.include('var-namespace=shop&var-job=webhook-error-exporter')
      if (got.includes('/d/webhook-endpoint?')) expect(got).to.match(/var-endpoint=orders&from=(\d+|now-6h)&to=now/)
    })
  }

  it('has a summary that is the same for everything it is about', () => {
    for (const { alert, summary } of alertsOf(GROUPS)) expect(summary, alert).not.to.match(/\{\{|\$/)
  })
})
