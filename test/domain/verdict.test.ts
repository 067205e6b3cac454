import { expect } from 'chai'
import fc from 'fast-check'
import { CAUSES, type Cause } from '../../src/domain/cause/cause.ts'
import { remediesFor } from '../../src/domain/remedies/remedies.ts'
import type { ProbeResult } from '../../src/domain/verdict/probe.ts'
import { judge, type Verdict } from '../../src/domain/verdict/verdict.ts'
import { CONFIDENCES, RULES } from '../../src/domain/verdict/verdict-rules.ts'
import { AT, down, read, URL_OF_SHOP, up } from './verdict-support.ts'

const expired = (milliseconds: number) =>
  down('tls', {
    phase: 'tls',
    tls: {
      protocol: 'TLSv1.3',
      authorized: false,
      fault: 'expired',
      subject: 'CN=shop.example',
      issuer: 'CN=R11',
      names: ['shop.example'],
      notBefore: AT - 90 * 86_400_000,
      notAfter: AT - milliseconds,
      daysLeft: -1,
    },
  })

describe('judge()', () => {
  it('says what an engineer who was woken needs to read', () => {
    const verdict = read('tls', expired(40 * 60_000))
    expect(verdict).to.include({ cause: 'tls', confidence: 'agree', rule: 'agree', vantage: 'public' })
    expect(verdict.sentence).to.equal('Certificate of shop.example expired 40 minutes ago, confirmed by a probe')
    expect(verdict.checks.join('\n')).to.include('openssl s_client -connect shop.example:443 -servername shop.example')
    expect(verdict).to.include({ remedy: 'tls_expired', url: URL_OF_SHOP })
    expect(verdict.evidence).to.have.length(2)
  })
  it('says why TLS or HTTP failed where the probe knows', () => {
    const { sentence } = read('tls', down('tls', { detail: 'the connection was dropped during the TLS handshake' }))
    expect(sentence).to.equal(
      'TLS with shop.example fails (the connection was dropped during the TLS handshake), confirmed by a probe',
    )
    expect(read('protocol', down('protocol', { detail: 'the answer is no valid HTTP' })).sentence).to.include(
      'does not speak HTTP as expected (the answer is no valid HTTP)',
    )
  })
  it('does not date an expiry that is not that of the certificate itself', () => {
    const { sentence } = read('tls', expired(-60 * 86_400_000))
    expect(sentence).to.equal(
      'Certificate of shop.example chains to an intermediate or root that has expired, confirmed by a probe',
    )
  })
  it('takes two that name no reason for no agreement', () => {
    expect(read('unknown', down('unknown'))).to.include({ confidence: 'only_probe', rule: 'no_reason' })
  })
  it('shows both where they differ, and where to look', () => {
    const verdict = read('timeout', up())
    expect(verdict).to.include({ cause: 'timeout', confidence: 'differ', rule: 'up' })
    expect(verdict.sentence).to.equal(
      'The platform saw a timeout, but the probe succeeds (shop.example answers 200 in 40 ms): check for slowness under load, or for a firewall between the platform and the endpoint',
    )
  })
  it('tells a broken path from a broken application', () => {
    const refused = down('connection_refused', { phase: 'connect' })
    const path = read('connection_refused', refused, up('internal', { url: 'http://app:8080/hooks', status: 204 }))
    expect(path).to.include({
      rule: 'path_broken',
      cause: 'connection_refused',
      confidence: 'agree',
      vantage: 'public',
    })
    expect(path.sentence).to.equal(
      'The application answers internally (app answers 204 in 40 ms), but the public path is broken: shop.example refuses connections on port 443',
    )
    const both = read('unavailable', down('unavailable', { status: 502 }), {
      ...refused,
      vantage: 'internal',
      url: 'http://app:8080/',
    })
    expect(both).to.include({ rule: 'down_inside', cause: 'connection_refused', vantage: 'internal' })
  })
  it('reads an early warning without a reason as a failure of which a good probe proves nothing', () => {
    const warned = (outside?: ProbeResult) =>
      judge({ at: AT, endpoint: 'orders', url: URL_OF_SHOP, report: { at: AT, cause: 'unknown' }, public: outside })
    expect(warned(up())).to.include({ rule: 'up', cause: 'unknown' })
    expect(warned(up()).sentence).to.match(/^The platform saw a failure without a reason, but the probe succeeds/)
    expect(warned(down('dns', { phase: 'resolve' }))).to.include({ rule: 'no_reason', cause: 'dns' })
    for (const probe of [undefined, up(), down('dns', { phase: 'resolve' })])
      expect(JSON.stringify(warned(probe))).not.to.match(/no longer occurs|undefined|code \)|gave up/)
  })
  it('puts the platform’s own words first, on one line and bounded', () => {
    const words = 'certificate\u202e has\r\nexpired\u001b[2J {probe}'
    for (const probe of [undefined, up(), ...CAUSES.map((cause) => down(cause))]) {
      const { sentence } = judge({
        at: AT,
        endpoint: 'orders',
        url: URL_OF_SHOP,
        report: { at: AT, code: 60, cause: 'tls', message: words },
        public: probe,
      })
      expect(sentence).to.match(
        /^The platform saw a TLS failure \(code 60: “certificate\\u\{202e\} has\\r\\nexpired\\u\{1b\}\[2J \{probe\}”\)/,
      )
    }
    const { sentence } = judge({
      at: AT,
      endpoint: 'orders',
      url: URL_OF_SHOP,
      report: { at: AT, code: 60, cause: 'tls', message: 'x'.repeat(10_000) },
    })
    expect(sentence).to.have.length.below(300)
  })
  it('claims a refusal by the host only where somebody saw one', () => {
    const CLAIM = /nothing listens|answered|refuse[ds]? (a )?connection/
    const of = (refusal: boolean, probe?: ProbeResult) =>
      judge({
        at: AT,
        endpoint: 'orders',
        url: URL_OF_SHOP,
        report: { at: AT, code: 7, cause: 'connection_refused', message: '', refusal },
        public: probe,
      })
    const textOf = (verdict: Verdict) => {
      const { meaning, checks, fixes, verify } = remediesFor(verdict.remedy!, { endpoint: 'orders', url: URL_OF_SHOP })
      return [verdict.sentence, meaning, ...checks, ...fixes, verify].join('\n')
    }
    const refused = down('connection_refused', { phase: 'connect' })
    expect(of(false)).to.include({ cause: 'connection_refused', remedy: 'connection_refused' })
    expect(textOf(of(false))).not.to.match(CLAIM)
    expect(textOf(of(false, up()))).not.to.match(CLAIM)
    expect(textOf(of(false, { ...refused, unverified: true }))).not.to.match(CLAIM)
    for (const verdict of [of(true), of(false, refused)]) {
      expect(verdict).to.include({ cause: 'connection_refused', remedy: 'connection_refused_seen' })
      expect(textOf(verdict)).to.match(CLAIM)
    }
  })
  const cases: readonly [
    rule: string,
    report: Cause | null,
    probe: ProbeResult | undefined,
    cause: Cause,
    confidence: string,
  ][] = [
    ['report_only', 'dns', undefined, 'dns', 'only_report'],
    ['probe_forbidden', 'dns', down('blocked', { phase: 'resolve' }), 'dns', 'only_report'],
    ['probe_only', null, down('dns', { phase: 'resolve' }), 'dns', 'only_probe'],
    ['ok', null, up(), 'unknown', 'only_probe'],
    ['no_reason', 'unknown', down('connection_refused'), 'connection_refused', 'only_probe'],
    ['probe_unclear', 'timeout', down('unknown'), 'timeout', 'only_report'],
    ['related', 'unavailable', down('connection_refused'), 'connection_refused', 'agree'],
    ['related', 'timeout', down('unreachable'), 'unreachable', 'agree'],
    ['slow', 'server_error', down('timeout', { phase: 'connect' }), 'timeout', 'differ'],
    ['same_place', 'server_error', down('timeout'), 'server_error', 'differ'],
    ['slow', 'timeout', down('tls'), 'tls', 'differ'],
    ['same_place', 'timeout', down('server_error', { status: 500 }), 'timeout', 'differ'],
    ['same_place', 'authentication', down('server_error', { status: 500 }), 'authentication', 'differ'],
    ['same_place', 'authentication', down('connection_reset'), 'authentication', 'differ'],
    ['probe_earlier', 'authentication', down('connection_reset', { phase: 'connect' }), 'connection_reset', 'differ'],
    ['probe_earlier', 'server_error', down('dns'), 'dns', 'differ'],
    ['report_earlier', 'dns', down('server_error', { status: 500 }), 'dns', 'differ'],
    ['same_place', 'redirect', down('server_error', { status: 500 }), 'redirect', 'differ'],
    ['up_unseen', 'authentication', up(), 'authentication', 'only_report'],
    ['up_unseen', 'not_found', up('public', { pathUnproven: true, status: 404 }), 'not_found', 'only_report'],
    ['up', 'unknown', up(), 'unknown', 'differ'],
  ]
  for (const [rule, report, probe, cause, confidence] of cases) {
    it(`reads ${report ?? 'no report'} and ${probe ? (probe.up ? 'a good probe' : probe.cause) : 'no probe'} by the rule ${rule}`, () => {
      expect(read(report, probe)).to.include({ rule, cause, confidence })
    })
  }
  it('lets no probe of another method overrule what a delivery was answered, from wherever it looks', () => {
    const fails = down('server_error', { status: 500, method: 'HEAD' })
    const inside = { ...fails, vantage: 'internal' as const }
    for (const views of [
      [fails],
      [fails, inside],
      [fails, up('internal')],
      [undefined, inside],
      [up(), inside],
    ] as const) {
      const verdict = read('authentication', views[0], views[1], 401)
      expect(verdict).to.include({ cause: 'authentication', remedy: 'authentication' })
    }
    expect(read('authentication', fails, undefined, 401).sentence).to.equal(
      'The platform saw rejected credentials (code 401). The probe, which is not a delivery, found: shop.example answers 500 to HEAD',
    )
    const disabled = judge({
      at: AT,
      endpoint: 'orders',
      url: URL_OF_SHOP,
      report: { at: AT, code: 401, cause: 'authentication' },
      disabled: true,
      public: fails,
    })
    expect(disabled).to.include({ rule: 'disabled_down', cause: 'authentication' })
  })
  it('is total: any pair has a rule, a cause, and a sentence without a hole', () => {
    const probe = fc.option(
      fc.oneof(
        fc.constant(up()),
        fc.constantFrom(...CAUSES).map((cause) => down(cause)),
      ),
      { nil: undefined },
    )
    fc.assert(
      fc.property(fc.option(fc.constantFrom(...CAUSES)), probe, probe, (report, outside, inside) => {
        const verdict = read(report, outside, inside && { ...inside, vantage: 'internal' })
        expect(CAUSES).to.include(verdict.cause)
        expect(CONFIDENCES).to.include(verdict.confidence)
        expect(verdict.sentence).not.to.match(/\{|\}|undefined|null|NaN| {2}/)
        expect(verdict.checks).not.to.have.length(0)
        for (const check of verdict.checks) expect(check).not.to.match(/\{\w+\}|undefined/)
      }),
      { numRuns: 3_000 },
    )
  })
  it('has no rule that never decides', () => {
    const used = new Set<string>()
    for (const report of [null, ...CAUSES])
      for (const outside of [undefined, up(), ...CAUSES.map((cause) => down(cause))])
        for (const inside of [undefined, up('internal'), down('connection_refused', { vantage: 'internal' })])
          used.add(read(report, outside, inside).rule)
    expect([...used].sort()).to.deep.equal(RULES.map(({ id }) => id).sort())
  })
})
