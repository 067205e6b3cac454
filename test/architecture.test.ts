import { globSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect } from 'chai'

/** What a composition root puts together. */
const ASSEMBLED = [
  'sources',
  'config',
  'domain',
  'service',
  'journal',
  'outbound',
  'signature',
  'probe',
  'proxy',
  'observe',
  'http',
]

/**
 * Who may import whom. A folder of src is a room; files directly in src stand for themselves, without their ending.
 * `leaf` files hold no behaviour of the service and may be imported by everyone.
 */
const LEAVES = [
  'back-off',
  'bounded-file',
  'deadlines',
  'errors',
  'exit-now',
  'inherited-sockets',
  'linked-list',
  'idle-memory',
  'node-http',
  'random-hex',
  'schema-fields',
  'units',
  'version',
]
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'back-off': [],
  'bounded-file': [],
  deadlines: ['linked-list'],
  'linked-list': [],
  errors: [],
  'node-http': [],
  'random-hex': [],
  'schema-fields': [],
  units: [],
  version: [],
  'exit-now': [],
  'idle-memory': [],
  'inherited-sockets': [],
  supervisor: [],
  domain: [],
  outbound: ['domain'],
  signature: ['domain'],
  journal: ['domain'],
  probe: ['domain', 'outbound'],
  proxy: ['domain', 'outbound', 'signature'],
  observe: ['domain'],
  service: ['domain'],
  // What is specific to one sender.
  sources: ['domain', 'signature'],
  config: ['domain', 'sources'],
  http: ['service', 'domain', 'config', 'sources', 'signature'],
  app: ASSEMBLED,
  // A command line is a second composition root: it builds what one command needs.
  cli: ['app', 'supervisor', ...ASSEMBLED],
  main: ['cli', 'supervisor'],
  // Outside of src, and of the image: a composition root for stand-ins.
  tools: ['cli', ...ASSEMBLED],
}

const root = join(import.meta.dirname, '..')
const roomOf = (file: string): string => {
  if (file.startsWith(join(root, 'tools/'))) return 'tools'
  const [first, ...rest] = relative(join(root, 'src'), file).split('/')
  return rest.length > 0 ? first! : first!.replace(/\.ts$/, '')
}

function importsOf(text: string): string[] {
  const statements = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?from\s*'(\.[^']+)'|import\('(\.[^']+)'\)|new URL\('(\.[^']+)'/g,
  )
  return [...statements].map(([, named, dynamic, worker]) => (named ?? dynamic ?? worker)!)
}

/** @returns a line for each import that the table does not allow */
function violations(files: readonly { path: string; text: string }[]): string[] {
  return files.flatMap(({ path, text }) => {
    const from = roomOf(path)
    return importsOf(text)
      .map((specifier) => join(dirname(path), specifier))
      .filter((target) => /^(src|tools)\//.test(relative(root, target)))
      .map(roomOf)
      .filter((to) => to !== from && !LEAVES.includes(to) && !MAY_IMPORT[from]?.includes(to))
      .map((to) => `${relative(root, path)} imports ${to}`)
  })
}

/** @returns a line for each way from a file to itself that a search from the first file on comes across */
function circles(files: readonly { path: string; text: string }[]): string[] {
  const imported = new Map(
    files.map(({ path, text }) => [path, importsOf(text).map((specifier) => join(dirname(path), specifier))]),
  )
  const found: string[] = []
  const done = new Set<string>()
  const visit = (path: string, way: readonly string[]): void => {
    if (way.includes(path)) {
      const circle = [...way.slice(way.indexOf(path)), path]
      found.push(circle.map((each) => relative(root, each)).join(' → '))
    } else if (!done.has(path)) {
      for (const next of imported.get(path) ?? []) visit(next, [...way, path])
      done.add(path)
    }
  }
  for (const { path } of files) visit(path, [])
  return found
}

const sources = globSync('{src,tools}/**/*.ts', { cwd: root })
  .map((file) => join(root, file))
  .map((path) => ({ path, text: readFileSync(path, 'utf8') }))

describe('architecture', () => {
  it('has a rule for every room', () => {
    expect([...new Set(sources.map(({ path }) => roomOf(path)))].filter((room) => !MAY_IMPORT[room])).to.deep.equal([])
  })

  it('keeps every import within the rules', () => {
    expect(violations(sources)).to.deep.equal([])
  })

  it('mentions no sender outside of its folder', () => {
    // Standard Webhooks is a format that hooks use too; the others are no platforms.
    const kinds = readdirSync(join(root, 'src/sources'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .filter((name) => !['auth', 'mapping', 'generic', 'standard-webhooks'].includes(name))
    expect(kinds).to.include('retm')
    const mentions = sources.flatMap(({ path, text }) => {
      const file = relative(root, path)
      return kinds
        .filter((kind) => !/^(src\/(sources|signature)|tools)\//.test(file) && new RegExp(kind, 'i').test(text))
        .map((kind) => `${file} mentions ${kind}`)
    })
    expect(mentions).to.deep.equal([])
  })

  it('loads a command when it is called for, and no other', () => {
    const { text } = sources.find(({ path }) => path.endsWith('/cli/run.ts'))!
    const atOnce = [...text.matchAll(/^import (?!type).*'(.+)'/gm)].map(([, specifier]) => specifier)
    expect(atOnce).to.have.members([
      '../config/config.ts',
      '../version.ts',
      './commands.ts',
      './complain.ts',
      './usage.ts',
    ])
    const table = sources.find(({ path }) => path.endsWith('/cli/commands.ts'))!.text
    expect(table).not.to.match(/^import (?!type)/m)
  })

  it('has no two files that import each other, be it by way of others or for a type', () => {
    expect(circles(sources)).to.deep.equal([])
    const loop = ['a', 'b', 'c'].map((name, index, all) => ({
      path: join(root, `src/domain/${name}.ts`),
      text: `import type { It } from './${all[(index + 1) % 3]}.ts'`,
    }))
    expect(circles(loop)).to.deep.equal(['src/domain/a.ts → src/domain/b.ts → src/domain/c.ts → src/domain/a.ts'])
  })

  it('sees src import what is outside of the image', () => {
    const text = "import { deliver } from '../../tools/demo/delivery.ts'"
    expect(violations([{ path: join(root, 'src/cli/x.ts'), text }])).to.deep.equal(['src/cli/x.ts imports tools'])
  })

  it('sees the domain import http, in each form of import', () => {
    for (const text of [
      "import { listen } from '../http/listener.ts'",
      "import type {\n  Listener,\n} from '../http/listener.ts'",
      "export * from '../http/listener.ts'",
      "const late = await import('../http/listener.ts')",
    ]) {
      expect(violations([{ path: join(root, 'src/domain/x.ts'), text }]), text).to.deep.equal([
        'src/domain/x.ts imports http',
      ])
    }
  })
})
