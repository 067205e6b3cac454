import { promises as dns } from 'node:dns'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import { expect } from 'chai'
import type { Cause } from '../../src/domain/cause/cause.ts'
import { classify } from '../../src/domain/classify/classify.ts'
import { judge } from '../../src/domain/verdict/verdict.ts'
import { createOutboundClient } from '../../src/outbound/client.ts'
import { outboundGuard } from '../../src/outbound/guard.ts'
import { createProber } from '../../src/probe/prober.ts'
import { openStage, type Stage } from '../support/stage.ts'
import type { Scene } from '../support/stage-behaviours.ts'

/** What is wrong in truth, where that is not what a probe alone can see. */
const OF_DELIVERIES: Readonly<Record<string, Cause>> = {
  '400': 'rejected',
  '401': 'authentication',
  '403': 'authentication',
  '404': 'not_found',
  '422': 'rejected',
}
const SCENES = [
  'a name that does not resolve',
  'refused',
  'black hole: SYN unanswered',
  'silent after accepting',
  'reset on the request',
  'reset after the handshake',
  'expired certificate',
  'wrong-name certificate',
  'not-yet-valid certificate',
  'self-signed certificate',
  'unknown authority',
  'dropped during the handshake',
  'plain HTTP on a TLS port',
  'TLS on a plain port',
  '301',
  '400',
  '401',
  '403',
  '404',
  '407',
  '410',
  '422',
  '429',
  '500',
  '502',
  '503',
  '504',
  'half an answer',
  'empty answer',
  'slow first byte',
]

describe('the verdict on real faults', () => {
  let stage: Stage
  before(async () => {
    stage = await openStage(async (host) => (await dns.lookup(host, { all: true })).map(({ address }) => address))
  })
  after(() => stage.close())

  /** The platform: a real client that POSTs, and reports what it met in its own words. */
  function deliver({ url }: Scene): Promise<{ code: number; message: string }> {
    const lookup: LookupFunction = (host, { all }, done) => {
      stage.lookup(host).then(
        (addresses) => {
          const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
          if (all) done(null, found)
          else done(null, found[0]!.address, found[0]!.family)
        },
        (error: NodeJS.ErrnoException) => done(error, ''),
      )
    }
    return new Promise((resolve) => {
      const ask = url.startsWith('https:') ? httpsRequest : httpRequest
      const request = ask(url, { method: 'POST', lookup, ca: stage.ca, agent: false }, (response) => {
        response.resume()
        response.on('error', () => {})
        resolve({ code: response.statusCode!, message: '' })
      })
      const timer = setTimeout(() => request.destroy(new Error('timeout of 1000ms exceeded')), 1_000)
      request.on('error', (error) => resolve({ code: 0, message: error.message }))
      request.on('close', () => clearTimeout(timer))
      request.end('{"event":"order.created"}')
    })
  }

  it('is the truth for each of them', async () => {
    const prober = createProber({
      client: createOutboundClient({
        guard: outboundGuard({ allow: ['127.0.0.0/8', '::1'], internal: [] }),
        lookup: stage.lookup,
      }),
    })
    const rows: string[] = []
    const wrong: string[] = []
    for (const name of SCENES) {
      const scene = stage.scenes.find((one) => one.name === name)!
      const truth = OF_DELIVERIES[name] ?? (typeof scene.truth === 'object' ? scene.truth.cause : 'unknown')
      const given = await deliver(scene)
      const { cause: reported } = classify(given)
      const probe = await prober.probe({
        endpoint: 'orders',
        vantage: 'public',
        url: scene.url,
        timeout: 10_000,
        ca: stage.ca,
        ...scene.target,
      })
      const verdict = judge({
        at: Date.now(),
        endpoint: 'orders',
        url: scene.url,
        report: { at: Date.now(), code: given.code, cause: reported },
        public: probe,
      })
      rows.push(
        `      ${name.padEnd(30)}${truth.padEnd(20)}${reported.padEnd(20)}${(probe.cause ?? 'up').padEnd(20)}${verdict.cause.padEnd(20)}${verdict.rule}`,
      )
      if (verdict.cause !== truth)
        wrong.push(`${name}: ${verdict.cause}, in truth ${truth}: ${verdict.sentence} (${given.message})`)
    }
    const head = ['scene'.padEnd(30), ...['truth', 'report', 'probe', 'verdict'].map((text) => text.padEnd(20)), 'rule']
    console.log(`      ${head.join('')}\n${rows.join('\n')}`)
    expect(wrong).to.deep.equal([])
  }).timeout(60_000)
})
