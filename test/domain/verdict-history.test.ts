import { expect } from 'chai'
import { addVerdict, type Verdict } from '../../src/domain/verdict/verdict.ts'
import { AT, read } from './verdict-support.ts'

describe('addVerdict()', () => {
  const numbered = (number: number): Verdict => ({ ...read('dns'), at: AT + number, rule: `r${number}` })
  it('keeps one of several that say the same, with the time of the first', () => {
    const history = addVerdict([numbered(1)], { ...numbered(1), at: AT + 9, sentence: 'again' })
    expect(history).to.have.length(1)
    expect(history[0]).to.include({ at: AT + 1, sentence: 'again' })
  })
  it('keeps the first and the newest nineteen', () => {
    const history = Array.from({ length: 50 }, (_, index) => numbered(index)).reduce(addVerdict, [] as Verdict[])
    expect(history.map(({ rule }) => rule)).to.deep.equal([
      'r0',
      ...Array.from({ length: 19 }, (_, index) => `r${index + 31}`),
    ])
  })
})
