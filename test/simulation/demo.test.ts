import { spawn } from 'node:child_process'
import { chmodSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { relocated } from '../support/alertmanager.ts'
import { runTool, TOOLS } from '../support/cli.ts'
import { requireProgram } from '../support/programs.ts'
import { removeTempFolders, tempFolder, until } from '../support/temp.ts'

/** A folder with shell scripts, for PATH. */
function scripts(texts: Readonly<Record<string, string>>): string {
  const folder = tempFolder()
  for (const [name, text] of Object.entries(texts)) {
    const file = join(folder, name)
    writeFileSync(file, `#!/bin/sh\n${text}\n`)
    chmodSync(file, 0o755)
  }
  return folder
}

const BROKEN = 'echo "no such thing as a \x1b[31mfree port" >&2\nexit 3'

/** Whether anything listens there. */
const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    () => true,
    () => false,
  )

describe('demo', function () {
  this.timeout(180_000)
  afterEach(removeTempFolders)

  it('plays an outage from the delivery to notification, recovery and loss window', async function () {
    const [prometheus, manager] = [await requireProgram(this, 'prometheus'), await requireProgram(this, 'alertmanager')]
    const { program, cwd } = relocated(manager.path, tempFolder())
    const libraries = (env: Readonly<Record<string, string>>) => `LD_LIBRARY_PATH="${env['LD_LIBRARY_PATH'] ?? ''}"`
    const PATH = scripts({
      prometheus: `${libraries(prometheus.env)} exec "${prometheus.path}" "$@"`,
      alertmanager: `cd "${cwd}" && ${libraries(manager.env)} exec "${program}" "$@"`,
    })
    const folder = tempFolder()
    // Settings of the user's own service must not reach the demo's.
    const env = { PATH, TMPDIR: folder, INGEST_PORT: '1', JOURNAL_URL: 'sqlite:/no/such/folder/journal.db' }
    const { code, out, err } = await runTool(['--exit'], env)
    expect({ code, err }, out).to.deep.equal({ code: 0, err: '' })
    expect(out)
      .to.match(/attempt 3 of 3: certificate has expired after \d+ ms; the platform gives up\n/)
      .and.match(
        /\n {2}verdict: The platform saw an expired certificate .*Certificate of 127\.0\.0\.1 expired \d+ days ago/,
      )
      // The page may come before the probe has seen the certificate.
      .and.match(
        /\n {2}notification [\d.]+ s after the report: deliveries failing, (?:certificate expired|TLS failure)\n/,
      )
      .and.match(/\n {2}incident closed .*: 1 report, deliveries were lost between \d{4}-\S+Z and \d{4}-\S+Z: http:/)
      .and.match(/\n {2}resolved notification [\d.]+ s after the fix: /)
      .and.match(/\nDone\. First notification [\d.]+ s after the report, [\d.]+ s after the start\.\n$/)
      .and.not.match(/missing|NOT AS EXPECTED/)
    expect(readdirSync(folder)).to.deep.equal([])
  })

  it('does without programs that do not start or are not there, says so and how to install them, and leaves nothing behind after Ctrl-C', async () => {
    const folder = tempFolder()
    const PATH = scripts({ prometheus: BROKEN })
    const child = spawn(process.execPath, [TOOLS], { env: { ...process.env, TMPDIR: folder, PATH } })
    let text = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        text += chunk
      })
    const ended = new Promise((resolve) => child.on('close', resolve))
    let urls: string[]
    try {
      await until('the demo', () => /waits for the first good probe/.test(text) || undefined)
      urls = [...text.matchAll(/https?:\/\/127\S+/g)].map(([url]) => url)
      expect(text)
        .to.include('missing: Prometheus did not start: no such thing as a \\u{1b}[31mfree port')
        .and.match(
          /^missing: alertmanager is not on PATH.* "apt-get install prometheus-alertmanager" .*https:\/\/prometheus\.io/m,
        )
        .and.not.match(/^(Prometheus|Alertmanager) /m)
      expect(await answers(urls[0]!)).to.equal(true)
    } finally {
      child.kill('SIGINT')
    }
    expect(await ended, text).to.equal(0)
    expect(readdirSync(folder)).to.deep.equal([])
    expect(urls).to.have.length(2)
    for (const url of urls) expect(await answers(url), url).to.equal(false)
  })

  it('ends with the reason if it cannot start, and leaves nothing behind', async () => {
    const folder = tempFolder()
    writeFileSync(join(folder, 'broken.mjs'), "if (process.argv.length === 2) throw new Error('no service today')\n")
    const env = { NODE_OPTIONS: `--import=${join(folder, 'broken.mjs')}`, TMPDIR: tempFolder() }
    const { code, err } = await runTool(['demo'], env)
    expect(code).to.equal(1)
    expect(err).to.include('the service did not start').and.include('no service today')
    expect(readdirSync(env.TMPDIR)).to.deep.equal([])
  })
})
