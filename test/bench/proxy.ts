import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { stringify } from 'yaml'
import { program } from '../support/programs.ts'
import { freePort, removeTempFolders, tempFolder, until } from '../support/temp.ts'

/**
 * `npm run bench:proxy`: deliveries to one application, directly and through nginx, a bare undici pass-through and the
 * service's proxy, in turn under the same load and in one go, so that the ratios hold when the machine's speed drifts.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '4' },
    connections: { type: 'string', default: '64' },
  },
})
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)
const connections = Number(values.connections)
const wrk = await program('wrk')
const nginx = await program('nginx')
if (!wrk || !nginx) throw new Error('the benchmark needs wrk and nginx (Debian packages of these names)')

const ROOT = join(import.meta.dirname, '../..')
const start: string = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts.start

/** nginx as application, or in front of it: faster than what is measured, so that it is not what is measured. */
async function startNginx(location: string, upstream = ''): Promise<{ port: number; child: ChildProcess }> {
  const folder = tempFolder()
  const port = await freePort()
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  )
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; pid ${folder}/pid; error_log stderr error;
events { worker_connections 4096; }
http { access_log off; ${temp.join(' ')} ${upstream} keepalive_timeout 75s 75s;
  server { listen 127.0.0.1:${port}; keepalive_requests 100000000; location / { ${location} } } }`,
  )
  const child = spawn(nginx!.path, ['-e', 'stderr', '-p', folder, '-c', join(folder, 'nginx.conf')], {
    env: nginx!.env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  await until('nginx', () =>
    fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    ),
  )
  return { port, child }
}

async function startNode(
  command: string,
  env: Record<string, string>,
  portOf: (line: Record<string, unknown>) => number | undefined,
): Promise<{ port: number; child: ChildProcess }> {
  const output = join(tempFolder(), 'stdout')
  const file = openSync(output, 'w')
  const child = spawn('sh', ['-c', command], {
    cwd: ROOT,
    stdio: ['ignore', file, 'inherit'],
    env: { PATH: `${dirname(process.execPath)}:${process.env['PATH']}`, NODE_ENV: 'production', ...env },
  })
  closeSync(file)
  const lines = () =>
    readFileSync(output, 'utf8')
      .split('\n')
      .filter((line) => line.endsWith('}'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  const port = await until('the listener', () =>
    lines()
      .map(portOf)
      .find((found) => found !== undefined),
  )
  return { port, child }
}

function startService(retry: string | undefined, upstream: string) {
  const folder = tempFolder()
  const file = join(folder, 'config.yaml')
  writeFileSync(
    file,
    stringify({
      ingest: { port: 0 },
      admin: { port: 0 },
      journal: { url: `sqlite:${join(folder, 'journal.db')}` },
      endpoints: [{ name: 'orders', urls: ['https://shop.example/hooks/orders'] }],
      ...(retry && { proxy: { port: 0, routes: [{ endpoint: 'orders', path: '/hooks/orders', upstream, retry }] } }),
    }),
  )
  const listener = retry ? 'proxy' : 'ingest'
  return startNode(start, { CONFIG_FILE: file }, (line) =>
    line['listener'] === listener ? (line['port'] as number) : undefined,
  )
}

const app = await startNginx('return 200 "ok";')
const origin = `http://127.0.0.1:${app.port}`
const proxied = `proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection "";`
const SIDES: readonly (readonly [name: string, start: () => Promise<{ port: number; child?: ChildProcess }>])[] = [
  ['direct', async () => ({ port: app.port })],
  [
    'nginx',
    () =>
      startNginx(
        proxied,
        `upstream app { server 127.0.0.1:${app.port}; keepalive 256; keepalive_requests 100000000; }`,
      ),
  ],
  [
    'bare undici',
    () => startNode('exec node test/bench/bare-proxy.ts', { UPSTREAM: origin }, (line) => line['port'] as number),
  ],
  ['ours, none', () => startService('none', origin)],
  ['ours, safe', () => startService('safe', origin)],
  ['ours, off', () => startService(undefined, origin)],
]

interface Run {
  readonly rate: number
  readonly p50: number
  readonly p99: number
  readonly halfP50: number
  readonly idle: number
  readonly peak: number
  readonly errors: number
}

const memory = (child: ChildProcess | undefined, field: 'VmRSS' | 'VmHWM'): number =>
  child
    ? Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1]) / 1_024
    : Number.NaN

async function load(port: number, duration: number, pause = 0) {
  const args = ['-t1', `-c${connections}`, `-d${duration}s`, '-s', join(import.meta.dirname, 'delivery.lua')]
  const child = spawn(wrk!.path, [...args, `http://127.0.0.1:${port}/hooks/orders`], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...wrk!.env, PAUSE: String(Math.round(pause)) },
  })
  let text = ''
  for await (const chunk of child.stdout) text += chunk
  return JSON.parse(/RESULT (.*)/.exec(text)![1]!) as {
    accepted: number
    seconds: number
    p50: number
    p99: number
    errors: number
  }
}

/** Milliseconds between two requests of a connection at half of the bare pass-through's full load. */
let pause = 0

async function run(name: string, begin: (typeof SIDES)[number][1]): Promise<Run> {
  const { port, child } = await begin()
  try {
    await sleep(1_500)
    const idle = memory(child, 'VmRSS')
    if (name === 'ours, off')
      return {
        rate: Number.NaN,
        p50: Number.NaN,
        p99: Number.NaN,
        halfP50: Number.NaN,
        idle,
        peak: Number.NaN,
        errors: 0,
      }
    await load(port, 1)
    const full = await load(port, seconds)
    if (name === 'bare undici') pause = (2 * 1_000 * connections * full.seconds) / full.accepted
    const half = pause > 0 ? await load(port, Math.ceil(seconds / 2), pause) : undefined
    return {
      rate: full.accepted / full.seconds,
      p50: full.p50,
      p99: full.p99,
      halfP50: half?.p50 ?? Number.NaN,
      idle,
      peak: memory(child, 'VmHWM'),
      errors: full.errors,
    }
  } finally {
    child?.kill()
    if (child && child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!

const runs = new Map(SIDES.map(([name]) => [name, [] as Run[]]))
for (let round = 1; round <= rounds; round++) {
  for (const [name, begin] of SIDES) {
    const result = await run(name, begin)
    runs.get(name)!.push(result)
    console.log(`round ${round}/${rounds}  ${name.padEnd(12)} ${result.rate.toFixed(0)}/s`)
  }
}
app.child.kill()
removeTempFolders()

const FIGURES: readonly (readonly [label: string, key: keyof Run, digits: number])[] = [
  ['deliveries per second', 'rate', 0],
  ['p50, ms', 'p50', 2],
  ['p99, ms', 'p99', 2],
  ['p50 at half load, ms', 'halfP50', 2],
  ['resident idle, MiB', 'idle', 1],
  ['resident peak, MiB', 'peak', 1],
  ['socket errors', 'errors', 0],
]
console.log(
  `\nmedians of ${rounds} rounds of ${seconds} s, ${connections} connections; ratios are medians of the rounds' ratios\n`,
)
console.log(`${''.padEnd(24)}${SIDES.map(([name]) => name.padStart(13)).join('')}`)
const cell = (value: number, digits: number) => (Number.isNaN(value) ? '' : value.toFixed(digits)).padStart(13)
for (const [label, key, digits] of FIGURES)
  console.log(
    `${label.padEnd(24)}${SIDES.map(([name]) => cell(median(runs.get(name)!.map((it) => it[key])), digits)).join('')}`,
  )
const bare = runs.get('bare undici')!
console.log(
  `${'rate / bare undici'.padEnd(24)}${SIDES.map(([name]) => cell(median(runs.get(name)!.map(({ rate }, round) => rate / bare[round]!.rate)), 2)).join('')}`,
)
