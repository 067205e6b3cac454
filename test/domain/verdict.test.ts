import { expect } from 'chai'
import fc from 'fast-check'
import { UNVERIFIED } from '../../src/domain/blind-rules.ts'
import { CAUSES, type Cause } from '../../src/domain/cause.ts'
import type { ProbeResult, Vantage } from '../../src/domain/probe.ts'
import { remediesFor } from '../../src/domain/remedies/remedies.ts'
import { addVerdict, judge, type Verdict } from '../../src/domain/verdict.ts'
import { CONFIDENCES, RULES } from '../../src/domain/verdict-rules.ts'

const AT = Date.parse('2026-11-24T02:51:00Z')
const URL_OF_SHOP = 'https://shop.example/hooks'

const down = (cause: Cause, more: Partial<ProbeResult> = {}): ProbeResult => ({
  endpoint: 'orders',
  vantage: 'public',
  url: URL_OF_SHOP,
  startedAt: AT,
  up: false,
  cause,
  phase: 'http',
  detail: 'it failed',
  phases: { resolve: 1, connect: 2, http: 37 },
  ...more,
})
const up = (vantage: Vantage = 'public', more: Partial<ProbeResult> = {}): ProbeResult => {
  const { cause: _, phase: __, ...rest } = down('unknown')
  return { ...rest, vantage, up: true, status: 200, detail: 'it answers 200', ...more }
}
const read = (cause: Cause | null, outside?: ProbeResult, inside?: ProbeResult, code = 0): Verdict =>
  judge({
    at: AT,
    endpoint: 'orders',
    url: URL_OF_SHOP,
    report: cause && { at: AT - 1_000, code, cause },
    public: outside,
    internal: inside,
  })
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

  it('reads an early warning without a reason as a failure of which a good probe proves nothing', () => {
    const warned = (outside?: ProbeResult) =>
      judge({ at: AT, endpoint: 'orders', url: URL_OF_SHOP, report: { at: AT, cause: 'unknown' }, public: outside })
    expect(warned(up())).to.include({ rule: 'up', cause: 'unknown' })
    expect(warned(up()).sentence).to.match(/^The platform saw a failure without a reason, but the probe succeeds/)
    expect(warned(down('dns', { phase: 'resolve' }))).to.include({ rule: 'no_reason', cause: 'dns' })
    for (const probe of [undefined, up(), down('dns', { phase: 'resolve' })])
      expect(JSON.stringify(warned(probe))).not.to.match(/no longer occurs|undefined|code \)|gave up/)
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
    ['slow', 'server_error', down('timeout'), 'timeout', 'differ'],
    ['slow', 'timeout', down('tls'), 'tls', 'differ'],
    ['probe_earlier', 'server_error', down('dns'), 'dns', 'differ'],
    ['report_earlier', 'dns', down('server_error', { status: 500 }), 'dns', 'differ'],
    ['same_place', 'redirect', down('server_error', { status: 500 }), 'server_error', 'differ'],
    ['up_unseen', 'authentication', up(), 'authentication', 'only_report'],
    ['up_unseen', 'not_found', up('public', { pathUnproven: true, status: 404 }), 'not_found', 'only_report'],
    ['up', 'unknown', up(), 'unknown', 'differ'],
  ]
  for (const [rule, report, probe, cause, confidence] of cases) {
    it(`reads ${report ?? 'no report'} and ${probe ? (probe.up ? 'a good probe' : probe.cause) : 'no probe'} by the rule ${rule}`, () => {
      expect(read(report, probe)).to.include({ rule, cause, confidence })
    })
  }

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

describe('addVerdict()', () => {
  const numbered = (number: number): Verdict => ({ ...read('dns'), at: AT + number, rule: `r${number}` })
  it('keeps one of several that say the same, with the time of the first', () => {
    const history = addVerdict([numbered(1)], { ...numbered(1), at: AT + 9, sentence: 'again' })
    expect(history).to.have.length(1)
    expect(history[0]).to.include({ at: AT + 1, sentence: 'again' })
  })
  it('keeps the first and the newest nineteen', () => {
    const history = Array.from({ length: 50 }, (_, index) => numbered(index)).reduce(addVerdict, [] as Verdict[])
    expect(history.map(({ rule }) => rule)).to.deep.equal([
      'r0',
      ...Array.from({ length: 19 }, (_, index) => `r${index + 31}`),
    ])
  })
})
