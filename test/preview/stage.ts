import { spawn } from 'node:child_process'
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Program } from '../support/programs.ts'
import { launchPrometheus, type Prometheus } from '../support/prometheus.ts'
import { tempFolder, until } from '../support/temp.ts'
import { type Story, simulate } from './week.ts'

/** The simulated week always ends at seven minutes past three of the same night, so that pictures can be compared. */
export const WEEK_END = Date.UTC(2026, 10, 20, 3, 7)
/** Seconds between two scrapes of the week. */
export const SCRAPE_INTERVAL = 120

export interface Stage {
  readonly prometheus: Prometheus
  readonly story: Story
  close(): Promise<void>
}

/** A real Prometheus with the simulated week in it, exemplars of its last day included. It takes about half a minute. */
export async function openStage(programs: { prometheus: Program; promtool: Program }): Promise<Stage> {
  const folder = tempFolder()
  const file = join(folder, 'week.om')
  const data = join(folder, 'data')
  const output = openSync(file, 'w')
  const story = await simulate({
    end: WEEK_END,
    step: SCRAPE_INTERVAL * 1_000,
    write: (lines) => writeSync(output, lines),
  })
  writeSync(output, '# EOF\n')
  closeSync(output)
  await backfill(programs.promtool, file, data)
  rmSync(file)
  const feed = await serve(story.expositions)
  const prometheus = await launchPrometheus(programs.prometheus, {
    data,
    interval: '50ms',
    scrape: [
      {
        job_name: 'webhook-errors',
        honor_labels: true,
        static_configs: [
          {
            targets: [`127.0.0.1:${feed.port}`],
            labels: { namespace: 'shop', pod: 'webhook-errors-0', instance: 'exemplars' },
          },
        ],
      },
    ],
  })
  const close = async () => {
    await prometheus.stop()
    await feed.close()
  }
  try {
    await until('the exemplars to be scraped', () => feed.served() > story.expositions.length)
  } catch (error) {
    await close()
    throw error
  }
  return { prometheus, story, close }
}

/** One pass over the text for each block, so blocks are as long as can be. */
export function backfill({ path, env }: Program, file: string, data: string): Promise<void> {
  const args = ['tsdb', 'create-blocks-from', '--quiet', '--max-block-duration=744h', 'openmetrics', file, data]
  const child = spawn(path, args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => {
    errors = `${errors}${chunk}`.slice(-2_000)
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`promtool: ${errors}`))))
  })
}

/** Each scrape gets the next exposition; exemplars keep the time that they carry. */
async function serve(expositions: readonly string[]) {
  let next = 0
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/openmetrics-text; version=1.0.0; charset=utf-8')
    response.end(expositions[Math.min(next++, expositions.length - 1)] ?? '# EOF\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    served: () => next,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
