import { promises as dns } from 'node:dns'
import { expect } from 'chai'
import type { ProbeResult, ProbeTarget } from '../../src/domain/verdict/probe.ts'
import { createOutboundClient } from '../../src/outbound/client.ts'
import { createProber } from '../../src/probe/prober.ts'
import { authority } from '../support/certificates.ts'
import { delay, http, raw, rawTls } from '../support/sockets.ts'
import { openStage, SHOP, type Stage } from '../support/stage.ts'
import type { Scene } from '../support/stage-behaviours.ts'
import { guard, target as targetOf } from './target.ts'

const systemLookup = async (host: string) => (await dns.lookup(host, { all: true })).map(({ address }) => address)

describe('probe()', () => {
  let stage: Stage
  const target = ({ url, target: own }: Pick<Scene, 'url' | 'target'>): ProbeTarget =>
    targetOf({ url, target: { ca: stage.ca, ...own } })
  const prober = () => createProber({ client: createOutboundClient({ guard, lookup: stage.lookup }) })
  const scene = (name: string): Scene => {
    const found = stage.scenes.find((one) => one.name === name)
    if (!found) throw new Error(`no scene ${name}`)
    return found
  }
  const probe = (name: string): Promise<ProbeResult> => prober().probe(target(scene(name)))

  before(async () => {
    stage = await openStage(systemLookup)
  })
  after(() => stage.close())

  it('finds phase and cause of every fault on the stage', async () => {
    const rows: string[] = []
    const wrong: string[] = []
    for (const one of stage.scenes) {
      const result = await prober().probe(target(one))
      const truth = typeof one.truth === 'string' ? one.truth : `${one.truth.phase}: ${one.truth.cause}`
      const found = result.up ? `up${result.pathUnproven ? ', path unproven' : ''}` : `${result.phase}: ${result.cause}`
      rows.push(`      ${one.name.padEnd(38)}${truth.padEnd(26)}${found.padEnd(26)}${result.detail.slice(0, 90)}`)
      if (found !== truth) wrong.push(`${one.name}: ${found}, in truth ${truth} (${result.detail})`)
    }
    console.log(`      ${'scene'.padEnd(38)}${'truth'.padEnd(26)}${'probe'.padEnd(26)}detail\n${rows.join('\n')}`)
    expect(wrong).to.deep.equal([])
  })

  it('reports the facts of a certificate also where it does not verify', async () => {
    const { tls, cause } = await probe('expired certificate')
    expect(cause).to.equal('tls')
    expect(tls).to.deep.include({
      protocol: 'TLSv1.3',
      authorized: false,
      fault: 'expired',
      subject: `CN=${SHOP}`,
      issuer: 'CN=Stage authority',
      names: [SHOP],
      daysLeft: -1,
    })
    expect(tls!.notAfter).to.be.within(Date.now() - 60 * 60_000, Date.now() - 39 * 60_000)
    const faults = await Promise.all(
      ['wrong-name', 'not-yet-valid', 'self-signed'].map(
        async (kind) => (await probe(`${kind} certificate`)).tls?.fault,
      ),
    )
    expect(faults).to.deep.equal(['wrong_name', 'not_yet_valid', 'self_signed'])
    expect((await probe('unknown authority')).tls?.fault).to.equal('untrusted')
    expect((await probe('healthy https')).tls)
      .to.include({ authorized: true, daysLeft: 29 })
      .and.not.to.have.key('fault')
  })

  it('times the phases that it came to, and no others', async () => {
    expect((await probe('healthy https')).phases).to.have.all.keys('resolve', 'connect', 'tls', 'http')
    expect((await probe('204')).phases).to.have.all.keys('resolve', 'connect', 'http')
    expect((await probe('refused')).phases).to.have.all.keys('resolve', 'connect')
    expect((await probe('expired certificate')).phases).to.have.all.keys('resolve', 'connect', 'tls')
  })

  it('sends HEAD, then OPTIONS, and never anything else', async () => {
    const methods: string[] = []
    const server = await http((request, response) => {
      methods.push(request.method!)
      response.writeHead(404).end()
    })
    await prober().probe(target({ url: `http://${SHOP}:${server.port}/` }))
    expect(methods).to.deep.equal(['HEAD', 'OPTIONS'])
    await server.close()
  })

  it('sends the host, the path with its query, and the configured headers', async () => {
    const server = await http((request, response) => {
      const { host, authorization } = request.headers
      response.writeHead(
        request.url === '/a?b=c' && host === `${SHOP}:${server.port}` && authorization === 'x' ? 200 : 500,
      )
      response.end()
    })
    const url = `http://${SHOP}:${server.port}/a?b=c`
    expect(await prober().probe(target({ url, target: { headers: { Authorization: 'x' } } }))).to.include({ up: true })
    await server.close()
  })

  it('reports a redirect without its secrets and does not follow it', async () => {
    const { server, ...rest } = scene('301')
    const before = server!.accepted()
    const result = await prober().probe(target(rest))
    expect(server!.accepted()).to.equal(before + 1)
    expect(result.redirectTo).to.equal(`http://${SHOP}:${server!.port}/elsewhere`)
    expect(JSON.stringify(result)).not.to.contain('hunter2')
  })

  it('keeps secrets of URL and headers out of every result', async () => {
    const target_ = (one: Scene) => {
      const whole = target(one)
      return { ...whole, url: `${whole.url}?key=hunter2`, headers: { authorization: 'Bearer hunter2' }, timeout: 500 }
    }
    const results = await Promise.all(stage.scenes.map((one) => prober().probe(target_(one))))
    expect(JSON.stringify(results)).not.to.contain('hunter2')
    const broken = await prober().probe({ ...target(scene('200')), headers: { authorization: 'hunter2\r\nx: y' } })
    expect(broken).to.include({ up: false, cause: 'unknown' })
    expect(JSON.stringify(broken)).not.to.contain('hunter2')
  })

  it('reads no more than it needs of a gigabyte', async () => {
    const sizes: number[] = []
    const server = await raw((socket) => {
      const block = Buffer.alloc(65_536, 'a')
      const more = () => {
        while (!socket.destroyed && socket.write(block)) sizes.push(block.length)
      }
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n')
        socket.on('drain', more)
        more()
      })
    })
    expect(
      await prober().probe(target({ url: `http://${SHOP}:${server.port}/`, target: { method: 'GET' } })),
    ).to.include({
      up: true,
    })
    // What the kernel's buffers take belongs to it; a gigabyte would be 15,000 blocks.
    expect(sizes.length).to.be.below(1_000)
    await server.close()
  })

  it('survives a chain of 100 certificates, and one that OpenSSL finds too long', async () => {
    const root = await authority('Root')
    let issuer = root
    const chain: string[] = []
    for (let depth = 0; depth < 99; depth += 1) {
      issuer = await issuer.intermediate(`Intermediate ${depth}`)
      chain.unshift(issuer.cert)
    }
    const { cert, key } = await issuer.issue({ names: [SHOP] })
    const serve = (pem: string) => rawTls({ cert: pem, key }, (socket) => void socket.end('HTTP/1.1 204 Yes\r\n\r\n'))
    const long = await serve([cert, ...chain].join('\n'))
    const result = await prober().probe(target({ url: `https://${SHOP}:${long.port}/`, target: { ca: root.cert } }))
    expect(result).to.deep.include({ up: true, status: 204 })
    expect(result.tls?.authorized).to.equal(true)
    const longer = await serve([cert, ...chain, ...chain, ...chain, ...chain].join('\n'))
    expect(
      await prober().probe(target({ url: `https://${SHOP}:${longer.port}/`, target: { ca: root.cert } })),
    ).to.deep.include({ up: false, phase: 'tls', cause: 'tls' })
    await Promise.all([long.close(), longer.close()])
  })

  it('keeps its deadline while a look-up hangs, and looks other names up meanwhile', async () => {
    const hung: string[] = []
    const lookup = (host: string): Promise<readonly string[]> => {
      if (host === SHOP) return stage.lookup(host)
      hung.push(host)
      return new Promise(() => {})
    }
    const slow = createProber({ client: createOutboundClient({ guard, lookup }) })
    const waiting = Array.from({ length: 50 }, () =>
      slow.probe(target({ url: 'http://hung.example/', target: { timeout: 300 } })),
    )
    expect(await slow.probe(target(scene('200')))).to.include({ up: true })
    for (const result of await Promise.all(waiting)) expect(result).to.include({ phase: 'resolve', cause: 'timeout' })
    expect(hung).to.deep.equal(['hung.example'])
  })

  it('ends when its caller says so, and leaves no connection behind', async () => {
    const names = [
      'silent after accepting',
      'silent after accepting, https',
      'black hole: SYN unanswered',
      'dripping head',
    ]
    for (const name of names) {
      const caller = new AbortController()
      const running = prober().probe({ ...target(scene(name)), timeout: 60_000 }, { signal: caller.signal })
      setTimeout(() => caller.abort(), 100)
      expect(await running).to.deep.include({ up: false, cause: 'unknown' })
    }
    for (let tries = 0; tries < 100 && stage.scenes.some(({ server }) => server?.open()); tries += 1) await delay(50)
    expect(stage.scenes.filter(({ server }) => server?.open()).map(({ name }) => name)).to.deep.equal([])
  })

  it('refuses what is no http or https URL', async () => {
    for (const url of ['', 'nonsense', 'ftp://127.0.0.1/', 'file:///etc/passwd', 'http://[fe80::1%25lo]/', 'http://']) {
      expect(await prober().probe(target({ url })), url).to.include({ up: false, cause: 'blocked', phase: 'resolve' })
    }
  })

  it('says so where the configured certificate material cannot be used', async () => {
    const result = await prober().probe({ ...target(scene('healthy https')), cert: 'no PEM', key: 'no PEM' })
    expect(result).to.include({ up: false, phase: 'tls' })
    expect(result.detail).to.contain('configured')
  })
})
