import { type ChildProcess, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { REPORT } from './http.ts'
import type { Program } from './programs.ts'
import { tempFolder, until } from './temp.ts'

export interface Nginx {
  /** Sends a report through it. @returns the status that the sender sees; 0 for no answer at all */
  post(): Promise<number>
  /** What it complained of so far. */
  readonly errors: readonly string[]
  stop(): Promise<void>
}

/**
 * nginx with what belongs into `http { … }`.
 * @param isUp whether it answers
 */
export async function runNginx(
  program: Program,
  folder: string,
  http: string,
  isUp: () => Promise<boolean>,
): Promise<Pick<Nginx, 'errors' | 'stop'>> {
  const file = join(folder, 'nginx.conf')
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  writeFileSync(
    file,
    `daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr error;
events { worker_connections 8192; }
http {
  access_log off;
  ${paths.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  ${http}
}
`,
  )
  const child: ChildProcess = spawn(program.path, ['-e', 'stderr', '-p', folder, '-c', file], {
    env: program.env,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const errors: string[] = []
  child.stderr!.on('data', (chunk: Buffer) => errors.push(chunk.toString()))
  await until('nginx', () => {
    if (child.exitCode !== null) throw new Error(errors.join(''))
    return isUp()
  })
  return {
    errors,
    async stop() {
      kill()
      process.off('exit', kill)
      await exited
    },
  }
}

/** nginx in front of the given ports, with connections that it keeps for `keepAlive`. It retries only what never left. */
export async function startNginx(
  program: Program,
  { ports, keepAlive }: { ports: readonly number[]; keepAlive: string },
): Promise<Nginx> {
  const folder = tempFolder()
  const socketPath = join(folder, 'nginx.sock')
  const agent = new Agent({ keepAlive: true })
  const body = JSON.stringify(REPORT)
  const headers = { 'Content-Type': 'application/json', 'Content-Length': body.length }
  const post = () =>
    new Promise<number>((resolve) => {
      request({ socketPath, agent, method: 'POST', path: '/webhooks/error', headers }, (response) => {
        response.resume().once('end', () => resolve(response.statusCode ?? 0))
      })
        .on('error', () => resolve(0))
        .end(body)
    })
  const isUp = () =>
    new Promise<boolean>((resolve) => {
      request({ socketPath, agent: false, method: 'GET', path: '/' }, (response) => {
        response.resume()
        resolve(true)
      })
        .on('error', () => resolve(false))
        .end()
    })
  const nginx = await runNginx(
    program,
    folder,
    `upstream receiver {
    ${ports.map((port) => `server 127.0.0.1:${port} max_fails=0;`).join('\n    ')}
    keepalive 1024;
    keepalive_timeout ${keepAlive};
    keepalive_requests 1000000;
  }
  server {
    listen unix:${socketPath};
    keepalive_requests 1000000;
    location / {
      proxy_pass http://receiver;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
  }`,
    isUp,
  )
  return {
    ...nginx,
    post,
    async stop() {
      agent.destroy()
      await nginx.stop()
    },
  }
}
