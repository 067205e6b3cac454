import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'
import { parseConfig } from '../src/config/config.ts'
import { ConfigSchema } from '../src/config/schema.ts'
import { openapi } from '../src/http/admin/openapi.ts'

const root = join(import.meta.dirname, '..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const readme = read('README.md')

/** The first YAML block that has this top-level key, and the environment it refers to. */
function exampleOf(page: string, key: string): { example: object; env: Record<string, string> } {
  const blocks = [...page.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text]) => text!)
  const text = blocks.find((block) => new RegExp(`^${key}:`, 'm').test(block))!
  const env = [...text.matchAll(/\benv: ([A-Z_]+)/g)].map(([, name]) => [name!, 'x'.repeat(32)])
  return { example: parse(text), env: Object.fromEntries(env) }
}

describe('docs/configuration.md', () => {
  const page = read('docs/configuration.md')

  it('has a configuration that is valid, and in it every section', () => {
    const { example, env } = exampleOf(page, 'ingest')
    expect(() => parseConfig(example, env)).not.to.throw()
    expect(Object.keys(example)).to.have.members(Object.keys(ConfigSchema.properties))
  })

  it('names every command and variable that --help names', () => {
    const help = execFileSync(process.execPath, ['src/main.ts', '--help'], { cwd: root, encoding: 'utf8' })
    const [, commands = '', variables = ''] = /^Commands:\n(.*?)\n\n.*^Environment:\n(.*?)\n\n/ms.exec(help)!
    const names = [
      ...[...commands.matchAll(/^((?:journal |recovery |simulate )?[a-z-]+)/gm)].map(([, name]) => name!),
      ...[...variables.matchAll(/^ {2}.*? {2}/gm)].flatMap(([line]) => line.match(/[A-Z_]+\*?/g)!),
    ]
    expect(names).to.include.members(['serve', 'journal copy', 'JOURNAL_URL', 'OTEL_*'])
    for (const name of names) expect(page).to.include(`\`${name}`)
  })
})

describe('docs/api.md', () => {
  const page = read('docs/api.md')

  it('names every path of the API', () => {
    for (const path of Object.keys((openapi({ version: '' }) as { paths: object }).paths)) expect(page).to.include(path)
  })
})

describe('README.md', () => {
  it('tells those with a single endpoint of outbound.reference, as the chart’s values and its page do', () => {
    const chart = read('helm/webhook-error-exporter/values.yaml').replaceAll(/\n# /g, ' ')
    const schema = read('helm/webhook-error-exporter/values.schema.json')
    for (const text of [readme, chart, schema]) expect(text).to.match(/with a single endpoint/i)
    expect(readme).to.include('`outbound.reference`')
    expect(chart).to.include('outbound: {reference: URL}')
  })

  it('has a configuration that is valid', () => {
    const { example, env } = exampleOf(readme, 'sources')
    expect(() => parseConfig(example, env)).not.to.throw()
  })

  it('fits the first ten minutes: under 200 lines, none over 120 characters outside tables and links', () => {
    const lines = readme.split('\n')
    expect(lines.length).to.be.below(200)
    expect(lines.filter((line) => line.length > 120 && !/^\||\]\(/.test(line))).to.deep.equal([])
  })

  it('has blocks that can be pasted: no prompts, and nothing after a command that runs until it is stopped', () => {
    const blocks = [...readme.matchAll(/^```sh\n(.*?)^```/gms)].map(([, text]) => text!)
    expect(blocks).not.to.be.empty
    for (const block of blocks) {
      expect(block).not.to.match(/^[$>%#] /m)
      const commands = block
        .replaceAll('\\\n', '')
        .trim()
        .split(/\n|&&|;/)
      const blocking = commands.findIndex((command) => /npm (start|run demo)|docker run|port-forward/.test(command))
      expect([-1, commands.length - 1], block).to.include(blocking)
    }
  })

  it('has a scrape_configs snippet and the non-goals', () => {
    const { example } = exampleOf(readme, 'scrape_configs')
    expect(example).to.have.nested.property('scrape_configs[0].job_name', 'webhook-error-exporter')
    expect(readme).to.match(/^## Non-goals$/m)
  })
})

describe('docs/architecture.md', () => {
  const page = read('docs/architecture.md')

  it('says of every folder of src what it may import', () => {
    const [, section = ''] = /^## Who may import whom\n(.*?)^## /ms.exec(page)!
    const rows = [...section.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell]) => cell!.match(/src\/[\w-]+/g) ?? [])
    const folders = globSync('src/*/', { cwd: root }).map((path) => path.replace(/\/$/, ''))
    expect(folders).to.include('src/domain')
    expect(rows.filter((path) => path !== 'src/main')).to.have.members(folders)
  })

  it('names only files and folders that are there', () => {
    const paths = [...page.matchAll(/`(src\/[\w./*-]+)`/g)].map(([, path]) => path!.replace('KIND', '*'))
    expect(paths).not.to.be.empty
    expect(paths.filter((path) => globSync(path, { cwd: root }).length === 0)).to.deep.equal([])
  })

  it('has one diagram and ten decisions', () => {
    expect(page.match(/^```mermaid$/gm)).to.have.length(1)
    const [, decisions = ''] = /^## Ten decisions\n(.*)/ms.exec(page)!
    expect(decisions.match(/^\d+\. /gm)).to.have.length(10)
  })
})

describe('CONTRIBUTING.md', () => {
  it('names every npm script, and none that does not exist', () => {
    const scripts = Object.keys(JSON.parse(read('package.json')).scripts)
    const page = read('CONTRIBUTING.md')
    const named = new Set(
      [...page.matchAll(/`(?:npm (?:run )?)?([a-z]+(?:[:-][a-z-]+)*)(?: [^`]*)?`/g)].map(([, name]) => name!),
    )
    expect(scripts.filter((name) => !named.has(name))).to.deep.equal([])
    const called = [...page.matchAll(/npm run ([a-z:-]+)/g)].map(([, name]) => name!)
    expect(called.filter((name) => !scripts.includes(name))).to.deep.equal([])
  })
})

describe('docs/README.md', () => {
  it('lists every page and folder of docs', () => {
    const index = read('docs/README.md')
    const linked = [...index.matchAll(/\]\(([^)#]+)/g)].map(([, target]) => target!.split('/')[0]!)
    const entries = readdirSync(join(root, 'docs')).filter((name) => name !== 'README.md' && name !== 'images')
    expect(entries.filter((name) => !linked.includes(name))).to.deep.equal([])
  })
})

describe('pages for people', () => {
  const pages = ['README.md', 'SECURITY.md', 'CONTRIBUTING.md', ...globSync('docs/*.md', { cwd: root })]

  for (const path of pages) {
    it(`${path} links to files that are there`, () => {
      for (const [, target] of read(path).matchAll(/\]\((?!https?:|mailto:)([^)#]+)/g))
        expect(existsSync(join(root, dirname(path), target!)), target).to.equal(true)
    })
  }
})
