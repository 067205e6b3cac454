import { expect } from 'chai'
import { classify } from '../../../src/domain/classify/classify.ts'
import {
  compileMeanings,
  forms,
  LONGEST_BEGINNING,
  readMeaning,
  SHORTEST_BEGINNING,
} from '../../../src/domain/classify/meanings.ts'
import type { Row } from '../../../src/domain/classify/row.ts'
import { ROWS, VOCABULARY } from '../../../src/domain/classify/rows.ts'
import { words } from '../../../src/domain/classify/words.ts'

const groups = ROWS.flatMap(({ meanings = [] }) => meanings.flatMap((ideas) => ideas.split(' ')))
const names = groups.flatMap((group) => group.replace('!', '').split('|'))
const entries = [...Object.values(VOCABULARY).flat(), ...names.filter((name) => !/^[A-Z]/.test(name))]

const row = (id: string, cause: string, rank: string, meanings: string[]) =>
  ({ id, cause, rank, origin: 'test', example: 'test', meanings }) as unknown as Row
const rows = [
  row('name', 'dns', 'phase', ['NOT FIND host']),
  row('page', 'not_found', 'phase', ['NOT FIND !host']),
  row('up', 'unavailable', 'outer', ['host NOT up now']),
  row('key', 'authentication', 'phase', ['failed key']),
  row('shape', 'rejected', 'phase', ['be text']),
]
const vocabulary = { NOT: ['not', 'no'], FIND: ['find*', 'found', '找到', 'наид~'] }
const meanings = compileMeanings(rows, vocabulary)
function read(message: string) {
  const { texts, marks } = words(message)
  return readMeaning(meanings, texts, marks)
}
const idOf = (message: string) => read(message)?.row.id

describe('forms(entry)', () => {
  it('inflects a regular verb, and nothing without an asterisk', () => {
    expect(forms('refuse*')).to.deep.equal(['refuse', 'refuses', 'refused', 'refusing'])
    expect(forms('deny*')).to.deep.equal(['deny', 'denies', 'denied', 'denying'])
    expect(forms('pass*')).to.deep.equal(['pass', 'passes', 'passed', 'passing'])
    expect(forms('dns')).to.deep.equal(['dns'])
  })
})

describe('readMeaning()', () => {
  it('reads ideas in any order and tense, within a short distance', () => {
    expect(idOf('we did not find your host')).to.equal('name')
    expect(idOf('the host that you gave us is not found')).to.equal('name')
    expect(idOf(`found ${'and so on '.repeat(6)} not`)).to.equal(undefined)
  })

  it('prefers the higher rank, then more ideas, and obeys what must not appear in the text', () => {
    expect(idOf('host not up now, not found')).to.equal('name')
    expect(idOf('not found')).to.equal('page')
    expect(idOf('not found by this very long winded and so on host')).to.equal(undefined)
  })

  it('prefers what stands on one side of a heading to what it makes with the heading', () => {
    expect(idOf('delivery failed: key must be text')).to.equal('shape')
    expect(idOf('delivery failed key must be text')).to.equal('key')
    expect(idOf('delivery failed: wrong key')).to.equal('key')
  })

  it('reads two ideographs, and any ending where a beginning is listed', () => {
    expect(idOf('no 找到')).to.equal('page')
    expect(idOf('no найдено')).to.equal('page')
  })

  it('shows the words that were read, and no other text of the message', () => {
    expect(read('we did not ever find your host')?.ideas).to.equal('not … find … host')
    expect(read('no secret найдено')?.ideas).to.equal('no … наид…')
  })

  it('reads across no end of a statement', () => {
    expect(idOf('no; found')).to.equal(undefined)
    expect(idOf('No. Found')).to.equal(undefined)
  })

  it('refuses an idea that has no words', () => {
    expect(() => compileMeanings(rows, {})).to.throw('no idea NOT')
  })
})

describe('the meanings of the table', () => {
  it('name every idea of the vocabulary', () => {
    expect(Object.keys(VOCABULARY).filter((idea) => !names.includes(idea))).to.deep.equal([])
  })

  it('are read from words that stand for their ideas', () => {
    const spelled = (group: string) => {
      const name = group.split('|')[0]!
      return forms((VOCABULARY[name] ?? [name])[0]!)[0]!.replace('~', '')
    }
    for (const { id, meanings = [] } of ROWS)
      for (const ideas of meanings) {
        const message = ideas
          .split(' ')
          .filter((group) => !group.startsWith('!'))
          .map(spelled)
          .join(' ')
        expect(classify({ code: 0, message }).evidence, `${id}: ${ideas} (${message})`).to.not.be.empty
      }
  })

  it('appear once each', () => {
    const all = ROWS.flatMap(({ meanings = [] }) => meanings.map((ideas) => ideas.split(' ').sort().join(' ')))
    expect(all.filter((ideas, index) => all.indexOf(ideas) !== index)).to.deep.equal([])
  })

  it('are written as they are read: beginnings of some letters, one or two ideographs, one word each', () => {
    for (const entry of entries) {
      const bare = entry.replace(/[*~]$/, '')
      expect(words(bare).texts.join(''), entry).to.equal(bare)
      if (/\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}/u.test(entry))
        expect([...entry].length, entry).to.be.at.most(2)
      else {
        expect(words(bare).texts, entry).to.have.lengthOf(1)
        if (entry.endsWith('~')) expect(entry.length - 1, entry).to.be.within(SHORTEST_BEGINNING, LONGEST_BEGINNING)
      }
    }
  })
})
