import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'chai'
import { createLog, LOG_LEVELS, logLevelFault } from '../../src/observe/log.ts'
import { expectSafe, HOSTILE_TEXT } from '../support/hostile-text.ts'

const MODULE = join(import.meta.dirname, '../../src/observe/log.ts')

/** What a process writes to stdout that runs `statements` with a log. */
function logged(statements: string, { level = '', terminal = false } = {}): { lines: string[]; status: number | null } {
  const script = `
    const { createLog } = await import(${JSON.stringify(MODULE)})
    const log = await createLog({ level: ${JSON.stringify(level)}, terminal: ${terminal} })
    ${statements}`
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  })
  expect(stderr).to.equal('')
  return { lines: stdout.split('\n').slice(0, -1), status }
}

describe('createLog', () => {
  it('writes one JSON object a line', () => {
    const { lines } = logged("log.warn({ trace_id: 'ab', n: 1 }, 'hello')")
    expect(lines).to.have.length(1)
    const { time, ...rest } = JSON.parse(lines[0]!)
    expect(rest).to.eql({ level: 'warn', trace_id: 'ab', n: 1, msg: 'hello' })
    expect(new Date(time).toISOString()).to.equal(time)
  })

  it('writes what is at or above the level; info by default', () => {
    const all = "for (const level of ['debug', 'info', 'error']) log[level]({}, level)"
    const levels = (level: string) => logged(all, { level }).lines.map((line) => JSON.parse(line).level)
    expect(levels('')).to.eql(['info', 'error'])
    expect(levels('debug')).to.eql(['debug', 'info', 'error'])
    expect(levels('ERROR')).to.eql(['error'])
    expect(levels('silent')).to.eql([])
  })

  it('writes all lines before the process exits', () => {
    const { lines, status } = logged("for (let n = 0; n < 5000; n++) log.info({ n }, 'line'); process.exit(3)")
    expect(status).to.equal(3)
    expect(lines.map((line) => JSON.parse(line).n)).to.eql([...Array(5_000).keys()])
  })

  it('keeps every value, with no control character as it is', () => {
    const value = JSON.stringify(HOSTILE_TEXT)
    const { lines } = logged(`log.info({ field: ${value}, [${value}]: 1 }, ${value})`)
    expect(lines).to.have.length(1)
    expectSafe(lines[0]!, 'JSON')
    expect(JSON.parse(lines[0]!)).to.include({ field: HOSTILE_TEXT, msg: HOSTILE_TEXT, [HOSTILE_TEXT]: 1 })
  })

  it('writes an error without what hangs on it', () => {
    const { lines } = logged(`
      const error = Object.assign(new Error('outer', { cause: new TypeError('inner') }), { code: 'EX', headers: { authorization: 'Bearer s3cret' } })
      log.error({ err: error }, 'bad')`)
    const { err } = JSON.parse(lines[0]!)
    expect(err).to.include({ type: 'Error', message: 'outer', code: 'EX' })
    expect(err.stack).to.contain('outer')
    expect(err.cause).to.include({ type: 'TypeError', message: 'inner' })
    expect(lines[0]).not.to.contain('s3cret')
  })

  it('ends for an error that is its own cause', () => {
    const { lines } = logged("const e = new Error('loop'); e.cause = e; log.error({ err: e }, 'bad')")
    expect(JSON.parse(lines[0]!).err.message).to.equal('loop')
  })

  it('writes text on a terminal, one line each, that no value can break out of', () => {
    const value = JSON.stringify(HOSTILE_TEXT)
    const { lines } = logged(`log.warn({ field: ${value} }, ${value}); log.info({}, 'next')`, { terminal: true })
    expect(lines).to.have.length(2)
    expect(lines[0]).to.match(/WARN.*\\nFORGED.*\\u\{1b\}\[2J/)
    expect(lines[1]).to.match(/INFO.*next/)
    expectSafe(lines.join('\n'), 'terminal')
  })

  it('refuses a level that is none', async () => {
    const error = await createLog({ level: 'loud', terminal: false }).catch((it: Error) => it)
    expect(error).to.be.instanceOf(RangeError).with.property('message', logLevelFault('loud'))
  })
})

describe('logLevelFault', () => {
  it('is undefined for each level, for none and for an empty one', () => {
    for (const level of [...LOG_LEVELS, undefined, '']) expect(logLevelFault(level)).to.equal(undefined)
  })

  it('names the variable, the value and what to write', () => {
    expect(logLevelFault('loud')).to.equal(
      'LOG_LEVEL: "loud" is not allowed; write trace, debug, info, warn, error, fatal or silent',
    )
    expect(logLevelFault('INFO\n')).to.contain('"INFO\\n"')
  })
})
