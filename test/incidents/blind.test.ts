import { join } from 'node:path'
import { expect } from 'chai'
import { UNVERIFIED } from '../../src/domain/verdict/blind-rules.ts'
import { unitTest } from '../rules/promtool.ts'
import { JOB, NAMESPACE, type Value } from '../rules/series.ts'
import type { Page, Scene } from '../support/blind-stage.ts'
import { runInNamespace } from '../support/network-namespace.ts'
import { sample } from '../support/scrape.ts'
import { removeTempFolders } from '../support/temp.ts'

const STAGE = join(import.meta.dirname, '../support/blind-stage.ts')
/** What a metric shows, as a series that Prometheus has for half an hour. */
function asSeries(metrics: string): Map<string, readonly Value[]> {
  const target = `namespace="${NAMESPACE}",job="${JOB}",instance="10.0.0.1:9464",pod="w-0"`
  const wanted = /^(webhook_(?:incident|endpoint_(?:info|tls)|exporter_egress)\w*)(?:\{(.*)\})? (\S+)$/gm
  return new Map(
    [...metrics.matchAll(wanted)].map(([, name, labels, value]) => [
      `${name}{${target}${labels ? `,${labels}` : ''}}`,
      Array.from({ length: 120 }, () => Number(value)),
    ]),
  )
}

/** Annotations of each instance of the alert, by endpoint; by job where it has none. */
async function alertTexts(
  context: Mocha.Context,
  metrics: string,
  alert: string,
): Promise<Record<string, Record<string, string>>> {
  const { text } = await unitTest(context, {
    files: ['endpoints.yaml', 'receiver.yaml'],
    series: asSeries(metrics),
    keep: (rule) => rule.record !== undefined || rule.alert === alert,
    alerts: [{ at: '20m', alert }],
  })
  const got = /got:\[([\s\S]*)\]/.exec(text)?.[1] ?? ''
  return Object.fromEntries(
    got
      .split('Labels:{')
      .slice(1)
      .map((instance) => [
        / endpoint="([^"]*)"/.exec(instance)?.[1] ?? JOB,
        Object.fromEntries(
          [...instance.split('Annotations:{')[1]!.matchAll(/(\w+)=("(?:[^"\\]|\\.)*")/g)].map(([, name, value]) => [
            name!,
            JSON.parse(value!),
          ]),
        ),
      ]),
  )
}

describe('a receiver that may itself be cut off', function () {
  this.timeout(180_000)
  const scenes = new Map<string, Scene>()
  const STAGES = [
    { name: 'without DNS', dns: false, egress: true },
    { name: 'without egress', dns: true, egress: false },
    { name: 'with both', dns: true, egress: true },
  ]

  before(async function () {
    const all = STAGES.map(({ name: _, ...network }) => runInNamespace<Scene>(this, STAGE, JSON.stringify(network)))
    for (const [at, scene] of (await Promise.all(all)).entries()) scenes.set(STAGES[at]!.name, scene)
  })
  after(removeTempFolders)

  const SAID: Readonly<Record<string, string>> = {
    orders: 'code 60: “SSL certificate problem: certificate has expired”',
    refunds: 'code 503: “Service Unavailable”',
    menu: 'code 503: “Service Unavailable”',
  }

  for (const { name, dns, egress } of STAGES) {
    const isBlind = !dns || !egress
    it(`${name} ${isBlind ? 'takes the platform at its word, and says that it verified nothing' : 'counts what its probes see'}`, async function () {
      const { open, metrics, resolutions } = scenes.get(name)!
      const causes = Object.fromEntries(Object.entries(open).map(([endpoint, { json }]) => [endpoint, json.cause]))
      const alerts = await alertTexts(this, metrics, 'WebhookEndpointFailing')
      const egressDown = await alertTexts(this, metrics, 'WebhookEgressDown')
      print(name, open['orders']!, alerts['orders']!, egressDown[JOB])

      for (const [endpoint, { json, text, html }] of Object.entries(open)) {
        // A resolver that knows no such name has answered.
        const isHidden = isBlind && !(dns && endpoint === 'menu')
        const words = SAID[endpoint]!
        const first = text.split('\n', 1)[0]!
        expect(first, 'the platform’s own words come first').to.match(
          /^\w+\.\w+ to \w+: The platform saw [^;.]+ \(code /,
        )
        expect(first).to.include(`(${words})`)
        expect(html, 'the page').to.match(/The platform saw [^;.<]+ \(code /)
        expect(alerts[endpoint]!['description']).to.match(/^The platform saw [^;.]+ \(code (60|503)\)\. /)
        expect(json.verdict.evidence[0]).to.include('the platform reported code')
        const findings = json.verdict.evidence.slice(1).join('\n')
        expect(findings.includes(UNVERIFIED), findings).to.equal(isHidden)
        expect(json.verdict.sentence.includes(UNVERIFIED)).to.equal(isHidden)
        expect(alerts[endpoint]!['description']!.toLowerCase().includes(UNVERIFIED)).to.equal(isHidden)
        if (endpoint === 'orders' && isHidden) {
          expect(json.verdict).to.include({ remedy: 'tls_expired', expiredAt: null })
          const since = `has expired (since ${json.firstFailureAt} at the latest, by the platform’s report)`
          expect(text).to.include(since)
          expect(html).to.include(since)
          expect(alerts[endpoint]!['headline']).to.include('certificate expired')
          expect(alerts[endpoint]!['description']).to.match(/ The certificate had expired by \S+ \S+ UTC\.$/)
        }
        if (isHidden) expect(text).not.to.match(/Restore the record|renew the domain/)
      }
      if (isBlind) {
        expect(causes).to.deep.equal({ orders: 'tls', refunds: 'unavailable', menu: dns ? 'dns' : 'unavailable' })
        expect(open['refunds']!.json.failures).to.equal(250)
        const hidden = dns ? ['orders', 'refunds'] : ['orders', 'refunds', 'menu']
        expect(Object.keys(resolutions)).to.deep.equal(hidden)
        for (const end of Object.values(resolutions))
          expect(end).to.match(/^Closed: no report for .*\. Not proven: this receiver could not look\.$/)
        for (const name of hidden) {
          expect(metrics).not.to.include(`webhook_endpoint_up{endpoint="${name}"`)
          expect(metrics).not.to.match(
            new RegExp(`^webhook_endpoint_probes_total\\{endpoint="${name}".*result="down"`, 'm'),
          )
        }
        expect(metrics).to.match(/^webhook_endpoint_probes_total\{.*result="unverified"/m)
        expect(sample(metrics, 'webhook_exporter_egress_up')).to.equal(0)
        expect(egressDown[JOB]).to.include.keys('summary', 'description', 'runbook_url')
      } else {
        // The name in `menu` exists nowhere: only a receiver with egress may say so.
        expect(causes).to.deep.equal({ orders: 'tls', refunds: 'unavailable', menu: 'dns' })
        expect(open['orders']!.json.verdict).to.include({ rule: 'agree', remedy: 'tls_expired' })
        expect(open['menu']!.json.verdict).to.include({ rule: 'probe_earlier' })
        expect(sample(metrics, 'webhook_endpoint_up{endpoint="menu",vantage="public"}')).to.equal(0)
        expect(sample(metrics, 'webhook_exporter_egress_up')).to.equal(1)
        expect(egressDown).to.deep.equal({})
      }
    })
  }
})

function print(
  name: string,
  { text }: Page,
  alert: Readonly<Record<string, string>>,
  egress: Readonly<Record<string, string>> | undefined,
): void {
  const shown = (annotations: Readonly<Record<string, string>>, ...keys: readonly string[]) =>
    keys.map((key) => `${key}: ${annotations[key]}`).join('\n')
  const parts = [
    `== A receiver ${name}: the alert ==\n${shown(alert, 'summary', 'description', 'cause', 'code', 'first_check', 'fix')}`,
    `== A receiver ${name}: the incident ==\n${text.split('\n\nRead again')[0]}`,
    ...(egress ? [`== A receiver ${name}: WebhookEgressDown ==\n${shown(egress, 'summary', 'description')}`] : []),
  ]
  console.log(parts.join('\n\n').replaceAll(/^/gm, '      '))
}
