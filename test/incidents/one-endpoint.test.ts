import { join } from 'node:path'
import { expect } from 'chai'
import { runInNamespace } from '../support/network-namespace.ts'
import type { Fault, Finding } from '../support/one-endpoint-stage.ts'
import { sample } from '../support/scrape.ts'
import { removeTempFolders } from '../support/temp.ts'

const STAGE = join(import.meta.dirname, '../support/one-endpoint-stage.ts')
const UP = 'webhook_endpoint_up{endpoint="orders",vantage="public"}'
const EGRESS = 'webhook_exporter_egress_up'

describe('a receiver with a single endpoint, at a public and at a private address', function () {
  this.timeout(180_000)
  const found = new Map<Fault, readonly Finding[]>()
  before(async function () {
    const faults: readonly Fault[] = ['refused', 'drop', 'no_route', 'no_resolver']
    const all = await Promise.all(
      faults.map((fault) => runInNamespace<readonly Finding[]>(this, STAGE, JSON.stringify({ fault }))),
    )
    for (const [at, fault] of faults.entries()) found.set(fault, all[at]!)
  })
  after(removeTempFolders)

  for (const [fault, words] of [
    ['refused', /shop\.(example|internal) refuses connections on port 80/i],
    ['drop', /shop\.(example|internal) does not answer within \d+ ms \(phase connect\)/i],
  ] as const) {
    it(`says that the endpoint is down, and stays open, where its packets are: ${fault}`, () => {
      for (const { metrics, incident, later, laterMetrics, recoveredMetrics } of found.get(fault)!) {
        expect(incident.verdict.sentence).to.match(words).and.not.include('not verified')
        expect(incident.closing.how).to.equal('failing')
        expect(sample(metrics, UP), 'WebhookEndpointDown').to.equal(0)
        expect(later.state, 'three quiet times later').to.equal('open')
        expect(sample(laterMetrics, UP)).to.equal(0)
        for (const text of [metrics, laterMetrics]) expect(sample(text, EGRESS), 'WebhookEgressDown').not.to.equal(0)
        expect(sample(recoveredMetrics, UP)).to.equal(1)
      }
    })
  }

  for (const fault of ['no_route', 'no_resolver'] as const) {
    it(`says that it cannot look, and closes without proof: ${fault}`, () => {
      for (const [at, { metrics, incident, later, laterMetrics, recoveredMetrics }] of found.get(fault)!.entries()) {
        expect(incident.verdict).to.include({ rule: 'not_verified', cause: 'timeout' })
        expect(metrics, 'neither up nor down').not.to.include(UP)
        expect(later).to.include({ state: 'closed', resolution: 'unproven' })
        expect(later.end.how).to.equal('blind')
        expect(later.end.sentence).to.match(
          /^Closed: no report for \d+ seconds\. Not proven: this receiver could not look\.$/,
        )
        // The metric is about the internet; a private address says nothing about it.
        const isPublic = at === 0
        for (const text of [metrics, laterMetrics]) expect(sample(text, EGRESS)).to.equal(isPublic ? 0 : undefined)
        expect(sample(recoveredMetrics, EGRESS)).to.equal(isPublic ? 1 : undefined)
      }
    })
  }
})
