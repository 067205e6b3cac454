import { appendFileSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'

/** What one spec file took: seconds on the clock, and of CPU in this process and the children it waited for. */
export interface FileTime {
  readonly file: string
  readonly wall: number
  readonly cpu: number
}

const out = process.env['MOCHA_TIMES_FILE']
let started = { wall: 0, cpu: 0 }

/** Mocha's workers run these once per spec file. One line of JSON per file goes to MOCHA_TIMES_FILE. */
export const mochaHooks = out
  ? {
      beforeAll() {
        started = { wall: performance.now() / 1_000, cpu: cpuSeconds() }
      },
      afterAll(this: Mocha.Context) {
        const path = this.test?.parent?.suites[0]?.file
        if (!path) return
        const time: FileTime = {
          file: relative(process.cwd(), path),
          wall: performance.now() / 1_000 - started.wall,
          cpu: cpuSeconds() - started.cpu,
        }
        appendFileSync(out, `${JSON.stringify(time)}\n`)
      },
    }
  : {}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000_000 + childrenSeconds()
}

/** Only Linux tells a process what its ended children used. */
function childrenSeconds(): number {
  try {
    const fields = readFileSync('/proc/self/stat', 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return (Number(fields[13]) + Number(fields[14])) / 100
  } catch {
    return 0
  }
}
