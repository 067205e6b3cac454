import { expect } from 'chai'
import { limiter } from '../../src/service/limiter.ts'
import { manualTime } from '../support/manual-time.ts'

describe('limiter()', () => {
  it('goes on at its spacing where the clock was set back an hour', async () => {
    const time = manualTime()
    let back = 0
    const started: string[] = []
    const limit = limiter({ concurrency: 10, spacing: 20, clock: () => time.clock() - back, timers: time.timers })
    const run = (name: string) => limit.run(async () => void started.push(name), { first: false })
    run('before')
    back = 3_600_000
    for (const name of ['first', 'second', 'third']) run(name)
    await time.advance(19)
    expect(started).to.deep.equal(['before'])
    await time.advance(1)
    expect(started).to.deep.equal(['before', 'first'])
    await time.advance(40)
    expect(started).to.deep.equal(['before', 'first', 'second', 'third'])
  })
})
