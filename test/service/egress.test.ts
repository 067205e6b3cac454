import { expect } from 'chai'
import type { ProbeResult, ProbeTarget, Vantage } from '../../src/domain/probe.ts'
import { networkOf } from '../../src/domain/reach.ts'
import { createOutboundClient } from '../../src/outbound/client.ts'
import { outboundGuard } from '../../src/outbound/guard.ts'
import { createProber } from '../../src/probe/prober.ts'
import { createEgress } from '../../src/service/egress.ts'
import { http, type Listening, raw } from '../support/sockets.ts'
import { freePort } from '../support/temp.ts'

const MINUTE = 60_000
/** No resolver knows it (RFC 6761 section 6.4); here it is refused without asking one. */
const NOWHERE = 'http://nowhere.invalid/'

describe('createEgress()', () => {
  const servers: Listening[] = []
  const up = async (answer = 204) => {
    const server = await http((_, response) => response.writeHead(answer).end())
    servers.push(server)
    return { server, url: `http://127.0.0.1:${server.port}/` }
  }
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close()
  })

  function receiver({ reference }: { reference?: string } = {}) {
    let time = 0
    const egress = createEgress({
      prober: createProber({
        client: createOutboundClient({
          guard: outboundGuard({ allow: ['127.0.0.1'], internal: [] }),
          lookup: async (host) => {
            if (host === 'app') return ['127.0.0.1']
            throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
          },
        }),
      }),
      reference,
      now: () => time,
    })
    const target = (url: string, vantage: Vantage): ProbeTarget => ({ endpoint: 'e', vantage, url, timeout: 2_000 })
    return {
      egress,
      pass: (milliseconds: number) => {
        time += milliseconds
      },
      probe: (url: string, vantage: Vantage = 'public') => egress.prober.probe(target(url, vantage)),
    }
  }
  const isUnverified = ({ unverified }: ProbeResult) => unverified === true

  it('knows nothing at first: what fails at resolve or connect counts against nobody', async () => {
    const { egress, probe } = receiver()
    expect(egress.up()).to.equal(null)
    expect(isUnverified(await probe(NOWHERE))).to.equal(true)
    expect(isUnverified(await probe(`http://127.0.0.1:${await freePort()}/`))).to.equal(true)
    expect(egress.up()).to.equal(false)
  })

  it('counts what answered, whatever the answer, and what failed later on the way', async () => {
    const { egress, probe } = receiver()
    const { url } = await up(503)
    expect(isUnverified(await probe(url))).to.equal(false)
    expect(egress.up()).to.equal(true)
    const silent = await raw(() => {})
    servers.push(silent)
    expect(await probe(`http://127.0.0.1:${silent.port}/`))
      .to.include({ phase: 'http', up: false })
      .and.not.have.property('unverified')
  })

  it('believes a failure while another place answered recently, and no longer', async () => {
    const { egress, probe, pass } = receiver()
    await probe((await up()).url)
    pass(2 * MINUTE)
    expect(isUnverified(await probe(NOWHERE))).to.equal(false)
    pass(2 * MINUTE)
    expect(isUnverified(await probe(NOWHERE))).to.equal(true)
    expect(egress.up()).to.equal(false)
    pass(10 * MINUTE)
    expect(egress.up(), 'nothing was tried recently').to.equal(null)
  })

  it('does not take an endpoint’s own past for a sign', async () => {
    const { probe } = receiver()
    const { server, url } = await up()
    await probe(url)
    await server.close()
    expect(isUnverified(await probe(url))).to.equal(true)
  })

  it('takes the newest outcome of a place: what answered before and fails now vouches for nothing', async () => {
    const { probe } = receiver()
    const { server, url } = await up()
    await probe(url)
    await server.close()
    await probe(url)
    expect(isUnverified(await probe(NOWHERE))).to.equal(true)
  })

  it('believes that many endpoints are down at once while the canary comes back', async () => {
    const { egress, probe } = receiver()
    egress.canaryRan({ cause: null, detail: '', status: 202, seconds: 1 })
    for (const host of ['a', 'b', 'c'])
      expect(isUnverified(await probe(`http://${host}.invalid/`)), host).to.equal(false)
    egress.canaryRan({ cause: 'dns', detail: '', seconds: 1 })
    expect(isUnverified(await probe('http://a.invalid/'))).to.equal(true)
  })

  it('asks the reference only when nothing else is known, and seldom', async () => {
    const { server, url: reference } = await up()
    const { probe, pass } = receiver({ reference })
    const { url } = await up()
    await probe(url)
    expect(isUnverified(await probe(NOWHERE))).to.equal(false)
    expect(server.accepted(), 'something else answered').to.equal(0)
    pass(4 * MINUTE)
    const results = await Promise.all(['a', 'b', 'c'].map((host) => probe(`http://${host}.invalid/`)))
    expect(results.map(isUnverified)).to.deep.equal([false, false, false])
    expect(server.accepted()).to.equal(1)
    pass(MINUTE)
    await probe(NOWHERE)
    expect(server.accepted(), 'its answer is recent').to.equal(1)
    await server.close()
    pass(4 * MINUTE)
    expect(isUnverified(await probe(NOWHERE))).to.equal(true)
  })

  it('keeps the outside and the inside apart', async () => {
    const { egress, probe } = receiver()
    const { server, url } = await up()
    await probe(`http://app:${server.port}/`, 'internal')
    expect(egress.up(), 'a probe of the application says nothing of the internet').to.equal(null)
    expect(isUnverified(await probe(NOWHERE))).to.equal(true)
    expect(isUnverified(await probe('http://gone.shop.svc/', 'internal')), 'the cluster’s DNS answered').to.equal(false)
    const other = receiver()
    await other.probe(url)
    expect(isUnverified(await other.probe('http://gone.shop.svc/', 'internal'))).to.equal(true)
  })

  it('believes a refusal from inside: policies drop', async () => {
    const { probe } = receiver()
    expect(isUnverified(await probe(`http://app:${await freePort()}/`, 'internal'))).to.equal(false)
  })

  it('does not count what the guard forbids as tried', async () => {
    const { egress, probe } = receiver()
    expect(isUnverified(await probe('http://10.0.0.1/'))).to.equal(false)
    expect(egress.up()).to.equal(null)
  })
})

describe('networkOf()', () => {
  const at = (url: string, more: { vantage?: Vantage; address?: string } = {}) =>
    networkOf({ vantage: 'public', url, ...more })
  it('goes by vantage point, address and name', () => {
    for (const url of [
      'https://shop.example/',
      'https://203.0.113.7/',
      'http://[2001:db8::1]:8080/',
      'http://127.0.0.1/',
    ])
      expect(at(url), url).to.equal('outside')
    for (const url of [
      'http://orders.shop.svc/',
      'http://orders.shop.svc.cluster.local:8080/',
      'http://orders/',
      'http://10.1.2.3/',
      'http://[fd00::1]/',
      'http://[::ffff:192.168.0.1]/',
      'http://100.64.0.1/',
    ])
      expect(at(url), url).to.equal('inside')
    expect(at('https://shop.example/', { address: '10.0.0.9' })).to.equal('inside')
    expect(at('https://shop.example/', { vantage: 'internal' })).to.equal('inside')
  })
})
