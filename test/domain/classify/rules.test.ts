import { readdirSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import { CAUSES } from '../../../src/domain/cause.ts'
import { classify } from '../../../src/domain/classify/classify.ts'
import { RULES } from '../../../src/domain/classify/rules/index.ts'
import { words } from '../../../src/domain/classify/words.ts'

describe('RULES', () => {
  it('have unique ids, a source each, and either a cause, a status or marks', () => {
    const ids = RULES.map(({ id }) => id)
    expect(new Set(ids).size).to.equal(ids.length)
    for (const { id, source, cause, status, marks, rank } of RULES) {
      expect(source.length, id).to.be.above(3)
      expect([cause, status].filter((value) => value !== undefined).length, id).to.be.at.most(1)
      if (cause === undefined && status === undefined) expect(marks, id).to.not.be.empty
      else expect(rank, id).to.be.a('string')
    }
  })

  it('are matched in linear time: gaps are short, at most two a phrase, never next to each other or at an end', () => {
    for (const { id, phrases } of RULES) {
      for (const phrase of phrases) {
        const parts = phrase.split(' ')
        const gaps = parts.flatMap((part, index) => (/^\{\d+\}$/.test(part) ? [index] : []))
        expect(gaps.length, `${id}: ${phrase}`).to.be.at.most(2)
        for (const index of gaps) {
          expect(parts[index], `${id}: ${phrase}`).to.match(/^\{[1-9]\}$/)
          expect(index, `${id}: ${phrase}`).to.be.within(1, parts.length - 2)
        }
        expect(phrase, id).to.not.match(/\} \{/)
        expect(phrase.replaceAll(/\{[1-9]\}/g, ''), id).to.not.match(/[{}]/)
        expect(parts.length, `${id}: ${phrase}`).to.be.at.most(16)
        for (const part of parts)
          expect(
            part.split('|').every((word) => word !== ''),
            `${id}: ${phrase}`,
          ).to.equal(true)
      }
    }
  })

  it('have only phrases that can be read: no word of them is skipped as a URL, path or host name', () => {
    for (const { id, phrases } of RULES) {
      for (const phrase of phrases) {
        const texts = phrase
          .split(' ')
          .filter((part) => !part.startsWith('{'))
          .flatMap((part) => part.split('|'))
          .flatMap((word) => words(word).texts)
        expect(texts, `${id}: ${phrase}`).to.not.be.empty
        expect(texts, `${id}: ${phrase}`).to.not.include('')
      }
    }
  })

  it('match each phrase that they list', () => {
    for (const { id, phrases, cause, status, rank } of RULES) {
      if (cause === undefined && status === undefined) continue
      for (const phrase of phrases) {
        const message = phrase
          .split(' ')
          .filter((part) => !part.startsWith('{'))
          .map((part) => part.split('|')[0])
          .join(' ')
        const { evidence } = classify({ code: 0, message })
        expect(evidence, `${id} (${rank}): ${phrase}`).to.not.be.empty
      }
    }
  })

  it('cover every cause but unknown', () => {
    const covered = new Set(
      RULES.flatMap(({ phrases }) => phrases.map((message) => classify({ code: 0, message }).cause)),
    )
    expect([...covered].sort()).to.include.members(CAUSES.filter((cause) => cause !== 'unknown'))
  })
})

describe('src/domain/classify', () => {
  it('has no regular expression with an unbounded repetition', () => {
    const folder = new URL('../../../src/domain/classify/', import.meta.url)
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
    for (const name of files) {
      const text = readFileSync(new URL(name, folder), 'utf8')
      for (const [expression] of text.matchAll(/(?<=[(=,!] ?)\/(?![/*])(?:[^/\n\\[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\//g)) {
        const bare = expression.replaceAll(/\[(?:[^\]\\]|\\.)*\]|\\./g, 'x')
        const unbounded = [...bare.matchAll(/[*+]|\{\d+,\}/g)].length
        expect(unbounded, `${name}: ${expression}`).to.equal(name === 'phrases.ts' && expression === '/\\s+/' ? 1 : 0)
      }
    }
  })
})
