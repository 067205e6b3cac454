import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { PROGRAM } from '../../src/cli/commands.ts'
import { runCommand, runTool } from '../support/cli.ts'
import { removeTempFolders, tempFolder } from '../support/temp.ts'

/** Every command, with what calls it and runs it. */
const ALL = [
  ...Object.keys(PROGRAM.commands).map((name) => ({ name, call: `${PROGRAM.name} ${name}`, run: runCommand })),
  ...['demo', 'deliver', 'receiver'].map((name) => ({ name, call: `npm run demo -- ${name}`, run: runTool })),
]

describe('COMMAND --help', function () {
  this.timeout(60_000)
  for (const { name, call, run } of ALL) {
    it(`shows every option of ${name} and an example`, async () => {
      const { code, out, err } = await run([...name.split(' '), '--help'])
      expect({ code, err }).to.deep.equal({ code: 0, err: '' })
      expect(out.startsWith(`Usage: ${call}`), out).to.equal(true)
      expect(out)
        .to.include(`Examples:\n  ${call}`)
        .and.match(/\nExit codes: 0 .*1 .*2 /)
      if (name === 'supervise') return
      const refused = await run([...name.split(' '), '--no-such-option'])
      expect(refused).to.include({ code: 2, out: '' })
      const [, known] = /^.*known options: (.*)$/m.exec(refused.err)!
      for (const option of known!.split(', ')) {
        const isShown = out.includes(option) || out.includes(option.replace(/-(file|env)$/, '-…'))
        const isRefused =
          option === '--config' && / reads no /.test((await run([...name.split(' '), '--config=x'])).err)
        expect(isShown || isRefused, option).to.equal(true)
      }
    })
  }

  it('can be asked for in other ways, and is of the program without a command', async () => {
    const check = (await runCommand(['check-config', '--help'])).out
    for (const args of [
      ['check-config', '-h'],
      ['--check-config', '--help'],
      ['help', 'check-config'],
      ['--help', 'check-config'],
    ])
      expect((await runCommand(args)).out, args.join(' ')).to.equal(check)
    expect((await runCommand(['journal', '--help'])).out)
      .to.include('journal copy FROM')
      .and.include('journal reset-series')
    expect((await runCommand(['help'])).out).to.include('Commands:')
    expect(await runCommand(['nonsense', '--help'])).to.include({ code: 2, out: '' })
  })

  it('lists every command of the program, as docs/configuration.md does', async () => {
    const { out } = await runCommand(['--help'])
    const [, list = ''] = /^Commands:\n(.*?)\n\n/ms.exec(out)!
    const names = [...list.matchAll(/^((?:journal |simulate )?[a-z-]+)/gm)].map(([, name]) => name)
    expect(names).to.have.members(Object.keys(PROGRAM.commands))
    const page = readFileSync(join(import.meta.dirname, '../../docs/configuration.md'), 'utf8')
    const documented = [...page.matchAll(/^\| `((?:journal |simulate )?[a-z-]+)/gm)].map(([, name]) => name)
    expect(documented).to.include.members(Object.keys(PROGRAM.commands))
  })
})

describe('--config FILE', function () {
  this.timeout(60_000)
  afterEach(removeTempFolders)

  const file = (text: string) => {
    const path = join(tempFolder(), 'my config.yaml')
    writeFileSync(path, text)
    return path
  }

  it('names the configuration in both forms, before or after the command, and wins over CONFIG_FILE', async () => {
    const path = file('nope: 1\n')
    for (const args of [
      ['check-config', '--config', path],
      ['check-config', `--config=${path}`],
      ['--config', path, 'check-config'],
      ['serve', '--config', path],
      ['--config', path],
      ['explain', '--code', '7', '--config', path],
      ['probe', 'https://a.example/', '--config', path],
      ['verify', '--only-receive', '--config', path],
      ['healthcheck', '--config', path],
      ['journal', 'reset-series', '--config', path],
      ['journal', 'copy', 'sqlite:/a', 'postgres://u@127.0.0.1/b', '--config', path],
    ]) {
      const { code, err } = await runCommand(args, { CONFIG_FILE: '/dev/null' })
      expect(code, args.join(' ')).to.equal(2)
      expect(err, args.join(' ')).to.include('nope: unknown key')
    }
  })

  for (const [what, args, expected] of [
    ['no file', ['check-config', '--config'], /--config needs a file, for example/],
    ['an empty name', ['check-config', '--config='], /--config needs a file, for example/],
    ['two files', ['check-config', '--config', 'a', '--config=b'], /given twice/],
    ['a file that is missing', ['check-config', '--config', '/no/such.yaml'], /--config: cannot read \/no\/such\.yaml/],
    ['a command that reads none', ['print-config-schema', '--config', '/dev/null'], /reads no configuration/],
  ] as const) {
    it(`refuses ${what} with 2`, async () => {
      const { code, out, err } = await runCommand(args)
      expect({ code, out }).to.deep.equal({ code: 2, out: '' })
      expect(err).to.match(expected)
    })
  }

  it('names the known options where one is unknown', async () => {
    const { err } = await runCommand(['check-config', '--dep'])
    expect(err).to.match(/Unknown option '--dep'; known options: --deep, --config, --help\nTry: .*check-config --help/)
  })

  it('is done when it ends: journal copy does not announce another attempt', async () => {
    const from = join(tempFolder(), 'journal.db')
    writeFileSync(from, '')
    const { code, err } = await runCommand(['journal', 'copy', 'postgres://u@127.0.0.1:1/db', `sqlite:${from}`])
    expect(code).to.equal(1)
    expect(err)
      .to.match(/127\.0\.0\.1:1\/db does not answer .*run this command again/)
      .and.not.match(/tried again/)
  })
})
