import { expect } from 'chai'
import { createOutboundClient } from '../../src/outbound/client.ts'
import { outboundGuard } from '../../src/outbound/guard.ts'
import { createProber } from '../../src/probe/prober.ts'
import { probePlans } from '../../src/service/probe-plans.ts'
import { createProbing, type ProbeRound } from '../../src/service/probing.ts'
import { http, raw } from '../support/sockets.ts'
import { endpoint, heldProber, log, read, stage } from './probing-stage.ts'

describe('createProbing()', () => {
  describe('reported()', () => {
    it('probes at once, and names the failure that asked', async () => {
      const { time, probes, rounds, probing } = stage([endpoint('a')])
      probing.onFailure('a', 'f1')
      await time.settle()
      expect(probes.names()).to.deep.equal(['a'])
      probes.endAll()
      await time.settle()
      expect(rounds).to.have.length(1)
      expect(rounds[0]).to.deep.include({ endpoint: 'a', trigger: 'report', failureIds: ['f1'] })
    })

    it('makes one more round of a storm, after the last of it', async () => {
      const { time, probes, rounds, probing } = stage([endpoint('a')])
      for (let count = 0; count < 1_000; count += 1) probing.onFailure('a', `f${count}`)
      await time.settle()
      expect(probes.held).to.have.length(1)
      probes.endAll()
      await time.advance(9_999)
      expect(probes.held).to.have.length(0)
      await time.advance(1)
      expect(probes.held).to.have.length(1)
      probes.endAll()
      await time.advance(60_000)
      expect(rounds.map(({ failureIds }) => failureIds.length)).to.deep.equal([1, 100])
    })

    it('follows up a failure that came while a round was under way', async () => {
      const { time, probes, rounds, probing } = stage([endpoint('a')])
      probing.onFailure('a', 'f1')
      await time.advance(15_000)
      probing.onFailure('a', 'f2')
      await time.advance(5_000)
      expect(probes.held).to.have.length(1)
      probes.endAll()
      await time.settle()
      expect(probes.held).to.have.length(1)
      probes.endAll()
      await time.settle()
      expect(rounds.map(({ failureIds }) => failureIds)).to.deep.equal([['f1'], ['f2']])
    })

    it('ignores endpoints that have no target, are unknown, or do not want it', async () => {
      const { time, probes, probing } = stage([
        endpoint('pattern', {}, ['https://pattern.example/*']),
        endpoint('several', {}, ['https://a.example/', 'https://b.example/']),
        endpoint('unwilling', { onReport: false }),
      ])
      for (const name of ['pattern', 'several', 'unwilling', 'https://evil.example/']) probing.onFailure(name, 'f')
      await time.settle()
      expect(probes.held).to.deep.equal([])
    })
  })
  it('looks from both vantage points at once', async () => {
    const { time, probes, rounds, probing } = stage([endpoint('a', { internalUrl: 'http://app:8080/' })])
    probing.onFailure('a', 'f1')
    await time.settle()
    expect(probes.held.map(({ target }) => target.vantage)).to.deep.equal(['public', 'internal'])
    probes.endAll()
    await time.settle()
    expect(rounds[0]!.results.map(({ vantage }) => vantage)).to.deep.equal(['public', 'internal'])
  })
  it('schedules with jitter, and nothing where there is no interval', async () => {
    const { time, probes, rounds } = stage([endpoint('a', { interval: 60_000 }), endpoint('b')], {
      random: () => 0.25,
    })
    await time.advance(14_999)
    expect(probes.held).to.have.length(0)
    await time.advance(1)
    expect(probes.names()).to.deep.equal(['a'])
    probes.endAll()
    await time.advance(56_999)
    expect(probes.held).to.have.length(0)
    await time.advance(1)
    expect(probes.names()).to.deep.equal(['a'])
    probes.endAll()
    await time.settle()
    expect(rounds.map(({ trigger }) => trigger)).to.deep.equal(['scheduled', 'scheduled'])
  })
  it('bounds how many run at once and how fast they start; reports go before schedules', async () => {
    const many = Array.from({ length: 100 }, (_, index) => endpoint(`e${index}`, { interval: 10_000 }))
    const { time, probes, probing } = stage([...many, endpoint('reported')], { random: () => 0 })
    await time.advance(0)
    expect(probes.held).to.have.length(1)
    await time.advance(100)
    expect(probes.held).to.have.length(6)
    await time.advance(5_000)
    expect(probes.held).to.have.length(64)
    probing.onFailure('reported', 'f1')
    probes.held[0]!.end()
    await time.advance(20)
    expect(probes.names()).to.include('reported')
    expect(probes.most()).to.equal(64)
  })
  it('answers look() with a round, and joins one that is under way', async () => {
    const { time, probes, probing } = stage([endpoint('a')])
    const both = Promise.all([probing.probeNow('a'), probing.probeNow('a')])
    await time.settle()
    expect(probes.held).to.have.length(1)
    probes.endAll()
    const [first, second] = await both
    expect(first).to.deep.include({ endpoint: 'a', trigger: 'manual' }).and.to.equal(second)
    expect(await probing.probeNow('nobody')).to.equal(undefined)
  })
  it('ends what runs and what waits when stopped, and reports nothing', async () => {
    const { time, probes, rounds, probing } = stage([endpoint('a', { interval: 10_000 }), endpoint('b'), endpoint('c')])
    const looks = Promise.all([probing.probeNow('a'), probing.probeNow('b'), probing.probeNow('c')])
    await time.settle()
    await probing.stop()
    expect(await looks).to.deep.equal([undefined, undefined, undefined])
    probing.onFailure('a', 'f')
    await time.advance(100_000)
    expect([probes.held.length, rounds.length, time.pending()]).to.deep.equal([0, 0, 0])
  })
  it('gives a result also where a secret cannot be read, and where the listener fails', async () => {
    const errors: string[] = []
    const rounds: ProbeRound[] = []
    const probing = createProbing({
      plans: probePlans([endpoint('a', { headers: [{ name: 'x', file: '/nowhere' }] })], () =>
        Promise.reject(new Error()),
      ),
      prober: heldProber().prober,
      log: { ...log, error: (_fields, message) => errors.push(message) },
    })
    probing.start((round) => {
      rounds.push(round)
      throw new Error('listener')
    })
    expect((await probing.probeNow('a'))!.results[0]).to.include({ up: false, cause: 'unknown' })
    expect(errors).to.have.length(2)
    await probing.stop()
  })
  it('lets one endpoint answer while 50 others hang', async () => {
    const hanging = await raw((socket) => void socket.resume())
    const healthy = await http((_, response) => response.end())
    const order: string[] = []
    const all = [
      ...Array.from({ length: 50 }, (_, index) =>
        endpoint(`hung${index}`, { url: `http://127.0.0.1:${hanging.port}/`, timeout: 10_000 }),
      ),
      endpoint('healthy', { url: `http://127.0.0.1:${healthy.port}/` }),
    ]
    const probing = createProbing({
      plans: probePlans(all, read),
      prober: createProber({
        client: createOutboundClient({ guard: outboundGuard({ allow: ['127.0.0.1'], internal: [] }) }),
      }),
      log,
    })
    probing.start(({ endpoint: name }) => void order.push(name))
    for (const { name } of all) probing.onFailure(name, 'f')
    expect((await probing.probeNow('healthy'))!.results[0]).to.include({ up: true })
    expect(order).to.deep.equal(['healthy'])
    await probing.stop()
    await Promise.all([hanging.close(), healthy.close()])
  })
})
