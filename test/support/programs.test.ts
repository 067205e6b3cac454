import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, cpSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import { programsIn, requireProgram } from './programs.ts'
import { removeTempFolders, tempFolder } from './temp.ts'

const ROOT = join(import.meta.dirname, '../..')
/** Makes a process believe it runs on an Intel Mac. */
const ON_MACOS = ['--import', `data:text/javascript,Object.defineProperty(process, 'platform', { value: 'darwin' })`]
const SPECS = ['test/helm/policy.test.ts', 'test/journal/postgres-plans.test.ts']

describe('requireProgram', () => {
  it('gives a program that runs', async function () {
    const promtool = await requireProgram(this, 'promtool')
    expect(execFileSync(promtool.path, ['--version'], { env: promtool.env, encoding: 'utf8' })).to.match(
      /^promtool, version \d/,
    )
  })

  describe('without the program, its package and apt-get', () => {
    let folder: string
    before(() => {
      // A copy has an empty cache of its own.
      folder = tempFolder()
      for (const file of ['test/support/programs.ts', 'helm/tools/on-path.ts'])
        cpSync(join(ROOT, file), join(folder, file), { recursive: true })
    })
    after(removeTempFolders)

    const requirePromtool = (env: NodeJS.ProcessEnv) => {
      const code = `
        import { requireProgram } from ${JSON.stringify(pathToFileURL(join(folder, 'test/support/programs.ts')))}
        await requireProgram({ timeout: () => 0, skip: () => console.log('skipped') }, 'promtool')`
      return spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
        env: { PATH: '', ...env },
        encoding: 'utf8',
      })
    }

    it('skips the test with a reason', () => {
      const { status, stdout, stderr } = requirePromtool({})
      expect(stderr).to.include('promtool is unavailable: not on PATH').and.to.include('SKIPPED')
      expect({ status, stdout }).to.deep.equal({ status: 0, stdout: 'skipped\n' })
    })

    it('fails if CI=true', () => {
      const { status, stdout, stderr } = requirePromtool({ CI: 'true' })
      expect(stderr).to.include('Error: promtool is unavailable: not on PATH')
      expect({ status, stdout }).to.deep.equal({ status: 1, stdout: '' })
    })
  })
})

describe('programsIn', () => {
  it('reads what tests ask for, once each', () => {
    expect(
      programsIn(["await requireProgram(this, 'promtool')", "program('strace'); program('promtool')", "program('ls')"]),
    ).to.eql(['promtool', 'strace'])
  })
})

/** A program that prints one line. */
function fake(folder: string, name: string, output: string): string {
  const path = join(folder, name)
  writeFileSync(path, `#!/bin/sh\necho '${output}'\n`)
  chmodSync(path, 0o755)
  return path
}

describe('helmTools', () => {
  after(removeTempFolders)

  const helmOf = (major: string, ...folders: string[]) =>
    spawnSync(process.execPath, [...ON_MACOS, join(ROOT, 'helm/tools/programs.ts'), major], {
      env: { PATH: [...folders, '/usr/bin', '/bin'].join(delimiter) },
      encoding: 'utf8',
    })

  it('takes the first helm on PATH that has the major version', () => {
    const [old, current] = [tempFolder(), tempFolder()]
    fake(old, 'kubectl', 'Client Version: v1.31.4')
    const [three, four] = [fake(old, 'helm', 'v3.17.2+gcc0bbbd'), fake(current, 'helm', 'v4.1.4+g05fa376')]
    expect(helmOf('4', old, current).stdout.trim()).to.equal(four)
    expect(helmOf('3', old, current).stdout.trim()).to.equal(three)
  })

  it('says what is missing on a platform without a package', () => {
    const folder = tempFolder()
    expect(helmOf('4', folder).stderr).to.include('helm 4 is not on PATH, and there is a package for linux-x64 only')
    fake(folder, 'helm', 'v4.1.4+g05fa376')
    fake(folder, 'kubectl', 'Client Version: v1.28.9')
    expect(helmOf('4', folder).stderr).to.include('kubectl is not on PATH')
  })
})

describe('tests on macOS without their tools', function () {
  this.timeout(60_000)
  const run = (env: NodeJS.ProcessEnv) =>
    spawnSync(
      process.execPath,
      [...ON_MACOS, join(ROOT, 'node_modules/mocha/bin/mocha.js'), ...SPECS, '--reporter', 'json'],
      { cwd: ROOT, env: { PATH: dirname(process.execPath), ...env }, encoding: 'utf8' },
    )

  it('are skipped with a reason', () => {
    const { status, stdout, stderr } = run({})
    expect(status, stdout + stderr).to.equal(0)
    const { stats } = JSON.parse(stdout)
    expect(stats).to.include({ passes: 0, failures: 0 })
    expect(stats.pending).to.be.above(0)
    expect(stderr)
      .to.include('helm 4 is unavailable: helm 4 is not on PATH')
      .and.to.include('PostgreSQL is unavailable: PostgreSQL 18 is not on PATH')
      .and.to.include('SKIPPED')
  })

  it('fail if CI=true', () => {
    const { status, stdout } = run({ CI: 'true' })
    expect(status).not.to.equal(0)
    expect(stdout).to.include('helm 4 is unavailable').and.to.include('PostgreSQL is unavailable')
  })
})
