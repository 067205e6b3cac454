import { expect } from 'chai'
import { UNVERIFIED } from '../../src/domain/blind-rules.ts'
import { CAUSES, type Cause } from '../../src/domain/cause.ts'
import type { ProbeResult } from '../../src/domain/probe.ts'
import { remediesFor } from '../../src/domain/remedies/remedies.ts'
import { judge } from '../../src/domain/verdict.ts'
import { AT, down, read, URL_OF_SHOP, up } from './verdict-support.ts'

describe('judge(), where less is known', () => {
  describe('of an endpoint that the platform disabled', () => {
    const disabled = (report: Cause | null, outside?: ProbeResult) =>
      judge({
        at: AT,
        endpoint: 'orders',
        url: URL_OF_SHOP,
        report: report && { at: AT - 1_000, code: 503, cause: report },
        disabled: true,
        public: outside,
      })

    it('never says that the failure is over, however good the probe', () => {
      for (const report of [null, ...CAUSES])
        for (const probe of [undefined, up(), down('dns', { phase: 'resolve', unverified: true })]) {
          const verdict = disabled(report, probe)
          expect(verdict).to.include({ rule: 'disabled', remedy: 'disabled', cause: report ?? 'unknown' })
          expect(verdict.sentence).to.match(/^The platform.*disabled the endpoint: nothing arrives until/)
          expect(verdict.sentence).not.to.include('no longer occurs')
          expect(verdict.checks).to.deep.equal(remediesFor('disabled', { endpoint: 'orders', url: URL_OF_SHOP }).checks)
        }
    })

    it('names what to fix first where the probe fails', () => {
      const verdict = disabled(null, down('connection_refused', { phase: 'connect' }))
      expect(verdict).to.include({ rule: 'disabled_down', remedy: 'connection_refused_seen' })
      expect(verdict.sentence).to.match(/it still fails: .*Fix this first, then re-enable it on the platform$/)
    })
  })
  describe('where this receiver may itself be cut off', () => {
    const blind = (cause: Cause, more: Partial<ProbeResult> = {}) =>
      down(cause, { phase: cause === 'dns' ? 'resolve' : 'connect', unverified: true, ...more })

    it('takes the report, whatever the probe met, and finds that nothing was verified', () => {
      for (const report of CAUSES)
        for (const met of ['dns', 'unreachable', 'timeout', 'connection_refused', 'unknown'] as const) {
          const verdict = read(report, blind(met))
          expect(verdict, `${report}, ${met}`).to.include({
            cause: report,
            rule: 'not_verified',
            confidence: 'only_report',
            vantage: null,
          })
          expect(verdict.sentence).to.match(/^The platform saw .* \(code 0\); not verified: this receiver could/)
          expect(verdict.evidence[1]).to.include(UNVERIFIED)
        }
    })

    it('still reads what is seen inside', () => {
      const refused = down('connection_refused', { vantage: 'internal', phase: 'connect', url: 'http://app:8080/' })
      expect(read('unavailable', blind('dns'), refused)).to.include({
        cause: 'connection_refused',
        vantage: 'internal',
      })
      expect(read('tls', blind('dns'), up('internal'))).to.include({ cause: 'tls', rule: 'not_verified' })
      expect(read('tls', up(), blind('dns', { vantage: 'internal' }))).to.include({ cause: 'tls', rule: 'up' })
    })

    it('claims nothing without a report', () => {
      const verdict = read(null, blind('dns'))
      expect(verdict).to.include({ cause: 'unknown', rule: 'nothing_known' })
    })
  })
})
