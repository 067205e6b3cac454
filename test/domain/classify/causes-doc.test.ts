import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { CAUSES } from '../../../src/domain/cause/cause.ts'
import { classify } from '../../../src/domain/classify/classify.ts'

const sections = readFileSync(new URL('../../../docs/causes.md', import.meta.url), 'utf8')
  .split(/^## /m)
  .slice(1)

describe('docs/causes.md', () => {
  it('has a section for each cause, in their order, and no other', () => {
    expect(sections.map((section) => /^`(.*)`$/m.exec(section)?.[1])).to.deep.equal([...CAUSES])
  })

  for (const section of sections) {
    const cause = /^`(.*)`$/m.exec(section)![1]!
    it(`says what ${cause} means, with examples that are read as it`, () => {
      const [, meaning, ...lines] = section.split('\n').filter((line) => line !== '')
      expect(meaning).to.match(/^[A-Z]/)
      const examples = lines.filter((line) => line.startsWith('- '))
      expect(examples).to.have.length.of.at.least(2)
      for (const example of examples) {
        const [, code = '0', message = ''] = /^- (?:(-?\d+): )?(?:`(.*)`|no text)$/.exec(example)!
        expect(classify({ code: Number(code), message }).cause, example).to.equal(cause)
      }
    })
  }
})
