import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'chai'
import { idleMemory } from '../src/idle-memory.ts'
import { sendReports } from './bench/report-load.ts'
import { REPORT, scrape } from './support/http.ts'
import { startService, stopServices } from './support/service.ts'
import { until } from './support/temp.ts'

const MIB = 2 ** 20
const SCRIPT = join(import.meta.dirname, 'support/tick-slowdown.ts')
const WRITER = new URL('../src/journal/sqlite/worker.ts', import.meta.url).href

describe('memory of an idle process', () => {
  it('is released after the start, and again after a load, but not while busy', () => {
    let heap = 30 * MIB
    let busy = 0.01
    let released = 0
    const look = idleMemory({
      release() {
        released++
        heap = 24 * MIB
      },
      heapSize: () => heap,
      utilization: () => busy,
    })
    look()
    expect(released).to.equal(1)
    // A few requests leave nothing that is worth a pause.
    heap = 36 * MIB
    look()
    expect(released).to.equal(1)
    heap = 90 * MIB
    busy = 0.4
    look()
    expect(released).to.equal(1)
    busy = 0
    look()
    expect(released).to.equal(2)
    look()
    expect(released).to.equal(2)
  })

  it('is looked after by one watcher, also where the main thread loads the module of another thread to compile it', () => {
    const script = `let timers = 0
      const { setInterval } = globalThis
      globalThis.setInterval = (...timer) => (timers++, setInterval(...timer))
      await import(${JSON.stringify(WRITER)})
      console.log(timers)`
    const args = ['--input-type=module', '--eval', script]
    expect(execFileSync(process.execPath, args, { encoding: 'utf8' })).to.equal('0\n')
  })

  it('leaves process.nextTick as fast as it was', function () {
    this.timeout(20_000)
    const slowdown = (...args: string[]) =>
      Number(execFileSync(process.execPath, ['--expose-gc', SCRIPT, ...args], { encoding: 'utf8' }))
    // The other side shows that Node still needs it: 5 to 8 times.
    expect(slowdown('kept')).to.be.lessThan(slowdown('lost') / 2)
  })
})

describe('memory of a busy process', () => {
  afterEach(stopServices)

  it('keeps what requests need out of the old generation', async () => {
    // The smaller the young generation, the fewer requests fill it.
    const nodeArgs = ['--max-semi-space-size=1', '--trace-gc', '--trace-pretenuring-statistics']
    const service = await startService({ nodeArgs, env: { NODE_COMPILE_CACHE: undefined }, wait: false })
    const output = () => service.stdout.join('\n')
    // V8 writes through a buffer of its own, so a line of the log may begin in the middle of one of V8's.
    const address = (listener: string) =>
      until(`the ${listener} listener`, () => {
        const port = new RegExp(`"listener":"${listener}"[^}]*"port":(\\d+)`).exec(output())?.[1]
        return port && `http://127.0.0.1:${port}`
      })
    const load = { bodies: [JSON.stringify(REPORT)], connections: 32, reports: 2_500 }
    const { answers } = await sendReports(await address('ingest'), load)
    expect(new Set(answers.map(({ status }) => status))).to.deep.equal(new Set([202]))
    // V8 sometimes decides nothing while it only sees reports, but always once other code runs as well.
    for (let scrapes = 0; scrapes < 100; scrapes++) await scrape(await address('admin'))
    await service.stop()
    // Each collection of the young generation decides from where in the code new objects go to the old one.
    const collections = output().split(/ms: Scavenge /)
    const decisions = (some: string[]) => some.join('').match(/=> (maybe )?tenure$/gm)?.length ?? 0
    const half = collections.length / 2
    // Less than half of them belong to the start. There V8 still decides, which shows that the test would see it.
    expect(decisions(collections.slice(0, half))).to.be.above(0)
    expect(decisions(collections.slice(half))).to.equal(0)
  })
})
