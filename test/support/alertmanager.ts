import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { requireProgram } from './programs.ts'
import { freePort, tempFolder, until } from './temp.ts'

export interface KnownAlert {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly status: { readonly state: string; readonly inhibitedBy: readonly string[] }
}

export interface Alertmanager {
  /** `127.0.0.1:PORT`, as Prometheus wants it. */
  readonly address: string
  /** All active alerts, inhibited ones too. */
  alerts(): Promise<KnownAlert[]>
  /** Hands in alerts that fire from now on. */
  post(alerts: readonly Readonly<Record<string, string>>[]): Promise<void>
  stop(): Promise<void>
}

/** A real Alertmanager alone on this machine. @param config the text of its configuration file */
export async function startAlertmanager(context: Mocha.Context, config: string): Promise<Alertmanager> {
  const { path, env } = await requireProgram(context, 'alertmanager')
  const folder = tempFolder()
  const port = await freePort()
  const file = join(folder, 'alertmanager.yaml')
  writeFileSync(file, config)
  const { program, cwd } = relocated(path, folder)
  const child = spawn(
    program,
    [
      `--config.file=${file}`,
      `--storage.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
      '--log.level=warn',
    ],
    { env, cwd, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => {
    errors = `${errors}${chunk}`.slice(-4_000)
  })
  const end = new Promise<void>((resolve) =>
    child.on('close', () => {
      process.removeListener('exit', kill)
      resolve()
    }),
  )
  const address = `127.0.0.1:${port}`
  await until('Alertmanager', () => fetch(`http://${address}/-/ready`).then(({ ok }) => ok)).catch((error: Error) => {
    kill()
    throw new Error(`${error.message}: ${errors}`)
  })
  return {
    address,
    alerts: async () => (await fetch(`http://${address}/api/v2/alerts`)).json() as Promise<KnownAlert[]>,
    post: async (alerts) => {
      const response = await fetch(`http://${address}/api/v2/alerts`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(alerts.map((labels) => ({ labels }))),
      })
      if (!response.ok) throw new Error(`Alertmanager: ${response.status} ${await response.text()}`)
    },
    stop: () => {
      kill()
      return end
    },
  }
}

const SHARE = '/usr/share/prometheus/alertmanager'

/**
 * Debian's Alertmanager reads its own templates from a fixed folder, where nothing is if the package was only unpacked, and no
 * option names another. Then a copy in `folder` is run that looks in its working directory, by a path of the same length.
 */
export function relocated(path: string, folder: string): { readonly program: string; readonly cwd: string } {
  const templates = join(dirname(path), '../share/prometheus/alertmanager')
  const content = readFileSync(path)
  if (existsSync(SHARE) || !content.includes(SHARE)) return { program: path, cwd: folder }
  const here = Buffer.from('/proc/self/cwd'.padEnd(SHARE.length, '/.'))
  for (let at = content.indexOf(SHARE); at >= 0; at = content.indexOf(SHARE, at)) here.copy(content, at)
  const program = join(folder, 'alertmanager')
  writeFileSync(program, content, { mode: 0o755 })
  return { program, cwd: templates }
}
