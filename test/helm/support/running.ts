import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { parse } from 'yaml'
import { until } from '../../support/temp.ts'
import { exec, localized, mount } from './container.ts'
import { type KubernetesObject, render, the, withValues } from './helm.ts'
import { podsOf } from './policy-rules.ts'

const children: ChildProcess[] = []

/** Kills what `start` started; for `afterEach`. */
export function killStarted(): void {
  for (const child of children.splice(0)) child.kill('SIGKILL')
}

/** Starts the service with what the chart renders for these values, and waits for its listeners. */
export async function start(values: object) {
  const objects = await withValues(values, async (args) => (await render('4', args)).objects)
  const mounted = mount(objects)
  const { readinessProbe, livenessProbe } = podsOf(objects)[0]!.containers[0]!.spec
  // The rendering's ports may be taken on this machine.
  const env = { ...mounted.env, INGEST_PORT: '0', ADMIN_PORT: '0', INGEST_HOST: '127.0.0.1', ADMIN_HOST: '127.0.0.1' }
  const child = spawn(mounted.command[0]!, mounted.command.slice(1), {
    env: { PATH: process.env['PATH']!, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const ports: Record<string, number> = {}
  createInterface({ input: child.stdout! }).on('line', (line) => {
    const { listener, port, msg } = JSON.parse(line) as { listener?: string; port?: number; msg?: string }
    if (msg === 'listening') ports[listener!] = port!
  })
  await until('both listeners', () => ports['ingest'] !== undefined && ports['admin'] !== undefined)
  return {
    objects,
    ...mounted,
    ingest: `http://127.0.0.1:${ports['ingest']}`,
    admin: `http://127.0.0.1:${ports['admin']}`,
    tokensDir: parse(readFileSync(mounted.env['CONFIG_FILE']!, 'utf8')).sources.retm.tokensDir as string,
    probes: { readiness: readinessProbe.httpGet.path as string, liveness: livenessProbe.httpGet.path as string },
  }
}

/** Reports a failed delivery. */
export const post = (origin: string, path: string, token: string | undefined) =>
  fetch(origin + path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify({ code: 503, endpoint: 'https://shop.example.com/webhooks/orders', message: '' }),
  })

/** The pod of `helm test`, against the service that runs here. */
export const helmTest = (objects: readonly KubernetesObject[], origin: string, tokens: string, seconds = '120') => {
  const command = the(objects, 'Pod')['spec'].containers[0].command as string[]
  // A source's word is `token:` or `none:`, as it wants a token or not, and its URL.
  const local = command.map((word) => {
    const [, kind = '', url] = /^(token:|none:)?(http:\/\/\S+)$/.exec(word) ?? []
    if (url !== undefined) return kind + origin + new URL(url).pathname
    return word === '/tokens' ? tokens : localized(word)
  })
  return exec(local, { WAY_IN_SECONDS: seconds })
}
