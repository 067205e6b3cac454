import { expect } from 'chai'
import { AppError } from '../../src/errors.ts'
import { Intake } from '../../src/http/ingest/intake.ts'

const busy = (milliseconds: number) => {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}
const turn = () => new Promise((resolve) => setImmediate(resolve))
const codeOf = (error: unknown) => (error instanceof AppError ? error.code : error)

describe('Intake', () => {
  const intake = (answerTimeout = 900, expectedCommit = () => 0) => new Intake({ answerTimeout, expectedCommit })

  it('does the work at once while there is little to do', async () => {
    let done = false
    const result = intake().run(100, async () => {
      done = true
      return 7
    })
    expect(done).to.equal(true)
    expect(await result).to.equal(7)
  })

  it('hands on what the work throws', async () => {
    const fault = new AppError('invalid_json', 'x')
    const thrown = await intake()
      .run(100, () => {
        throw fault
      })
      .catch((error: unknown) => error)
    expect(thrown).to.equal(fault)
  })

  it('refuses before any work what the journal could not make durable in time', async () => {
    let worked = false
    const refused = intake(900, () => 1_000).run(100, async () => {
      worked = true
    })
    expect(codeOf(await refused.catch((error: unknown) => error))).to.equal('overloaded')
    expect(worked).to.equal(false)
  })

  it('lets the event loop turn between the work of reports', async () => {
    const queue = intake(60_000)
    let turns = 0
    let going = true
    const count = () => {
      turns++
      if (going) setImmediate(count)
    }
    setImmediate(count)
    await Promise.all(Array.from({ length: 40 }, () => queue.run(100, async () => busy(3))))
    going = false
    expect(turns).to.be.at.least(30)
  })

  it('does either all of the work of a report or none of it, and none once it is too late', async () => {
    const queue = intake(200)
    const begun = performance.now()
    const startedAt: number[] = []
    const results = await Promise.allSettled(
      Array.from({ length: 200 }, () =>
        queue.run(100, async () => {
          startedAt.push(performance.now() - begun)
          busy(5)
        }),
      ),
    )
    const refused = results.filter(({ status }) => status === 'rejected')
    expect(startedAt.length).to.be.within(2, 60)
    expect(refused.length + startedAt.length).to.equal(200)
    for (const result of refused) expect(codeOf((result as PromiseRejectedResult).reason)).to.equal('overloaded')
    expect(Math.max(...startedAt)).to.be.below(200)
    // And it goes on when that is over.
    await turn()
    await turn()
    expect(await queue.run(100, async () => 'later')).to.equal('later')
  })

  it('keeps at most 32 MiB of bodies waiting', async () => {
    const queue = intake(60_000)
    const results = await Promise.allSettled(
      Array.from({ length: 700 }, () => queue.run(65_536, async () => busy(0.1))),
    )
    const taken = results.filter(({ status }) => status === 'fulfilled').length
    // The first are done at once.
    expect(taken).to.be.within(512, 560)
  })

  it('takes new connections first, but lets no report wait long for them', async () => {
    const queue = intake(60_000)
    let worked = 0
    queue.accepted()
    const waiting = queue.run(65_536, async () => worked++)
    expect(worked).to.equal(0)
    const connections = setInterval(() => queue.accepted(), 1)
    await waiting
    clearInterval(connections)
    expect(worked).to.equal(1)
    // In another turn of the event loop, for which nothing was done yet.
    for (const _ of [1, 2]) await turn()
    // A short one is less work than to accept a connection.
    queue.accepted()
    void queue.run(200, async () => worked++)
    expect(worked).to.equal(2)
  })
})
