import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { expect } from 'chai'
import { type Browser, requireBrowser, type Tab } from '../support/browser.ts'
import { report } from '../support/http.ts'
import { BASIC, type Journal, openPagesStage, type PagesStage } from '../support/pages-stage.ts'
import { requireProgram } from '../support/programs.ts'
import { stopServices } from '../support/service.ts'
import { tempFolder, until } from '../support/temp.ts'

const { resolve } = createRequire(import.meta.url)
const AXE = readFileSync(resolve('axe-core/axe.min.js'), 'utf8')
const VNU = join(import.meta.dirname, '../../node_modules/vnu-jar/build/dist/vnu.jar')
/** Every rule of axe-core but those that are experimental. */
const RUN_AXE = `axe.run().then(({ violations }) =>
  violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html, failureSummary }) => html.slice(0, 200) + ' ' + failureSummary).join(' | ')))`

/** Real pages in a real browser; a page that is wrong says which rule it breaks. */
describe('pages in Chromium', function () {
  this.timeout(120_000)
  let browser: Browser
  const stages = new Map<Journal, PagesStage>()

  before(async function () {
    browser = await requireBrowser(this)
    for (const journal of ['empty', 'normal', 'hostile'] as const) stages.set(journal, await openPagesStage(journal))
  })
  after(async () => {
    await browser?.close()
    for (const stage of stages.values()) await stage.close()
    await stopServices()
  })
  const at = (journal: Journal) => stages.get(journal)!

  for (const journal of ['empty', 'normal', 'hostile'] as const) {
    it(`break no rule of axe-core and need no sideways scrolling at 320 px, with ${journal === 'empty' ? 'an empty' : `a ${journal}`} journal`, async () => {
      const { service, paths } = at(journal)
      const tab = await browser.open({ headers: BASIC, width: 320, dark: journal === 'normal' })
      for (const path of paths) {
        await tab.goto(`${service.admin}${path}`)
        await tab.evaluate(AXE)
        expect(await tab.evaluate(RUN_AXE), path).to.deep.equal([])
        expect(await tab.evaluate('document.documentElement.scrollWidth'), path).to.be.at.most(320)
        expect(await tab.evaluate('document.querySelectorAll("img, main script, main style").length'), path).to.equal(0)
      }
      // A page that is not found is an error to the browser, too.
      expect(tab.errors.filter((error) => !error.includes('404'))).to.deep.equal([])
    })
  }

  it('are valid HTML for the Nu checker, with every journal', async function () {
    const java = await requireProgram(this, 'java')
    const folder = tempFolder()
    const files: string[] = []
    for (const [journal, { service, paths }] of stages) {
      for (const [index, path] of paths.entries()) {
        const file = join(folder, `${journal}-${index}.html`)
        writeFileSync(file, await (await fetch(`${service.admin}${path}`, { headers: BASIC })).text())
        files.push(file)
      }
    }
    const { stdout, stderr } = spawnSync(java.path, ['-jar', VNU, '--format', 'json', '--stdout', ...files], {
      env: java.env,
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    })
    expect(stdout, stderr).to.include('"messages"')
    const { messages } = JSON.parse(stdout) as {
      messages: { type: string; url: string; message: string; extract: string }[]
    }
    expect(
      messages.map(({ type, url, message, extract }) => `${type} ${basename(url)}: ${message} ${extract}`),
    ).to.deep.equal([])
  })

  it('are complete without scripts, and their form closes an incident by keyboard', async () => {
    const { service, paths } = at('normal')
    const tab = await browser.open({ headers: BASIC, scripts: false })
    await tab.goto(service.admin)
    expect(await text(tab, 'h1')).to.match(
      /^2 open incidents: .*orders, certificate of localhost expired 4\d minutes ago/,
    )
    expect(await tab.evaluate('document.querySelector("button")')).to.equal(null)
    await tab.press('Tab')
    expect(await tab.evaluate('document.activeElement.textContent')).to.equal('Skip to content')
    await tab.press('Enter')
    await until('the focus on the content', () => tab.evaluate('document.activeElement.id === "main"'))

    await tab.goto(`${service.admin}${paths.find((path) => /^\/incidents\/[0-9a-f]{8}-/.test(path))}`)
    await tab.evaluate('document.querySelector("#reason").focus()')
    await tab.press('certificate renewed')
    await tab.navigate(() => tab.press('Enter'))
    expect(await text(tab, 'main')).to.include('Closed manually: certificate renewed. Not proven')
    expect(await tab.evaluate('location.pathname')).to.match(/^\/incidents\/[0-9a-f-]{36}$/)
    expect(tab.errors).to.deep.equal([])
  })

  it('show what is new by themselves with scripts, until that is paused', async () => {
    const { service } = at('empty')
    // Answers take longer than it is to the next refresh, so that one is always on its way.
    const quick = `const every = setInterval; window.ticks = 0; window.setInterval = (action) => every(() => { ticks++; action() }, 100)
      const load = fetch; window.fetch = async (...request) => { await new Promise((done) => setTimeout(done, 300)); return load(...request) }`
    const tab = await browser.open({ headers: BASIC, before: quick })
    await tab.goto(service.admin)
    expect(await text(tab, 'h1')).to.match(/^No open incident\./)
    await report(service.ingest, { code: 503, endpoint: 'https://new.example/a', message: 'x' })
    await until('the incident', async () =>
      (await text(tab, 'h1')).startsWith('1 open incident: https://new.example/a'),
    )
    expect(await tab.evaluate('document.querySelector("main").getAttribute("aria-live")')).to.equal('polite')

    await tab.evaluate('document.querySelector("header button").click()')
    expect(await text(tab, 'header button')).to.equal('Resume updates')
    const fiveTicks = async () => {
      const before = await tab.evaluate('ticks')
      await until('five ticks', async () => (await tab.evaluate('ticks')) > before + 5)
    }
    // A refresh that had begun.
    await fiveTicks()
    expect(await text(tab, 'header button')).to.equal('Resume updates')
    await report(service.ingest, { code: 503, endpoint: 'https://new.example/b', message: 'x' })
    await fiveTicks()
    expect(await text(tab, 'h1')).to.match(/^1 open incident/)
    await tab.evaluate('document.querySelector("header button").click()')
    await until('the second one', async () => (await text(tab, 'h1')).startsWith('2 open incidents'))
    expect(tab.errors).to.deep.equal([])
  })
})

const text = (tab: Tab, selector: string): Promise<string> =>
  tab.evaluate(`document.querySelector(${JSON.stringify(selector)}).innerText`)
