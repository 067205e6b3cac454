import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { stringify } from 'yaml'
import type { Program } from '../support/programs.ts'
import { freePort, tempFolder, until } from '../support/temp.ts'

/** A process that deliveries are sent to. */
export interface Started {
  readonly port: number
  readonly child: ChildProcess
}

const ROOT = join(import.meta.dirname, '../..')
const START: string = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts.start

/**
 * nginx as the application, or in front of it with `upstream`: faster than what is measured, so that it is not what is
 * measured.
 */
export async function startNginx(nginx: Program, application?: number): Promise<Started> {
  const folder = tempFolder()
  const port = await freePort()
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  )
  const location =
    application === undefined
      ? 'return 200 "ok";'
      : 'proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection "";'
  const upstream =
    application === undefined
      ? ''
      : `upstream app { server 127.0.0.1:${application}; keepalive 256; keepalive_requests 100000000; }`
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; pid ${folder}/pid; error_log stderr error;
events { worker_connections 4096; }
http { access_log off; ${temp.join(' ')} ${upstream} keepalive_timeout 75s 75s;
  server { listen 127.0.0.1:${port}; keepalive_requests 100000000; location / { ${location} } } }`,
  )
  const child = spawn(nginx.path, ['-e', 'stderr', '-p', folder, '-c', join(folder, 'nginx.conf')], {
    env: nginx.env,
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
  cwd: string,
  env: Record<string, string>,
  portOf: (line: Record<string, unknown>) => number | undefined,
): Promise<Started> {
  const output = join(tempFolder(), 'stdout')
  const file = openSync(output, 'w')
  const child = spawn('sh', ['-c', command], {
    cwd,
    stdio: ['ignore', file, 'inherit'],
    env: { PATH: `${dirname(process.execPath)}:${process.env['PATH']}`, NODE_ENV: 'production', ...env },
  })
  closeSync(file)
  const port = await until('the listener', () =>
    readFileSync(output, 'utf8')
      .split('\n')
      .filter((line) => line.endsWith('}'))
      .map((line) => portOf(JSON.parse(line)))
      .find((found) => found !== undefined),
  )
  return { port, child }
}

/** The bare pass-through, with the flags and the environment that the service is started with. */
export const startBare = (upstream: string): Promise<Started> =>
  startNode(
    START.replace('src/main.ts', 'test/bench/bare-proxy.mjs'),
    ROOT,
    { UPSTREAM: upstream },
    (line) => line['port'] as number,
  )

/** The service as its users start it; without a proxy if `retry` is undefined. @param root the checkout it runs from */
export function startService(retry: string | undefined, upstream: string, root = ROOT): Promise<Started> {
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
  return startNode(START, root, { CONFIG_FILE: file }, (line) =>
    line['listener'] === listener ? (line['port'] as number) : undefined,
  )
}
