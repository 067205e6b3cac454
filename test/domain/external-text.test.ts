import { expect } from 'chai'
import { escapeHtml, safeJson, stringify, visible, visibleText } from '../../src/domain/text/external-text.ts'
import { expectSafe, HOSTILE_CHARACTERS, HOSTILE_TEXT } from '../support/hostile-text.ts'

const named = (character: string) => `U+${character.codePointAt(0)!.toString(16)}`
const LONE = ['\ud800', '\udc00', '\udfff', 'x\ud83dx']

describe('visibleText', () => {
  for (const character of HOSTILE_CHARACTERS) {
    it(`shows ${named(character)}, alone and between others, and names it`, () => {
      for (const text of [character, `a${character}b`, `é${character}${character}⚠`, `${character}x`.repeat(50)]) {
        const shown = visibleText(text)
        expectSafe(shown, named(character))
        expect(shown).not.to.include('\n')
        const point = character.codePointAt(0)!.toString(16)
        expect(shown).to.match(
          new RegExp(`\\\\(u\\{${point}\\}|${{ '\n': 'n', '\r': 'r', '\t': 't' }[character] ?? '$^'})`),
        )
        expect(visibleText(shown), 'once more').to.equal(shown)
      }
    })
  }

  it('shows surrogates without a partner', () => {
    for (const text of LONE)
      expect(visibleText(text))
        .to.match(/\\u\{d[8-f]..\}/)
        .and.satisfy((it: string) => it.isWellFormed())
  })

  it('leaves what people write as it is', () => {
    for (const text of [
      'Service Unavailable',
      'C:\\new folder\\u{1b}',
      'Zertifikat ungültig — “abgelaufen”',
      '証明書の有効期限が切れました',
      'اتصال مرفوض',
      'נדחה',
      'अस्वीकृत',
      '⚠️ upstream ❤️ 🇩🇪 👍🏽',
      'a  b',
    ])
      expect(visibleText(text)).to.equal(text)
  })

  it('is at most as long as allowed, whatever the text', () => {
    const texts = [...HOSTILE_CHARACTERS, 'é', 'e\u0301', '👍🏽', '🇩🇪', ' ', '\u3000', '\ud800', 'x'].map((one) =>
      one.repeat(3_000),
    )
    for (const text of [...texts, HOSTILE_TEXT.repeat(10)])
      for (const limit of [10, 64, 65, 160, 2_000])
        expect(visibleText(text, limit).length, `${named(text)} in ${limit}`).to.be.at.most(limit)
  })

  it('cuts neither characters nor what belongs to them nor escapes', () => {
    for (const unit of ['👍', 'e\u0301', '👍🏽', '⚠️', '\u001b', '\u{e0041}', 'ก็']) {
      const whole = visibleText(unit)
      for (let limit = 20; limit < 60; limit++) {
        const shown = visibleText(unit.repeat(100), limit)
        expect(shown, `${whole} in ${limit}`).to.equal(`${whole.repeat((shown.length - 1) / whole.length)}…`)
      }
    }
    for (let length = 1; length < 40; length++)
      expect(visibleText(`${'x'.repeat(length)}😀${' '.repeat(99)}y`, 20).isWellFormed()).to.equal(true)
  })

  it('shortens padding and piles of marks', () => {
    expect(visibleText(`a${' '.repeat(500)}b${'\u2800'.repeat(99)}c${'\u00a0'.repeat(9)}d`)).to.equal('a  b  c  d')
    expect(visibleText(`a${'\u0301'.repeat(500)}b`)).to.equal(`a${'\u0301'.repeat(8)}…b`)
    expect(visibleText('\u0301a')).to.equal('\\u{301}a')
  })
})

describe('visible', () => {
  it('reaches every string of a value, names included, and nothing else', () => {
    expect(visible({ a: ['\u001b', 1, null, { 'b\n': '\u202e' }], c: true, d: undefined })).to.deep.equal({
      a: ['\\u{1b}', 1, null, { 'b\\n': '\\u{202e}' }],
      c: true,
      d: undefined,
    })
  })
})

describe('stringify and safeJson', () => {
  it('are safe in a terminal, and exact for a parser', () => {
    for (const text of [...HOSTILE_CHARACTERS, ...LONE, HOSTILE_TEXT, 'é 証明書 😀', 'a\\u0085\\']) {
      const json = stringify({ [text]: [text] })
      expectSafe(json, named(text))
      expect(json).not.to.include('\n')
      expect(JSON.parse(json)).to.deep.equal({ [text]: [text] })
    }
  })

  it('escape the same characters as visibleText, of all there are', () => {
    const different: string[] = []
    for (let point = 0x20; point <= 0x10ffff; point++) {
      const text = `x${String.fromCodePoint(point)}`
      if ((visibleText(text) !== text) !== (JSON.stringify(text) !== `"${text}"` || stringify(text) !== `"${text}"`))
        different.push(named(text.slice(1)))
    }
    // JSON has its own escapes for these two.
    expect(different).to.deep.equal(['U+22', 'U+5c'])
  })

  it('keep line breaks between documents', () => {
    expect(safeJson('{"a":"\u0085"}\n{}\n')).to.equal('{"a":"\\u0085"}\n{}\n')
  })
})

describe('escapeHtml', () => {
  it('leaves no markup, in elements and attributes', () => {
    expect(escapeHtml(`<a b="c" d='e'>&`)).to.equal('&#60;a b=&#34;c&#34; d=&#39;e&#39;&#62;&#38;')
  })
})
