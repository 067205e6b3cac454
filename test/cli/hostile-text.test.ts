import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { authority } from '../support/certificates.ts'
import { runCommand } from '../support/cli.ts'
import { expectSafe, HOSTILE_TEXT, MARK } from '../support/hostile-text.ts'
import { raw, rawTls } from '../support/sockets.ts'
import { removeTempFolders, tempFolder } from '../support/temp.ts'

/** Arguments and variables cannot hold NUL. */
const ARGUMENT = HOSTILE_TEXT.replaceAll('\0', '')

describe('a command line', () => {
  afterEach(removeTempFolders)

  const config = (text: string): { CONFIG_FILE: string } => {
    const file = join(tempFolder(), 'config.yaml')
    writeFileSync(file, text)
    return { CONFIG_FILE: file }
  }
  const run = async (args: readonly string[], env: Record<string, string> = {}): Promise<string> => {
    const { out, err } = await runCommand(args, env)
    const what = args.map((arg) => JSON.stringify(arg.slice(0, 30))).join(' ')
    expectSafe(out, `${what}: stdout`)
    expectSafe(err, `${what}: stderr`)
    return out + err
  }

  const wrong: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['a command', [ARGUMENT], /no command/],
    ['an option', ['explain', `--${ARGUMENT}`], /option/i],
    ['help', ['help', `x${ARGUMENT}`], /no command/],
    ['a URL', ['probe', ARGUMENT], /neither an http\(s\) URL/],
    ['a duration', ['probe', 'http://127.0.0.1/', '--timeout', ARGUMENT], /--timeout/],
    ['a journal', ['journal', 'copy', ARGUMENT, ARGUMENT], /FROM/],
    ['a path', ['journal', 'copy', `sqlite:/nowhere/${ARGUMENT}`, 'postgres://u@127.0.0.1:1/db'], /nowhere/],
    ['a file of configuration', ['check-config', '--config', `/nowhere/${ARGUMENT}`], /cannot read/],
    [
      'a file with a token',
      ['verify', '--ingest', 'http://127.0.0.1:1/', '--secret-file', ARGUMENT],
      /no readable secret/,
    ],
    ['code', ['explain', '--code', ARGUMENT, '--message', 'x'], /code/],
  ]
  for (const [what, args, expected] of wrong) {
    it(`quotes ${what} in one line`, async () => {
      const shown = await run(args)
      expect(shown).to.match(expected)
      expect(shown.split('\n').length).to.be.at.most(4)
    })
  }

  it('quotes a report in one line', async () => {
    for (const json of [[], ['--json']]) {
      const shown = await run([
        'explain',
        '--code',
        '0',
        '--endpoint',
        `https://a.example/${ARGUMENT}`,
        '--message',
        `connection refused ${ARGUMENT}`,
        ...json,
      ])
      expect(shown).to.include('connection_refused')
    }
  })

  it('quotes the configuration in one line a fault', async () => {
    const quoted = JSON.stringify(HOSTILE_TEXT)
    const files = [
      `${quoted}: 1`,
      `ingest: {${quoted}: ${quoted}, host: ${quoted}, bodyLimit: ${quoted}}`,
      `endpoints: [{name: ${quoted}, urls: [${quoted}, ${quoted}], severity: ${quoted}}]`,
      `journal: {url: ${JSON.stringify(`sqlite:/nowhere/x/${ARGUMENT}`)}}`,
      `sources: {retm: {tokensDir: ${JSON.stringify(`/nowhere/${ARGUMENT}`)}, tokens: [{file: ${JSON.stringify(`/x/${ARGUMENT}`)}}]}}`,
      `a: &x${MARK}\u0085 *y\u202e${MARK}`,
      `a: "${MARK}\u009b`,
    ]
    for (const text of files) await run(['check-config'], config(text))
    await run(['check-config', '--deep'], config(files[3]!))
    await run(['serve'], config(files[0]!))
  })

  it('quotes variables in one line', async () => {
    for (const name of ['LOG_LEVEL', 'INGEST_HOST', 'INGEST_PORT', 'OTEL_TRACES_EXPORTER']) {
      const shown = await run(['check-config'], { [name]: ARGUMENT })
      if (name !== 'INGEST_HOST') expect(shown).to.include(name)
    }
  })

  it('quotes a server that is probed in one line', async () => {
    const ca = await authority(HOSTILE_TEXT)
    const answering = (text: string) => raw((socket) => socket.end(text))
    const servers = await Promise.all([
      rawTls(await ca.issue({ subject: HOSTILE_TEXT }), () => {}),
      rawTls(await ca.issue({ names: ['shop.example'], subject: HOSTILE_TEXT }), () => {}),
      answering(`HTTP/1.1 500 ${ARGUMENT.replace(/[\r\n]/g, '')}\r\n\r\n`),
      answering(`HTTP/1.1 302 x\r\nLocation: https://a.example/\u0085\u009b\u202e${MARK}\r\n\r\n`),
      answering(HOSTILE_TEXT),
    ])
    try {
      for (const [at, { port }] of servers.entries()) {
        for (const json of [[], ['--json']]) {
          const shown = await run(
            ['probe', `${at < 2 ? 'https' : 'http'}://127.0.0.1:${port}/`, ...json],
            config('outbound: {allow: [127.0.0.1]}'),
          )
          expect(shown).to.match(/down|"up":false/)
          if (at < 2) expect(shown).to.include(MARK)
        }
        await run(['verify', '--only-receive', '--ingest', `http://127.0.0.1:${port}/`, '--secret-env', 'SECRET'], {
          SECRET: 'secret-of-the-test-0123456789-0123',
        })
      }
    } finally {
      for (const server of servers) await server.close()
    }
  })
})
