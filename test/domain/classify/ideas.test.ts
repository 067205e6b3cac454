import { expect } from 'chai'
import { classify } from '../../../src/domain/classify/classify.ts'
import { compileMeanings, forms, type Meanings } from '../../../src/domain/classify/ideas.ts'
import { RANK } from '../../../src/domain/classify/phrases.ts'
import { MEANINGS } from '../../../src/domain/classify/rules/meanings.ts'
import { VOCABULARY } from '../../../src/domain/classify/rules/vocabulary.ts'
import { WORLD } from '../../../src/domain/classify/rules/vocabulary-world.ts'
import { words } from '../../../src/domain/classify/words.ts'

const entries = Object.values(VOCABULARY).flatMap((listed) => listed.split(' ').filter(Boolean))
const parts = MEANINGS.flatMap(({ any }) => any.flatMap((ideas) => ideas.split(' ')))

const rules: readonly Meanings[] = [
  { id: 'name', cause: 'dns', rank: 'phase', any: ['NOT FIND host'] },
  { id: 'page', cause: 'not_found', rank: 'phase', any: ['NOT FIND !host'] },
  { id: 'up', cause: 'unavailable', rank: 'outer', any: ['host NOT up now'] },
]
const mean = compileMeanings({ NOT: 'not no', FIND: 'find* found 找到 найд~' }, rules, RANK)
const idOf = (message: string) => mean(words(message).texts)?.rule.id

describe('forms(entry)', () => {
  it('inflects a regular verb, and nothing without an asterisk', () => {
    expect(forms('refuse*')).to.deep.equal(['refuse', 'refuses', 'refused', 'refusing'])
    expect(forms('deny*')).to.deep.equal(['deny', 'denies', 'denied', 'denying'])
    expect(forms('pass*')).to.deep.equal(['pass', 'passes', 'passed', 'passing'])
    expect(forms('dns')).to.deep.equal(['dns'])
  })
})

describe('compileMeanings()', () => {
  it('reads ideas in any order and tense, within a short distance', () => {
    expect(idOf('we did not find your host')).to.equal('name')
    expect(idOf('the host that you gave us is not found')).to.equal('name')
    expect(idOf(`found ${'and so on '.repeat(6)} not`)).to.equal(undefined)
  })

  it('prefers the higher rank, then more ideas, and heeds what must not stand in the text', () => {
    expect(idOf('host not up now, not found')).to.equal('name')
    expect(idOf('not found')).to.equal('page')
    expect(idOf('not found by this very long winded and so on host')).to.equal(undefined)
  })

  it('reads two ideographs, and any ending where a beginning is listed', () => {
    expect(idOf('no 找到')).to.equal('page')
    expect(idOf('no найдено')).to.equal('page')
  })

  it('reads across no end of a statement', () => {
    expect(idOf('no; found')).to.equal(undefined)
    expect(idOf('No. Found')).to.equal(undefined)
  })

  it('refuses an idea that has no words', () => {
    expect(() => compileMeanings({}, rules, RANK)).to.throw('no idea NOT')
  })
})

describe('MEANINGS', () => {
  it('have unique ids, and name every idea of the vocabulary', () => {
    const ids = MEANINGS.map(({ id }) => id)
    expect(new Set(ids).size).to.equal(ids.length)
    const named = new Set(parts.flatMap((part) => part.replace('!', '').split('|')))
    expect(Object.keys(VOCABULARY).filter((idea) => !named.has(idea))).to.deep.equal([])
    expect(Object.keys(WORLD).filter((idea) => VOCABULARY[idea] === undefined)).to.deep.equal([])
  })

  it('are read from words that stand for their ideas', () => {
    const spelled = (part: string) => {
      const name = part.split('|')[0]!
      return forms((VOCABULARY[name] ?? name).split(' ')[0]!)[0]!
    }
    for (const { id, any } of MEANINGS)
      for (const ideas of any) {
        const message = ideas
          .split(' ')
          .filter((part) => !part.startsWith('!'))
          .map(spelled)
          .join(' ')
        expect(classify({ code: 0, message }).evidence, `${id}: ${ideas} (${message})`).to.not.be.empty
      }
  })

  it('have words that can be read: beginnings of 4 to 10 letters, one or two ideographs, one word each', () => {
    for (const entry of entries) {
      if (/\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}/u.test(entry))
        expect([...entry].length, entry).to.be.at.most(2)
      else {
        expect(words(entry.replace(/[*~]$/, '')).texts, entry).to.have.lengthOf(1)
        if (entry.endsWith('~')) expect(entry.length - 1, entry).to.be.within(4, 10)
      }
    }
  })
})
