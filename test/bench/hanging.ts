import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { report } from '../support/http.ts'
import { program } from '../support/programs.ts'
import { type Service, startService, stopServices } from '../support/service.ts'

/** What 50 endpoints that accept a probe and never answer it cost the answers to the platform: with and without, in turn. */
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '4' } },
})
const ENDPOINTS = 50
const wrk = await program('wrk')
if (!wrk) throw new Error('the benchmark needs wrk (Debian package wrk)')

const sockets = new Set<Socket>()
const hole = createServer((socket) => {
  sockets.add(socket)
  socket.resume()
  socket.on('error', () => {}).on('close', () => sockets.delete(socket))
})
await new Promise<void>((resolve) => hole.listen(0, '127.0.0.1', resolve))
const { port } = hole.address() as { port: number }

async function run(hanging: boolean): Promise<{ rate: number; cpu: number; most: number }> {
  const url = (index: number) => `http://127.0.0.1:${port}/hook/${index}`
  const service = await startService({
    config: {
      outbound: { allow: ['127.0.0.1'] },
      endpoints: Array.from({ length: ENDPOINTS }, (_, index) => ({
        name: `e${index}`,
        urls: [url(index)],
        probe: { onReport: hanging, timeout: '2s', ...(hanging && { interval: '10s' }) },
      })),
    },
  })
  for (let index = 0; index < ENDPOINTS; index++) await report(service.ingest, { code: 504, endpoint: url(index) })
  let most = 0
  const watch = setInterval(() => {
    most = Math.max(most, sockets.size)
  }, 50)
  const before = processorTime(service)
  const { accepted, seconds } = await load(service)
  clearInterval(watch)
  const cpu = ((processorTime(service) - before) * 1e6) / accepted
  await stopServices()
  return { rate: accepted / seconds, cpu, most }
}

function processorTime({ pid }: Service): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

async function load({ ingest }: Service): Promise<{ accepted: number; seconds: number }> {
  const args = ['-t1', '-c64', `-d${values.seconds}s`, '-s', join(import.meta.dirname, 'report.lua')]
  const child = spawn(wrk!.path, [...args, `${ingest}/webhooks/error`], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...wrk!.env },
  })
  let text = ''
  for await (const chunk of child.stdout) text += chunk
  return JSON.parse(/RESULT (.*)/.exec(text)![1]!)
}

const median = (numbers: number[]): number => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!
const ratios: { rate: number; cpu: number }[] = []
for (let round = 1; round <= Number(values.rounds); round++) {
  const without = await run(false)
  const withThem = await run(true)
  ratios.push({ rate: withThem.rate / without.rate, cpu: withThem.cpu / without.cpu })
  const shown = ({ rate, cpu, most }: typeof without) =>
    `${rate.toFixed(0)}/s, ${cpu.toFixed(1)} µs each, ${most} probes open`
  console.log(`round ${round}: without ${shown(without)}; with ${shown(withThem)}`)
}
console.log(
  `ratio with to without, median: accepted ${median(ratios.map(({ rate }) => rate)).toFixed(2)}, processor time each ${median(ratios.map(({ cpu }) => cpu)).toFixed(2)}`,
)
for (const socket of sockets) socket.destroy()
hole.close()
