import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { DEFAULT_SOURCES } from '../../src/sources/index.ts'
import { type Processes, untilReady } from './processes.ts'
import { CA_FILE } from './receiver.ts'

const ENDPOINT = 'orders'

export interface DemoService {
  readonly ingest: string
  readonly admin: string
  /** Its configuration file. */
  readonly file: string
  /** Resolves once a probe has found the endpoint up: the time in which deliveries are lost begins there. */
  readonly firstProbe: () => Promise<void>
}

export interface DemoServiceOptions {
  /** Temporary folder. */
  readonly folder: string
  /** URL of the endpoint. */
  readonly url: string
  readonly processes: Processes
  readonly signal: AbortSignal
}

/** Starts the service as its own process, on free loopback ports. @throws Error with what it wrote */
export async function startDemoService(options: DemoServiceOptions): Promise<DemoService> {
  const { folder, url, processes, signal } = options
  const file = join(folder, 'config.yaml')
  const probe = { interval: '10s', caFile: CA_FILE }
  writeFileSync(
    file,
    stringify({
      ingest: { host: '127.0.0.1', port: 0 },
      admin: { host: '127.0.0.1', port: 0 },
      sources: { [DEFAULT_SOURCES[0]!]: { auth: 'none' } },
      journal: { url: `sqlite:${join(folder, 'journal.db')}` },
      endpoints: [{ name: ENDPOINT, event: 'order.created', team: 'shop', urls: [url], probe }],
      outbound: { allow: ['127.0.0.1'] },
      incidents: { quietTime: '5s', goodProbes: 1 },
    }),
  )
  const main = join(import.meta.dirname, '../../src/main.ts')
  const program = processes.start(process.execPath, [main], { ...ownEnv(), CONFIG_FILE: file, LOG_LEVEL: 'info' })
  const origin = (listener: string) =>
    untilReady(
      'the service',
      () => {
        const lines = program.output().split('\n')
        const line = lines.find((each) => each.includes('"listening"') && each.includes(`"listener":"${listener}"`))
        return line && `http://127.0.0.1:${JSON.parse(line).port}`
      },
      { program, signal },
    )
  const [ingest, admin] = [await origin('ingest'), await origin('admin')]
  const isProbed = async () => (UP.test(await (await fetch(`${admin}/metrics`)).text()) ? true : undefined)
  return {
    ingest,
    admin,
    file,
    firstProbe: async () => void (await untilReady('probing', isProbed, { program, signal })),
  }
}

const UP = new RegExp(`^webhook_endpoint_up\\{endpoint="${ENDPOINT}".*\\} 1$`, 'm')

/** This process's environment without what would win over the demo's configuration, such as a port. */
export const ownEnv = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env as Record<string, string>).filter(
      ([name]) => !/^(INGEST|ADMIN|JOURNAL|OTEL|SUPERVISOR)_/.test(name),
    ),
  )
