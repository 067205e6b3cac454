import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tempFolder } from '../../support/temp.ts'
import { type KubernetesObject, the } from './helm.ts'
import { podsOf } from './policy-rules.ts'

const ROOT = join(import.meta.dirname, '../../..')

export interface Mounted {
  readonly env: Record<string, string>
  /** Program and arguments, as image and rendering say them. */
  readonly command: readonly string[]
  /** Where a path of the container is here. */
  readonly path: (inContainer: string) => string
}

/** What a kubelet does for the stand-alone container, with a folder for its root: volumes, environment, command. */
export function mount(objects: readonly KubernetesObject[]): Mounted {
  const root = tempFolder()
  const pod = podsOf(objects).find(({ owner }) => /^(StatefulSet|Deployment)/.test(owner))
  // The sidecar form's own release has no pod; its configuration is mounted all the same.
  const container = pod?.containers.find(({ name }) => name === 'webhook-error-exporter')?.spec
  const path = (inContainer: string) => join(root, inContainer)
  const folder = (name: string) => {
    mkdirSync(path(name), { recursive: true })
    return path(name)
  }
  folder('/data')
  const write = (at: string, data: Record<string, string>) => {
    for (const [key, text] of Object.entries(data)) writeFileSync(join(folder(at), key), text)
  }
  const config = the(
    objects.filter(({ metadata }) => !/-(dashboard|extra)/.test(metadata.name)),
    'ConfigMap',
  )['data']
  for (const { name, mountPath } of container?.volumeMounts ?? []) {
    const volume = pod!.spec.volumes.find((it: { name: string }) => it.name === name)
    const secret = objects.find(
      ({ kind, metadata }) => kind === 'Secret' && metadata.name === volume?.secret?.secretName,
    )
    if (volume?.configMap && mountPath.endsWith('/config')) write(mountPath, config)
    else if (secret) write(mountPath, decoded(secret['data']))
    else if (volume?.secret?.items) {
      for (const { path: item } of volume.secret.items)
        write(mountPath, { [item]: `the-${item}-of-the-test-0123456789\n` })
    } else if (volume?.projected) {
      for (const source of volume.projected.sources)
        for (const { path: item } of source.secret.items) {
          const text = item === 'url' ? `sqlite:${path('/data')}/x.db` : `the-${item}-of-the-test-0123456789`
          write(mountPath, { [item]: `${text}\n` })
        }
    }
  }
  if (!container) write('/etc/webhook-error-exporter/config', config)

  const env: Record<string, string> = { ...imageEnvironment() }
  for (const { name, value } of container?.env ?? []) env[name] = value ?? `the-${name}-of-the-test-0123456789`
  env['CONFIG_FILE'] = path(env['CONFIG_FILE'] ?? '/etc/webhook-error-exporter/config/config.yaml')
  // Paths of the container, wherever the configuration has them.
  const file = env['CONFIG_FILE']
  const here = (text: string) =>
    text.replaceAll(/(^|[\s:"'])(\/(?:data|etc|var)\/)/g, (_, before, at) => `${before}${root}${at}`)
  writeFileSync(file, here(readFileSync(file, 'utf8')))
  for (const name of ['JOURNAL_URL_FILE', 'JOURNAL_PASSWORD_FILE']) if (env[name]) env[name] = path(env[name])
  const isFile = env['JOURNAL_URL']!.startsWith('sqlite:')
  env['JOURNAL_URL'] = isFile ? here(env['JOURNAL_URL']!) : `sqlite:${path('/data')}/x.db`
  // The file that stands for a database has none.
  if (!isFile) delete env['JOURNAL_PASSWORD_FILE']
  mkdirSync(join(env['JOURNAL_URL'].slice('sqlite:'.length), '..'), { recursive: true })
  return { env, command: [...imageEntrypoint(), ...(container?.args ?? [])], path }
}

const decoded = (data: Record<string, string>) =>
  Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64').toString()]))

const dockerfile = () => readFileSync(join(ROOT, 'Dockerfile'), 'utf8')

/** What the image sets, but for its own folders. */
function imageEnvironment(): Record<string, string> {
  const blocks = [...dockerfile().matchAll(/^ENV ((?:.*\\\n)*.*)$/gm)].map(([, block]) => block!)
  const pairs = blocks.flatMap((block) => [...block.matchAll(/([A-Z_]+)=(\S+)/g)])
  return Object.fromEntries(
    pairs.map(([, name, value]) => [name!, value!] as const).filter(([, value]) => !value.startsWith('/app/')),
  )
}

/** The image's program with this machine's Node and sources. */
export function imageEntrypoint(): string[] {
  const line = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile())
  return (JSON.parse(line![1]!) as string[]).map(localized)
}

/** A word of a rendered command, for this machine. */
export const localized = (word: string) =>
  word === '/nodejs/bin/node'
    ? process.execPath
    : word.startsWith('/app/')
      ? join(ROOT, word.slice('/app/'.length))
      : word

/** Runs to the end with this environment alone. */
export function exec(command: readonly string[], env: Record<string, string>) {
  return new Promise<{ code: number; output: string }>((resolve) => {
    execFile(command[0]!, command.slice(1), { env: { PATH: process.env['PATH']!, ...env } }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, output: stdout + stderr }),
    )
  })
}
