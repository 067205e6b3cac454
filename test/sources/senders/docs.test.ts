import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { Compile } from 'typebox/compile'
import { parse, parseAllDocuments } from 'yaml'
import { parseConfig } from '../../../src/config/config.ts'
import { FailureNotice } from '../../../src/sources/standard-webhooks/notice.ts'
import { answer } from '../../support/http.ts'
import { type Service, startService, stopServices } from '../../support/service.ts'

const root = join(import.meta.dirname, '../../..')
const run = promisify(execFile)
const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, block]) => block!)

interface Config {
  sources?: Record<string, Record<string, unknown>>
  endpoints?: { name: string }[]
}
const pages = readdirSync(join(root, 'docs/senders'))
  .filter((file) => file !== 'README.md')
  .map((file) => {
    const text = read(`docs/senders/${file}`)
    const configs = blocks(text, 'yaml').filter((block) => /^(# .+\n)?sources:/.test(block))
    // The example that the curl goes with is the one without a name.
    const [main = ''] = configs.filter((block) => !block.startsWith('#'))
    return {
      name: file.replace(/\.md$/, ''),
      text,
      configs,
      main: parse(main) as Config,
      script: blocks(text, 'bash')[0] ?? '',
    }
  })

describe('the pages about senders', () => {
  let service: Service
  before(async () => {
    const env: Record<string, string> = {}
    const sources: Record<string, Record<string, unknown>> = {}
    const endpoints: { name: string }[] = []
    const known = new Set<string>()
    for (const { name, main, script } of pages) {
      for (const [source, section] of Object.entries(main.sources!)) {
        const secret = /^(?:secret|token)=(.+)$/m.exec(script)?.[1]
        const variable = `SECRET_OF_${source.toUpperCase().replace('-', '_')}`
        if (secret !== undefined) env[variable] = secret
        // Google's tokens cannot be made here, as the page says.
        sources[source] =
          name === 'pubsub'
            ? { auth: 'none' }
            : { ...section, ...(secret !== undefined && { secrets: [{ env: variable }] }) }
      }
      for (const endpoint of main.endpoints ?? []) {
        const key = JSON.stringify({ ...endpoint, name: '' })
        if (!known.has(key)) endpoints.push({ ...endpoint, name: `${endpoint.name} ${endpoints.length}` })
        known.add(key)
      }
    }
    service = await startService({ config: { sources, endpoints }, env })
  })
  after(stopServices)

  for (const { name, configs } of pages)
    it(`${name}: every configuration is valid`, () => {
      expect(configs).not.to.have.length(0)
      for (const block of configs) expect(() => parseConfig(parse(block)), block).not.to.throw()
    })

  for (const { name, script, main } of pages)
    it(`${name}: the curl is answered 202, and the failure is recorded for a configured endpoint`, async () => {
      expect(script).to.include('http://127.0.0.1:8080/')
      const { stdout } = await run('bash', ['-euc', script.replace('http://127.0.0.1:8080', service.ingest)])
      const { body: failure } = await answer(fetch(`${service.admin}/api/v1/failures/${JSON.parse(stdout).id}`))
      expect(Object.keys(main.sources!)).to.include(failure.source)
      expect(failure.endpoint, JSON.stringify(failure)).to.match(/ \d+$/)
    })

  it('have one for each kind but retm, in the table', () => {
    const table = read('docs/senders/README.md')
    for (const { name } of pages) expect(table).to.include(`[\`${name}\`](${name}.md)`)
    const kinds = readdirSync(join(root, 'src/sources'), { withFileTypes: true }).filter((each) => each.isDirectory())
    const named = kinds.map(({ name }) => name).filter((name) => !['auth', 'mapping', 'retm'].includes(name))
    expect(pages.map(({ name }) => name)).to.have.members(named)
  })

  it('show a notice that its schema accepts', () => {
    const [notice = ''] = blocks(read('docs/failure-notice.md'), 'json')
    const check = Compile(FailureNotice)
    expect(check.Check(JSON.parse(notice))).to.equal(true)
    expect(check.Check({ ...JSON.parse(notice), data: { code: 500 } })).to.equal(false)
    const published = JSON.parse(read('docs/failure-notice.schema.json'))
    expect(Object.keys(published.properties.data.properties)).to.have.members(Object.keys(JSON.parse(notice).data))
  })

  it('go with examples that can be read', () => {
    for (const file of [
      'examples/knative/dead-letters.yaml',
      'examples/knative/values.yaml',
      'examples/svix/values.yaml',
    ])
      for (const document of parseAllDocuments(read(file))) expect(document.errors, file).to.deep.equal([])
    for (const example of ['knative', 'svix'])
      expect(() => parseConfig(parse(read(`examples/${example}/values.yaml`)).config), example).not.to.throw()
  })
})
