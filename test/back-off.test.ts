import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { backOff } from '../src/back-off.ts'

const SRC = join(import.meta.dirname, '../src')

describe('backOff', () => {
  it('doubles each delay up to the longest, and starts over after a success', () => {
    const delays = backOff({ min: 100, max: 500 })
    expect([delays.next(), delays.next(), delays.next(), delays.next()]).to.eql([100, 200, 400, 500])
    expect(delays.peek()).to.equal(500)
    delays.reset()
    expect([delays.peek(), delays.next(), delays.next()]).to.eql([100, 100, 200])
  })

  it('shortens a delay by the random share alone', () => {
    const delays = backOff({ min: 100, max: 500, jitter: 0.5, random: () => 0.5 })
    expect([delays.next(), delays.next()]).to.eql([75, 150])
  })

  it('is the only exponential back-off', () => {
    const doubles = /\* 2 \*\* \D|Math\.min\([\w.#]+ \* 2,|Math\.min\(2 \* \w+,/
    const others = globSync('**/*.ts', { cwd: SRC }).filter(
      (file) => file !== 'back-off.ts' && doubles.test(readFileSync(join(SRC, file), 'utf8')),
    )
    expect(others).to.eql([])
  })
})
