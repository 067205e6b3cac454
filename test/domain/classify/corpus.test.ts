import { expect } from 'chai'
import { CAUSES } from '../../../src/domain/cause.ts'
import { classify } from '../../../src/domain/classify/classify.ts'
import { originKey, type Part, partOf, samples, score, table } from '../../corpus/corpus.ts'

const all = samples('messages')
const recall = (part: Part) =>
  score(
    all.filter((sample) => partOf(sample) === part),
    ({ code = 0, message }) => classify({ code, message }).cause,
  )

describe('classify() on real messages', () => {
  it('has a corpus of at least 400, each once, with an origin and a cause', () => {
    expect(all.length).to.be.at.least(400)
    expect(new Set(all.map(({ code, message }) => `${code} ${message}`)).size).to.equal(all.length)
    for (const { cause, origin } of all) {
      expect(CAUSES).to.include(cause)
      expect(originKey(origin)).to.match(/^[\w.-]+(\/[\w.-]+)?$/)
    }
  })

  for (const part of ['tune', 'held-out'] as const) {
    it(`has a macro-averaged recall of at least 0.95 on the ${part} part`, () => {
      const result = recall(part)
      console.log(
        `      ${part}: macro recall ${result.macroRecall.toFixed(3)}, ${result.right} of ${result.total} right\n${table(result).replaceAll(/^/gm, '      ')}`,
      )
      expect(result.macroRecall).to.be.at.least(0.95)
    })
  }
})
