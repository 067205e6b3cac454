import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { CAUSES } from '../../../src/domain/cause/cause.ts'
import { classify } from '../../../src/domain/classify/classify.ts'
import { allPhrases } from '../../../src/domain/classify/parsed-message.ts'
import { compilePhrases, matchPhrases, type Phrases } from '../../../src/domain/classify/phrases.ts'
import { causeOfRow, type Row } from '../../../src/domain/classify/row.ts'
import { ROWS } from '../../../src/domain/classify/rows.ts'
import { words } from '../../../src/domain/classify/words.ts'
import { samples } from '../../corpus/corpus.ts'

const folder = new URL('../../../src/domain/classify/', import.meta.url)
const phrases = ROWS.flatMap((row) => (row.phrases ?? []).map((phrase) => ({ id: row.id, phrase })))
const partsOf = (phrase: string) => phrase.split(' ')
const isGap = (part: string) => part.startsWith('{')

/** The texts that a phrase stands for, without other words in its gaps; of very many the first. */
function texts(phrase: string, most = 60): string[] {
  let made = ['']
  for (const part of partsOf(phrase).filter((each) => !isGap(each)))
    made = made.flatMap((text) => part.split('|').map((word) => `${text} ${word}`.trim())).slice(0, most)
  return made
}

const matched = (own: Phrases, message: string) => matchPhrases(own, words(message).texts, true)

describe('the rows of the classifier', () => {
  it('are in the file of their cause, with their own id, an origin and an example', () => {
    expect(new Set(ROWS.map(({ id }) => id)).size).to.equal(ROWS.length)
    for (const cause of [...CAUSES, 'context']) {
      const rows = JSON.parse(readFileSync(new URL(`rows/${cause}.json`, folder), 'utf8')) as Row[]
      expect(ROWS).to.include.deep.members(rows)
      for (const row of rows) {
        expect(causeOfRow(row) ?? 'context', row.id).to.equal(cause)
        expect(row.origin.length, row.id).to.be.above(3)
        expect(row.example, row.id).to.not.equal('')
        expect(row.cause === undefined || row.status === undefined, row.id).to.equal(true)
        expect((row.phrases === undefined) !== (row.meanings === undefined), row.id).to.equal(true)
        if (cause === 'context') expect(row.marks, row.id).to.not.be.empty
        else expect(row.rank, row.id).to.be.a('string')
      }
    }
  })

  it('read their examples: each gives its cause, and by that row', () => {
    for (const row of ROWS) {
      const { cause, evidence } = classify({ code: 0, message: row.example })
      if (causeOfRow(row) === undefined)
        expect(matched(allPhrases(), row.example).map((match) => match.row.id)).to.include(row.id)
      else expect([cause, evidence[0]?.rule], `${row.id}: ${row.example}`).to.deep.equal([causeOfRow(row), row.id])
    }
  })

  it('name each HTTP status by its own row', () => {
    const named = (status: number) => ROWS.filter((row) => row.status === status).map(({ id }) => id)
    for (const status of [402, 418, 419, 451, 505, 506, 507]) expect(named(status)).to.deep.equal([`http.${status}`])
    for (const { id, status } of ROWS) if (/^http\.\d{3}$/.test(id)) expect(id).to.equal(`http.${status}`)
  })

  it('are for more than one message, but for the names of statuses', () => {
    const alone = ROWS.filter(({ id, phrases: listed, meanings }) => {
      const [only, ...others] = listed ?? meanings ?? []
      return !id.startsWith('http.') && others.length === 0 && !/[|]|^[A-Z]/.test(only!)
    })
    expect(alone.map(({ id }) => id)).to.deep.equal(['blocked.word.firewall'])
  })

  it('have no phrase twice, be it under one cause or two', () => {
    const seen = new Map<string, string>()
    for (const { id, phrase } of phrases) {
      const read = partsOf(phrase)
        .map((part) =>
          isGap(part)
            ? part
            : part
                .split('|')
                .map((word) => words(word).texts.join(' '))
                .sort()
                .join('|'),
        )
        .join(' ')
      expect(seen.get(read), `${id}: ${phrase}`).to.equal(undefined)
      seen.set(read, id)
    }
  })

  it('have no phrase that contains another one of its row', () => {
    // A row a phrase, so that a match tells which phrase it was.
    const single = ROWS.flatMap((row) => (row.phrases ?? []).map((phrase) => ({ ...row, phrases: [phrase] })))
    const redundant: string[] = []
    for (const row of ROWS) {
      const own = single.filter(({ id }) => id === row.id)
      if (own.length < 2) continue
      const compiled = compilePhrases(own.map((each, index) => ({ ...each, id: String(index) })))
      own.forEach(({ phrases: [phrase] }, index) => {
        const isRedundant = texts(phrase!).every((text) =>
          matched(compiled, text).some((match) => match.row.id !== String(index)),
        )
        if (isRedundant) redundant.push(`${row.id}: ${phrase}`)
      })
    }
    expect(redundant).to.deep.equal([])
  })

  it('have only translations that a message of the corpus has', () => {
    const single = phrases.filter(({ id, phrase }) => id.endsWith('.localised') || /[^\0-\x7f]/.test(phrase))
    const rows = single.map(({ phrase }) => ({
      id: phrase,
      cause: 'unknown',
      origin: '',
      example: '',
      phrases: [phrase],
    }))
    const compiled = compilePhrases(rows as readonly Row[])
    const seen = new Set<string>()
    for (const { message } of [...samples('tuned'), ...samples('looks')])
      for (const { row } of matched(compiled, message)) seen.add(row.id)
    expect(single.map(({ phrase }) => phrase).filter((phrase) => !seen.has(phrase))).to.deep.equal([])
    expect(single).to.not.be.empty
  })

  it('are matched in linear time: gaps are short, at most two a phrase, never next to each other or at an end', () => {
    for (const { id, phrase } of phrases) {
      const parts = partsOf(phrase)
      const gaps = parts.flatMap((part, index) => (isGap(part) ? [index] : []))
      expect(gaps.length, `${id}: ${phrase}`).to.be.at.most(2)
      for (const index of gaps) {
        expect(parts[index], `${id}: ${phrase}`).to.match(/^\{[1-9]\}$/)
        expect(index, `${id}: ${phrase}`).to.be.within(1, parts.length - 2)
      }
      expect(phrase, id).to.not.match(/\} \{/)
      expect(phrase.replaceAll(/\{[1-9]\}/g, ''), id).to.not.match(/[{}]/)
      expect(parts.length, `${id}: ${phrase}`).to.be.at.most(16)
      for (const part of parts) expect(part.split('|'), `${id}: ${phrase}`).to.not.include('')
    }
  })

  it('are written as they are read, but for capitals and accents', () => {
    for (const { id, phrase } of phrases)
      for (const part of partsOf(phrase).filter((each) => !isGap(each)))
        for (const word of part.split('|')) {
          const { texts: read } = words(word)
          if (/^[\0-\x7f]*$/.test(word)) expect(read, `${id}: ${phrase}`).to.deep.equal([word.toLowerCase()])
          else expect(read, `${id}: ${phrase}`).to.not.include('')
        }
  })

  it('match each phrase that they list', () => {
    for (const { id, phrase } of phrases)
      for (const text of texts(phrase, 5))
        expect(
          matched(allPhrases(), text).map(({ row }) => row.id),
          `${id}: ${text}`,
        ).to.include(id)
  })
})
