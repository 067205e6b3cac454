import { expect } from 'chai'
import type { ProbeResult, ProbeTarget, Vantage } from '../../src/domain/verdict/probe.ts'
import { networkOf } from '../../src/domain/verdict/reach.ts'
import { createOutboundClient } from '../../src/outbound/client.ts'
import { outboundGuard } from '../../src/outbound/guard.ts'
import { createProber } from '../../src/probe/prober.ts'
import { createEgress } from '../../src/service/egress.ts'
import { blackHole, http, type Listening, raw } from '../support/sockets.ts'
import { freePort } from '../support/temp.ts'

const MINUTE = 60_000

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

  /** A receiver whose resolver knows `app`, and for other names answers that there is none, or does not answer. */
  function receiver({
    reference,
    wasSeen,
    isResolving = true,
  }: {
    reference?: string
    wasSeen?: boolean
    isResolving?: boolean
  } = {}) {
    let time = 0
    let hasResolver = isResolving
    const egress = createEgress({
      prober: createProber({
        client: createOutboundClient({
          guard: outboundGuard({ allow: ['127.0.0.0/8'], internal: [] }),
          lookup: async (host) => {
            if (host === 'app') return ['127.0.0.1']
            throw Object.assign(new Error(host), {
              code: hasResolver && !host.startsWith('dead') ? 'ENOTFOUND' : 'EAI_AGAIN',
            })
          },
        }),
      }),
      reference,
      wasSeen: () => wasSeen === true,
      resolverAnswers: async () => hasResolver,
      now: () => time,
    })
    const target = (url: string, vantage: Vantage): ProbeTarget => ({ endpoint: 'e', vantage, url, timeout: 500 })
    return {
      egress,
      pass: (milliseconds: number) => {
        time += milliseconds
      },
      loseResolver: () => {
        hasResolver = false
      },
      probe: (url: string, vantage: Vantage = 'public') => egress.prober.probe(target(url, vantage)),
    }
  }
  const isUnverified = ({ unverified }: ProbeResult) => unverified === true
  /** Something that swallows packets at an address of its own. */
  const silent = async (host: string) => {
    const hole = await blackHole(host)
    servers.push(hole)
    return `http://${host}:${hole.port}/`
  }
  const refused = async (host = '127.0.0.1') => `http://${host}:${await freePort()}/`

  it('takes any answer for one: a refusal, a reset, bytes that are not HTTP, any status', async () => {
    const reset = await raw((socket) => socket.resetAndDestroy())
    const garbage = await raw((socket) => socket.end('220 mail'))
    servers.push(reset, garbage)
    const urls = [
      await refused(),
      ...[reset, garbage].map(({ port }) => `http://127.0.0.1:${port}/`),
      (await up(503)).url,
    ]
    for (const url of urls) {
      const { egress, probe } = receiver()
      const result = await probe(url)
      expect([isUnverified(result), egress.up()], `${url} ${result.cause}`).to.deep.equal([false, true])
    }
  })

  it('does not know at first whether one silent host is down, and never says for that that it has no egress', async () => {
    const { egress, probe } = receiver()
    expect(egress.up()).to.equal(null)
    const url = await silent('127.0.0.2')
    expect(isUnverified(await probe(url))).to.equal(true)
    expect(egress.up()).to.equal(null)
  })

  it('counts the silence of the only host against it within three intervals of its last answer, as long as it lasts', async () => {
    const { egress, probe, pass } = receiver()
    const { server, url } = await up()
    await probe(url)
    pass(3 * MINUTE)
    await server.close()
    const hole = await silentAt(url)
    for (let round = 0; round < 5; round += 1) {
      expect(isUnverified(await probe(hole))).to.equal(false)
      pass(MINUTE)
    }
    expect(egress.up()).to.equal(null)
    const other = receiver()
    const second = await up()
    await other.probe(second.url)
    other.pass(3 * MINUTE + 1)
    await second.server.close()
    expect(isUnverified(await other.probe(await silentAt(second.url)))).to.equal(true)
  })

  it('goes on after a restart with what the journal knows', async () => {
    const { probe } = receiver({ wasSeen: true })
    expect(isUnverified(await probe(await silent('127.0.0.2')))).to.equal(false)
  })

  it('is cut off if more than one host falls silent, until something answers', async () => {
    const { egress, probe, pass } = receiver()
    const [a, b] = [await silent('127.0.0.2'), await silent('127.0.0.3')]
    await probe(a)
    expect(isUnverified(await probe(b))).to.equal(true)
    expect(egress.up()).to.equal(false)
    pass(60 * MINUTE)
    expect(egress.up(), 'nothing was tried since').to.equal(false)
    await probe(await refused())
    expect(egress.up()).to.equal(true)
    pass(60 * MINUTE)
    expect(egress.up()).to.equal(null)
  })

  it('is not cut off where hosts went down one after another', async () => {
    const { egress, probe, pass } = receiver()
    const { server, url } = await up()
    const down = await silent('127.0.0.3')
    await probe(down)
    pass(MINUTE)
    await probe(url)
    await server.close()
    pass(MINUTE)
    expect(isUnverified(await probe(await silentAt(url)))).to.equal(false)
    await probe(down)
    pass(10 * MINUTE)
    await probe(down)
    expect(egress.up()).to.equal(null)
  })

  it('is cut off without a resolver, but not by a name that does not exist or whose own servers are down', async () => {
    for (const name of ['nowhere', 'dead']) {
      const { egress, probe } = receiver()
      const result = await probe(`http://${name}.invalid/`)
      expect(result).to.include({ cause: 'dns' })
      expect([isUnverified(result), egress.up()], name).to.deep.equal([false, null])
    }
    const { egress, probe, loseResolver, pass } = receiver()
    await probe((await up()).url)
    pass(2 * MINUTE)
    loseResolver()
    expect(isUnverified(await probe('http://shop.invalid/')), 'an answer of before says nothing').to.equal(true)
    pass(2 * MINUTE)
    expect(isUnverified(await probe('http://shop.invalid/'))).to.equal(true)
    expect(egress.up()).to.equal(false)
  })

  it('believes a failure while another place answered recently, and no longer', async () => {
    const { probe, pass } = receiver()
    const url = await silent('127.0.0.2')
    await probe((await up()).url)
    pass(2 * MINUTE)
    expect(isUnverified(await probe(url))).to.equal(false)
    pass(2 * MINUTE)
    expect(isUnverified(await probe(url))).to.equal(true)
  })

  it('counts what the canary meets', async () => {
    const { egress, probe } = receiver()
    const url = await silent('127.0.0.2')
    egress.canaryRan({ cause: null, detail: '', status: 202, seconds: 1 })
    await Promise.resolve()
    expect(isUnverified(await probe(url))).to.equal(false)
    egress.canaryRan({ cause: 'timeout', phase: 'http', detail: '', seconds: 1 })
    await Promise.resolve()
    expect(egress.up(), 'a slow answer shows nothing').to.equal(true)
    egress.canaryRan({ cause: 'timeout', phase: 'connect', detail: '', seconds: 1 })
    await Promise.resolve()
    await probe(url)
    expect(egress.up()).to.equal(null)
  })

  it('asks the reference only when nothing else is known, and seldom', async () => {
    const { server, url: reference } = await up()
    const { egress, probe, pass } = receiver({ reference })
    const holes = await Promise.all(['127.0.0.2', '127.0.0.3', '127.0.0.4'].map(silent))
    await probe((await up()).url)
    expect(isUnverified(await probe(holes[0]!))).to.equal(false)
    expect(server.accepted(), 'something else answered').to.equal(0)
    pass(4 * MINUTE)
    const results = await Promise.all(holes.map((url) => probe(url)))
    expect(results.map(isUnverified)).to.deep.equal([false, false, false])
    expect(server.accepted()).to.equal(1)
    pass(MINUTE)
    await probe(holes[0]!)
    expect(server.accepted(), 'its answer is recent').to.equal(1)
    expect(egress.up()).to.equal(true)
  })

  it('is cut off if the only endpoint and the reference are silent', async () => {
    const reference = await silent('127.0.0.3')
    const { egress, probe, pass } = receiver({ reference })
    const { server, url } = await up()
    await probe(url)
    await server.close()
    pass(MINUTE)
    expect(isUnverified(await probe(await silentAt(url)))).to.equal(true)
    expect(egress.up()).to.equal(false)
  }).timeout(20_000)

  it('keeps the outside and the inside apart', async () => {
    const { egress, probe } = receiver()
    const { server } = await up()
    await probe(`http://app:${server.port}/`, 'internal')
    expect(egress.up(), 'a probe of the application says nothing of the internet').to.equal(null)
  })

  it('does not count what the guard forbids as tried', async () => {
    const { egress, probe } = receiver()
    expect(isUnverified(await probe('http://10.0.0.1/'))).to.equal(false)
    expect(egress.up()).to.equal(null)
  })

  /** The same host and port as before, which now swallows packets. */
  async function silentAt(url: string): Promise<string> {
    servers.push(await blackHole('127.0.0.1', Number(new URL(url).port)))
    return url
  }
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
