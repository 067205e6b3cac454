import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'chai'
import { idleMemory } from '../src/idle-memory.ts'

const MIB = 2 ** 20
const SCRIPT = join(import.meta.dirname, 'support/tick-slowdown.ts')

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

  it('leaves process.nextTick as fast as it was', function () {
    this.timeout(20_000)
    const slowdown = (...args: string[]) =>
      Number(execFileSync(process.execPath, ['--expose-gc', SCRIPT, ...args], { encoding: 'utf8' }))
    // The other side shows that Node still needs it: 5 to 8 times.
    expect(slowdown('kept')).to.be.lessThan(slowdown('lost') / 2)
  })
})
