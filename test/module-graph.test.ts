import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import { startService, stopServices } from './support/service.ts'
import { removeTempFolders, tempFolder, until } from './support/temp.ts'

const root = join(import.meta.dirname, '..')
const RECORDER = pathToFileURL(join(import.meta.dirname, 'support/record-modules.ts')).href

interface Weight {
  modules: number
  bytes: number
}

/** The package that a file belongs to; `src` for our own, `node` for libraries that Node brings along. */
function ownerOf(path: string): string {
  if (path.startsWith('NativeModule ')) return 'node'
  const [, inside] = /.*\/node_modules\/(.+)$/.exec(path) ?? []
  if (inside === undefined) return 'src'
  return inside
    .split('/')
    .slice(0, inside.startsWith('@') ? 2 : 1)
    .join('/')
}

/** Each file that the service loads, workers included, from its start to its end, with its size. */
async function filesOf(env: Record<string, string> = {}): Promise<Map<string, number>> {
  const list = join(tempFolder(), 'modules.jsonl')
  writeFileSync(list, '')
  const service = await startService({ env: { ...env, MODULE_LIST: list }, nodeArgs: ['--import', RECORDER] })
  await service.stop()
  return new Map(
    readFileSync(list, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { path: string; bytes: number })
      .filter(({ path }) => !path.startsWith(join(root, 'test')))
      .map(({ path, bytes }) => [path, bytes]),
  )
}

/** By package, the heaviest first. */
function byPackage(files: ReadonlyMap<string, number>): Map<string, Weight> {
  const weights = new Map<string, Weight>()
  for (const [path, bytes] of files) {
    const weight = weights.get(ownerOf(path)) ?? { modules: 0, bytes: 0 }
    weights.set(ownerOf(path), { modules: weight.modules + 1, bytes: weight.bytes + bytes })
  }
  return new Map([...weights].sort(([, a], [, b]) => b.bytes - a.bytes))
}

function table(title: string, weights: ReadonlyMap<string, Weight>): string {
  const sum = (member: keyof Weight) => [...weights.values()].reduce((total, weight) => total + weight[member], 0)
  const row = (name: string, { modules, bytes }: Weight) =>
    `  ${name.padEnd(32)}${String(modules).padStart(6)}${String(Math.round(bytes / 1_024)).padStart(8)}`
  return [
    `module graph of the service, ${title}`,
    `  ${'package'.padEnd(32)}modules     KiB`,
    ...[...weights].map(([name, weight]) => row(name, weight)),
    row('all', { modules: sum('modules'), bytes: sum('bytes') }),
  ].join('\n')
}

const packages = (weights: ReadonlyMap<string, Weight>): string[] =>
  [...weights.keys()].filter((name) => name !== 'src' && name !== 'node')

/** Packages loaded by default. A new name needs a reason, since every pod pays for it. */
const BASE = new Set(
  `@koa/router @pinojs/redact accepts atomic-sleep content-disposition content-type cookies debug deep-equal
  delegates depd destroy ee-first encodeurl escape-html fastest-levenshtein fresh has-flag http-assert http-errors
  inherits ipaddr.js keygrip koa koa-compose media-typer mime-db mime-types ms negotiator on-exit-leak-free
  on-finished parseurl path-to-regexp pino pino-std-serializers prom-client quick-format-unescaped
  safe-stable-stringify setprototypeof sonic-boom statuses supports-color thread-stream toidentifier tsscmp type-is
  vary yaml`.split(/\s+/),
)

/** Of our own files, what only other commands and features need. */
const UNUSED = /\/src\/(?:proxy|journal\/(?:postgres|spill)|cli\/(?:help|simulate|verify))\b|schemas?\.ts$/

/** As in `npm start`. */
const FLAGS = ['--max-semi-space-size=8']

/** Each costs about 0.3 ms of the start. */
const MOST_MODULES = 600

describe('the module graph of the service', function () {
  this.timeout(60_000)
  afterEach(async () => {
    await stopServices()
    removeTempFolders()
  })

  it('has no package by default but these', async () => {
    const files = await filesOf()
    const weights = byPackage(files)
    console.log(table('default configuration', weights))
    expect(packages(weights).filter((name) => !BASE.has(name))).to.deep.equal([])
    expect(packages(weights)).to.include.members(['koa', 'pino', 'prom-client'])
    // What an import of node:http as an ES module loads.
    const bundled = [...files.keys()].filter((name) => /undici|http2/.test(name))
    expect(bundled, 'libraries of Node').to.deep.equal([])
    expect([...files.keys()].filter((path) => UNUSED.test(path))).to.deep.equal([])
    expect(files.size, 'modules').to.be.below(MOST_MODULES)
  })

  it('has no TypeBox with a configuration file either', async () => {
    const config = join(tempFolder(), 'config.yaml')
    writeFileSync(
      config,
      'sources: {retm: {}, other: {kind: svix}}\nendpoints: [{name: orders, urls: [https://shop.example/]}]\n',
    )
    const valid = byPackage(await filesOf({ CONFIG_FILE: config }))
    expect(packages(valid).filter((name) => !BASE.has(name))).to.deep.equal([])
  })

  it('has the pool of undici only with a proxy, and never its index', async () => {
    const config = join(tempFolder(), 'config.yaml')
    const route = '{endpoint: orders, path: /hooks, upstream: http://127.0.0.1:9}'
    writeFileSync(
      config,
      `endpoints: [{name: orders, urls: [https://shop.example/]}]\nproxy: {port: 0, routes: [${route}]}\n`,
    )
    const files = await filesOf({ CONFIG_FILE: config })
    const undici = [...files.keys()].flatMap((path) => /\/node_modules\/undici\/(.*)/.exec(path)?.[1] ?? [])
    expect(undici).to.include('lib/dispatcher/pool.js')
    expect(undici.filter((path) => /^index|\/(?:fetch|websocket|cache|mock|handler\/retry)/.test(path))).to.deep.equal(
      [],
    )
    expect(packages(byPackage(files)).filter((name) => !BASE.has(name))).to.deep.equal(['undici'])
  })

  it('has the OpenTelemetry SDK only if spans are exported', async () => {
    const weights = byPackage(await filesOf({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }))
    console.log(table('with tracing', weights))
    expect(packages(weights)).to.include('@opentelemetry/sdk-node')
  })

  it('takes at most 1.5 times the memory of bare Koa at rest, and little more after a start on an empty compile cache', async function () {
    if (process.platform !== 'linux') this.skip()
    this.timeout(180_000)
    const bare = spawn(process.execPath, [join(root, 'test/bench/bare.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(bare.stdout, 'data')
    const koa = resident(bare.pid!)
    bare.kill()
    // As `npm start` does; the second start finds the compile cache.
    const warmCache = join(root, 'node_modules/.cache/compile')
    await (await startWith(warmCache)).stop()
    const warm = await atRest(warmCache)
    const cold = await atRest(tempFolder())
    const [all, warmly, coldly] = [koa, warm, cold].map((each) => each.toFixed(0))
    console.log(`      bare Koa ${all} MiB, the service ${warmly} MiB, after a cold start ${coldly} MiB`)
    expect(warm).to.be.below(1.5 * koa)
    // 1.63 to 1.71 measured; 1.8 if the writing thread loads the type stripper too.
    expect(cold).to.be.below(1.78 * koa)
  })
})

const startWith = (cache: string) =>
  startService({ env: { LOG_LEVEL: 'debug', MALLOC_ARENA_MAX: '2', NODE_COMPILE_CACHE: cache }, nodeArgs: FLAGS })

/** MiB. */
async function atRest(cache: string): Promise<number> {
  const service = await startWith(cache)
  const isReleased = () => service.log().some(({ msg }) => msg === 'unused memory released')
  // On a busy machine the first look finds the process busy; the next one is half a minute later.
  await until('unused memory to be released', isReleased, 70_000)
  const memory = resident(service.pid)
  await service.stop()
  return memory
}

/** MiB. */
const resident = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1_024
