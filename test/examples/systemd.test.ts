import { execFile } from 'node:child_process'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { parse, stringify } from 'yaml'
import { runCommand } from '../support/cli.ts'
import { requireProgram } from '../support/programs.ts'
import { tempFolder } from '../support/temp.ts'

const ROOT = join(import.meta.dirname, '../..')
const FOLDER = join(ROOT, 'examples/systemd')
const read = (path: string): string => readFileSync(path, 'utf8')
const SOCKETS = ['ingest', 'admin'].map((name) => `webhook-error-exporter-${name}.socket`)
const UNIT = read(join(FOLDER, 'webhook-error-exporter.service'))
/** All values of a setting, in order. */
const settings = (name: string): string[] => [...UNIT.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map((m) => m[1]!)
const setting = (name: string): string | undefined => settings(name).at(-1)
const PROGRAM = '/opt/webhook-error-exporter'

/** The unit with the program of this clone, since systemd-analyze wants it to be executable. */
function unitHere(change: (text: string) => string = (text) => text): string {
  const folder = tempFolder()
  const file = join(folder, 'webhook-error-exporter.service')
  // The checkout's own path may have spaces, which a unit would have to escape.
  const program = join(folder, 'program')
  symlinkSync(ROOT, program)
  writeFileSync(file, change(UNIT).replaceAll(PROGRAM, program))
  for (const name of SOCKETS) writeFileSync(join(folder, name), read(join(FOLDER, name)))
  return file
}

async function analyze(context: Mocha.Context, args: readonly string[]): Promise<{ code: number; text: string }> {
  const { path, env } = await requireProgram(context, 'systemd-analyze')
  // The targets that the unit depends on by default are part of the same package.
  const units = join(dirname(path), '../lib/systemd/system')
  return new Promise((resolve) => {
    execFile(path, args, { env: { ...env, SYSTEMD_COLORS: '0', SYSTEMD_UNIT_PATH: units } }, (error, out, err) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, text: out + err }),
    )
  })
}

describe('examples/systemd', function () {
  this.timeout(60_000)

  it('is a valid unit', async function () {
    const verify = async (file: string) => {
      const units = [file, ...SOCKETS.map((name) => join(dirname(file), name))]
      const { text } = await analyze(this, ['verify', '--man=no', '--generators=no', ...units])
      return text.split('\n').filter((line) => line.includes('webhook-error-exporter'))
    }
    expect(await verify(unitHere())).to.deep.equal([])
    const broken = await verify(unitHere((text) => text.replace('ProtectHome=yes', 'ProtectHome=perhaps')))
    expect(broken.join()).to.include('ProtectHome')
  })

  it('has sockets that are named after the listeners, and listen where those would', () => {
    expect(setting('Sockets')!.split(' ')).to.deep.equal(SOCKETS)
    for (const [name, port] of [
      ['ingest', 8080],
      ['admin', 9464],
    ] as const) {
      const text = read(join(FOLDER, `webhook-error-exporter-${name}.socket`))
      expect(text).to.match(new RegExp(`^ListenStream=127.0.0.1:${port}$`, 'm'))
      expect(text).to.match(new RegExp(`^FileDescriptorName=${name}$`, 'm'))
      expect(text).to.match(/^Service=webhook-error-exporter\.service$/m)
    }
  })

  it('is rated 1.5 of 10 or better by systemd-analyze security', async function () {
    const rate = (file: string) => analyze(this, ['security', '--offline=true', '--no-pager', '--threshold=15', file])
    const hardened = await rate(unitHere())
    expect(hardened.code, hardened.text).to.equal(0)
    const open = await rate(unitHere((text) => text.replace(/^(Protect|Private|Restrict|SystemCall).*$/gm, '')))
    expect(open.code, open.text).not.to.equal(0)
  })

  it('waits longer for the stop than the service needs', () => {
    const deadlines = [...read(join(ROOT, 'src/cli/serve.ts')).matchAll(/STOP_DEADLINE = ([\d_]+)$/gm)]
    const longest = Math.max(...deadlines.map(([, number]) => Number(number!.replaceAll('_', ''))))
    expect(deadlines).to.have.length(2)
    expect(Number(/^(\d+)s$/.exec(setting('TimeoutStopSec')!)![1]) * 1_000).to.be.greaterThan(longest)
  })

  it('leaves Node.js its compiler, and a configuration error its state', () => {
    expect(setting('MemoryDenyWriteExecute')).to.equal('no')
    expect([setting('Restart'), setting('RestartPreventExitStatus')]).to.deep.equal(['always', '2'])
    expect(setting('ExecStart')).to.match(
      /^\/opt\/webhook-error-exporter\/node_modules\/\.bin\/node .*\/src\/main\.ts$/,
    )
  })

  it('has a configuration and an environment that the service accepts', async () => {
    const folder = tempFolder()
    const config = parse(read(join(FOLDER, 'config.yaml')))
    const [credential] = settings('LoadCredential').map((text) => text.split(':'))
    expect(config.admin.apiToken.file).to.equal(`/run/credentials/webhook-error-exporter.service/${credential![0]}`)
    const file = join(folder, 'config.yaml')
    const token = join(folder, 'token')
    writeFileSync(token, 'a-token-of-the-test-0123456789-0123456789')
    writeFileSync(file, stringify({ ...config, admin: { apiToken: { file: token } } }))
    const lines = read(join(FOLDER, 'environment'))
      .split('\n')
      .filter((line) => /^[A-Z]/.test(line))
    const env = Object.fromEntries(lines.map((line) => line.split(/=(.*)/).slice(0, 2)))
    expect(env['JOURNAL_URL']).to.match(new RegExp(`^sqlite:/var/lib/${setting('StateDirectory')}/`))
    expect(env['NODE_COMPILE_CACHE']).to.equal(`/var/cache/${setting('CacheDirectory')}`)
    const { code, out, err } = await runCommand(['check-config'], {
      CONFIG_FILE: file,
      JOURNAL_URL: env['JOURNAL_URL'],
    })
    expect(code, out + err).to.equal(0)
  })
})
