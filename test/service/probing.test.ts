import { expect } from 'chai'
import type { ProbeResult, Prober, ProbeTarget } from '../../src/domain/probe.ts'
import { createOutboundClient } from '../../src/outbound/client.ts'
import { outboundGuard } from '../../src/outbound/guard.ts'
import { createProber } from '../../src/probe/prober.ts'
import { internalAuthorities, type ProbedEndpoint, probePlans } from '../../src/service/probe-plans.ts'
import { createProbing, type ProbeRound } from '../../src/service/probing.ts'
import { manualTime } from '../support/manual-time.ts'
import { http, raw } from '../support/sockets.ts'

const log = { debug() {}, info() {}, warn() {}, error() {}, fatal() {} }
const read = async () => 'secret'

const endpoint = (name: string, probe: Partial<ProbedEndpoint['probe']> = {}, urls = [`https://${name}.example/`]) => ({
  name,
  urls,
  probe: { headers: [], timeout: 1_000, onReport: true, ...probe },
})

/** A prober whose probes end when the test says so. */
function heldProber() {
  const held: { target: ProbeTarget; end: (up?: boolean) => void }[] = []
  let most = 0
  const prober: Prober = {
    probe: (target, { signal } = {}) =>
      new Promise((resolve) => {
        const result = (up: boolean): ProbeResult => ({
          endpoint: target.endpoint,
          vantage: target.vantage,
          url: target.url,
          startedAt: 0,
          up,
          detail: '',
          phases: {},
        })
        const one = {
          target,
          end: (up = true) => {
            held.splice(held.indexOf(one), 1)
            resolve(result(up))
          },
        }
        held.push(one)
        most = Math.max(most, held.length)
        signal?.addEventListener('abort', () => one.end(false))
      }),
  }
  return {
    prober,
    held,
    most: () => most,
    names: () => held.map(({ target }) => target.endpoint),
    endAll: () => {
      for (const one of [...held]) one.end()
    },
  }
}

function stage(endpoints: readonly ProbedEndpoint[], { random = (): number => 0.5 } = {}) {
  const time = manualTime()
  const probes = heldProber()
  const rounds: ProbeRound[] = []
  const probing = createProbing({
    plans: probePlans(endpoints, read),
    prober: probes.prober,
    log,
    clock: time.clock,
    timers: time.timers,
    random,
  })
  probing.start((round) => void rounds.push(round))
  return { time, probes, rounds, probing }
}

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

  it('looks every minute while an incident is open', async () => {
    const { time, probes, probing } = stage([endpoint('a'), endpoint('b', { onReport: false })])
    probing.recheck('a', true)
    probing.recheck('b', true)
    await time.advance(60_000)
    expect(probes.names()).to.deep.equal(['a'])
    probes.endAll()
    await time.advance(60_000)
    expect(probes.names()).to.deep.equal(['a'])
    probes.endAll()
    probing.recheck('a', false)
    await time.advance(600_000)
    expect(probes.held).to.have.length(0)
    expect(time.pending()).to.equal(0)
  })

  it('counts the looks of an incident apart from those of the schedule, which go on', async () => {
    const { time, probes, rounds, probing } = stage([
      endpoint('unscheduled'),
      endpoint('seldom', { interval: 300_000 }),
      endpoint('often', { interval: 30_000 }),
    ])
    const run = async (minutes: number) => {
      const from = rounds.length
      for (let second = 0; second < minutes * 60; second += 1) {
        await time.advance(1_000)
        probes.endAll()
        await time.settle()
      }
      const count: Record<string, number> = {}
      for (const { endpoint: name, trigger } of rounds.slice(from))
        count[`${name} ${trigger}`] = (count[`${name} ${trigger}`] ?? 0) + 1
      return count
    }
    await run(10)
    for (const name of ['unscheduled', 'seldom', 'often']) probing.recheck(name, true)
    const during = await run(30)
    expect(during).to.have.all.keys('unscheduled incident', 'seldom incident', 'seldom scheduled', 'often scheduled')
    expect(during['unscheduled incident']).to.be.within(28, 31)
    expect(during['seldom scheduled'], 'its availability is sampled as before').to.be.within(5, 6)
    expect(during['often scheduled'], 'the schedule alone is frequent enough').to.be.within(57, 61)
    for (const name of ['unscheduled', 'seldom', 'often']) probing.recheck(name, false)
    // What was begun before ends.
    await run(1)
    expect(await run(30)).to.have.all.keys('seldom scheduled', 'often scheduled')
    await probing.stop()
    expect(time.pending()).to.equal(0)
  })

  it('looks soon again after a new report, also where the schedule alone was frequent enough', async () => {
    const time = manualTime()
    const probes = heldProber()
    const rounds: ProbeRound[] = []
    const probing = createProbing({
      plans: probePlans([endpoint('a', { interval: 60_000 })], read),
      prober: probes.prober,
      recheckIntervals: { first: 5_000, longest: 60_000 },
      log,
      clock: time.clock,
      timers: time.timers,
      random: () => 0.5,
    })
    probing.start((round) => void rounds.push(round))
    probing.recheck('a', true)
    const run = async (seconds: number) => {
      const from = rounds.length
      for (let second = 0; second < seconds; second += 1) {
        await time.advance(1_000)
        probes.endAll()
        await time.settle()
      }
      return rounds.slice(from).map(({ trigger }) => trigger)
    }
    expect((await run(300)).filter((trigger) => trigger === 'incident')).to.have.length(4)
    expect(await run(120)).to.deep.equal(['scheduled', 'scheduled'])
    probing.onFailure('a', 'f1')
    expect((await run(12)).slice(0, 2)).to.deep.equal(['report', 'incident'])
    await probing.stop()
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

describe('probePlans()', () => {
  it('takes probe.url, else the only exact URL, else nothing', () => {
    const targets = probePlans(
      [
        endpoint('own', { url: 'https://own.example/health' }, ['https://own.example/*']),
        endpoint('exact'),
        endpoint('rest', {}, ['https://rest.example/*']),
        endpoint('segment', {}, ['https://segment.example/{id}/x']),
        endpoint('two', {}, ['https://two.example/', 'https://three.example/']),
        endpoint('inside', { internalUrl: 'http://app/' }, ['https://inside.example/*']),
      ],
      read,
    ).flatMap(({ endpoint: name, views }) => views.map(({ vantage, url }) => [name, vantage, url]))
    expect(targets).to.deep.equal([
      ['own', 'public', 'https://own.example/health'],
      ['exact', 'public', 'https://exact.example/'],
      ['inside', 'internal', 'http://app/'],
    ])
  })

  it('reads secrets again for each probe', async () => {
    let value = 'old'
    const [plan] = probePlans(
      [endpoint('a', { headers: [{ name: 'Authorization', env: 'T' }], caFile: '/ca.pem', expect: ['2xx'] })],
      async ({ file, env }) => `${file ?? env} ${value}`,
    )
    expect(await plan!.views[0]!.prepare()).to.deep.include({ headers: { Authorization: 'T old' }, ca: '/ca.pem old' })
    value = 'new'
    expect(await plan!.views[0]!.prepare()).to.deep.include({ headers: { Authorization: 'T new' }, ca: '/ca.pem new' })
  })
})

describe('internalAuthorities()', () => {
  it('names host and port of each internalUrl', () => {
    const endpoints = ['http://App/x', 'https://app', 'http://app:8080/', 'http://[::1]:9/'].map((internalUrl, index) =>
      endpoint(`e${index}`, { internalUrl }),
    )
    expect(internalAuthorities(endpoints)).to.deep.equal(['app:80', 'app:443', 'app:8080', '[::1]:9'])
  })
})
