import { expect } from 'chai'
import { CAUSES, type Cause } from '../../src/domain/cause/cause.ts'
import { reportedExpiry } from '../../src/domain/classify/expiry.ts'
import { remediesFor } from '../../src/domain/remedies/remedies.ts'
import { UNVERIFIED } from '../../src/domain/verdict/blind-rules.ts'
import type { ProbeResult } from '../../src/domain/verdict/probe.ts'
import { judge } from '../../src/domain/verdict/verdict.ts'
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

    it('reads in the report that the certificate has expired, and since when', () => {
      const at = AT - 1_000
      const verdictOf = (message: string, outside: ProbeResult) => {
        const expired = reportedExpiry(message, at)
        const report = { at, code: 60, cause: 'tls', message, ...(expired && { expired }) } as const
        return judge({ at: AT, endpoint: 'orders', url: URL_OF_SHOP, report, public: outside })
      }
      for (const [message, expiredAt] of [
        ['SSL certificate problem: certificate has expired', null],
        ['CERT_HAS_EXPIRED', null],
        ['invalid peer certificate: Expired', null],
        [
          'x509: certificate has expired or is not yet valid: current time 2026-11-24T02:50:59Z is after 2026-11-20T09:30:00Z',
          '2026-11-20T09:30:00Z',
        ],
        [
          'java.security.cert.CertificateExpiredException: NotAfter: Fri Nov 20 09:30:00 UTC 2026',
          '2026-11-20T09:30:00Z',
        ],
        ['the certificate expired on 2027-01-01', null],
      ] as const) {
        const verdict = verdictOf(message, blind('dns'))
        expect(verdict, message).to.include({
          cause: 'tls',
          remedy: 'tls_expired',
          expiredAt: expiredAt && Date.parse(expiredAt),
        })
        expect(verdict.sentence, message).to.match(
          expiredAt
            ? /^The platform saw a certificate that expired at 2026-11-20T09:30/
            : /^The platform saw an expired certificate/,
        )
      }
      for (const message of [
        'x509: certificate has expired or is not yet valid',
        'x509: certificate has expired or is not yet valid: current time 2026-11-24T02:50:59Z is before 2027-11-20T09:30:00Z',
        'the client certificate has expired',
        'certificate is not trusted, token expired',
      ])
        expect(verdictOf(message, blind('dns')), message)
          .to.include({ remedy: 'tls' })
          .and.not.have.property('expiredAt')
      // A certificate that a probe received is better known.
      const tls = {
        fault: 'wrong_name',
        names: [],
        subject: '',
        issuer: '',
        notBefore: 0,
        notAfter: AT,
      } as unknown as ProbeResult['tls']
      const seen = verdictOf('certificate has expired', down('tls', { phase: 'tls', tls: tls! }))
      expect(seen).to.include({ remedy: 'tls' }).and.not.have.property('expiredAt')
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
