import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { timeLimit } from '../../src/http/ingest/time-limit.ts'

describe('timeLimit', () => {
  const late = new Error('late')
  const never = () => new Promise<never>(() => {})
  const outcome = (promise: Promise<unknown>) =>
    promise.then(
      (value) => value,
      (error) => error,
    )

  it('passes on what comes in time, a rejection too', async () => {
    const within = timeLimit(60_000, () => late)
    const fault = new Error('fault')
    expect(await Promise.all([within(sleep(1, 'value')), outcome(within(Promise.reject(fault)))])).to.eql([
      'value',
      fault,
    ])
  })

  it('rejects each of several at its own limit, never before it', async () => {
    const within = timeLimit(50, () => late)
    const waits: Promise<number>[] = []
    for (let index = 0; index < 4; index++) {
      const begun = performance.now()
      const outcomes = Promise.all([outcome(within(never())), outcome(within(sleep(1, index)))])
      waits.push(
        outcomes.then((found) => {
          expect(found).to.eql([late, index])
          return performance.now() - begun
        }),
      )
      await sleep(20)
    }
    for (const wait of await Promise.all(waits)) expect(wait).to.be.at.least(50)
    // With nothing left to wait for, the next one has a limit, too.
    expect(await outcome(within(never()))).to.equal(late)
  })

  it('ignores an error that comes after the limit', async () => {
    const within = timeLimit(1, () => late)
    expect(await outcome(within(sleep(20).then(() => Promise.reject(new Error('later')))))).to.equal(late)
    await sleep(30)
  })
})
