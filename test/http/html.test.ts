import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { address, html, text, verbatim } from '../../src/http/pages/html.ts'
import { expectSafe, HOSTILE_TEXT } from '../support/hostile-text.ts'

const root = join(import.meta.dirname, '../..')

describe('html', () => {
  it('escapes whatever is put into a template, in elements and attributes, at any depth', () => {
    const evil = `<script>"'&\``
    const { markup } = html`<p title="${evil}">${evil}${[evil, [html`<b>${evil}</b>`]]}</p>`
    const shown = '&#60;script&#62;&#34;&#39;&#38;`'
    expect(markup).to.equal(`<p title="${shown}">${shown}${shown}<b>${shown}</b></p>`)
  })

  it('shows invisible characters, and cuts what is long', () => {
    expectSafe(html`<p>${HOSTILE_TEXT}</p>`.markup, 'a template')
    expect(html`${'x'.repeat(3_000)}`.markup).to.have.length(2_000)
    expect(text('x'.repeat(3_000), 100).markup).to.have.length(100)
  })

  it('takes nothing for nothing, and keeps 0 and the empty text', () => {
    expect(html`a${undefined}${null}${false}${''}${0}b`.markup).to.equal('a0b')
  })

  it('keeps an address whole, however long', () => {
    const url = `/endpoints/${'%20'.repeat(3_000)}?a=1&b="`
    expect(html`<a href="${address(url)}">x</a>`.markup).to.equal(
      `<a href="${url.replaceAll('&', '&#38;').replaceAll('"', '&#34;')}">x</a>`,
    )
  })

  it('refuses a style sheet that could end its element', () => {
    expect(() => verbatim('a{}</style><script>')).to.throw()
  })

  it('is the only place that makes markup of text', () => {
    const users = globSync('src/**/*.ts', { cwd: root }).filter((file) =>
      /escapeHtml|new Html\(/.test(readFileSync(join(root, file), 'utf8')),
    )
    // The report of `verify` is XML.
    expect(users.sort()).to.deep.equal([
      'src/cli/verify/render.ts',
      'src/domain/text/external-text.ts',
      'src/http/pages/html.ts',
    ])
  })
})
