import { expect } from 'chai'
import { probePlans } from '../../src/service/probe-plans.ts'
import { createProbing, type ProbeRound } from '../../src/service/probing.ts'
import { manualTime } from '../support/manual-time.ts'
import { endpoint, heldProber, log, read, stage } from './probing-stage.ts'

describe('createProbing(), while an incident is open', () => {
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
})
