import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { join } from 'node:path'
import { expect } from 'chai'
import { stringify } from 'yaml'
import { authority } from '../support/certificates.ts'
import { runCommand } from '../support/cli.ts'
import { removeTempFolders, tempFolder, until } from '../support/temp.ts'

interface Given {
  readonly stdin?: string
  readonly config?: object
  readonly env?: Readonly<Record<string, string>>
}

function run(args: readonly string[], { stdin, config, env }: Given = {}) {
  const file = join(tempFolder(), 'config.yaml')
  if (config) writeFileSync(file, stringify(config))
  return runCommand(args, { ...env, ...(config && { CONFIG_FILE: file }) }, { stdin })
}

describe('explain', () => {
  // Within the suite: at the top it would be a hook of every test there is.
  afterEach(removeTempFolders)

  it('says cause, evidence and checks of a code and a message', async () => {
    const { code, out } = await run([
      'explain',
      '--code',
      '56',
      '--message',
      'OpenSSL SSL_read: error:0A000412:SSL routines::sslv3 alert bad certificate',
    ])
    expect(code).to.equal(0)
    expect(out)
      .to.match(/^cause: tls\n/)
      .and.match(/read as curl/)
      .and.match(/check, in this order:\n {2}1\. /)
  })

  it('takes a report as JSON on stdin, and answers with JSON', async () => {
    const report = JSON.stringify({
      code: '0',
      endpoint: 'https://shop.example/hook?key=s3cret',
      message: 'getaddrinfo ENOTFOUND shop.example',
    })
    const { code, out } = await run(['explain', '--json'], { stdin: report })
    expect(code).to.equal(0)
    expect(JSON.parse(out)).to.include({ cause: 'dns', endpoint: 'https://shop.example/hook' })
    expect(out).not.to.include('s3cret')
  })

  it('needs no endpoint: a code and a message copied out of a report are enough', async () => {
    const { code, out } = await run(['explain'], {
      stdin: '{"code": 56, "message": "sslv3 alert certificate expired"}',
    })
    expect(code).to.equal(0)
    expect(out)
      .to.match(/^cause: tls\n/)
      .and.match(/openssl s_client -connect your-endpoint:443 /)
    const { out: json } = await run(['explain', '--code', '7', '--json'])
    expect(JSON.parse(json)).to.include({ cause: 'connection_refused', endpoint: null, url: null })
  })

  it('ends with 1 where no reason is named', async () => {
    expect((await run(['explain', '--code', '0', '--message', 'delivery failed'])).code).to.equal(1)
  })

  it('reads numbers as the configuration of the source says', async () => {
    const config = { sources: { retm: { codes: { meaning: 'own', own: { 7001: 'timeout' } } } } }
    const { out } = await run(['explain', '--code', '7001', '--json'], { config })
    expect(JSON.parse(out)).to.include({ cause: 'timeout', codeMeaning: 'own' })
  })

  for (const [what, args, stdin] of [
    ['a code that is no number', ['--code', 'x'], undefined],
    ['stdin that is no report', [], '{"message": 5}'],
    ['no input at all', [], ''],
    ['an unknown option', ['--frobnicate'], undefined],
  ] as const) {
    it(`refuses ${what} with 2`, async () => {
      const { code, err, out } = await run(['explain', ...args], stdin === undefined ? {} : { stdin })
      expect({ code, out }).to.deep.equal({ code: 2, out: '' })
      expect(err).to.match(/^webhook-error-exporter: .+\nTry: /)
    })
  }
})

describe('probe', () => {
  afterEach(removeTempFolders)

  it('obeys the guard: a private address needs leave', async () => {
    let asked = 0
    const server = createServer((_, response) => {
      asked++
      response.end()
    }).listen(0, '127.0.0.1')
    try {
      await until('the server', () => server.listening)
      const url = `http://127.0.0.1:${(server.address() as { port: number }).port}/hook`
      const refused = await run(['probe', url, '--json'])
      expect(refused.code).to.equal(1)
      expect(JSON.parse(refused.out)[0]).to.include({ up: false, cause: 'blocked' })
      expect(asked).to.equal(0)

      const config = { outbound: { allow: ['127.0.0.0/8'] }, endpoints: [{ name: 'orders', urls: [url] }] }
      const allowed = await run(['probe', url], { config })
      expect(allowed.out).to.match(/^up: /)
      expect(allowed.code).to.equal(0)
      const named = await run(['probe', 'orders', '--json'], { config })
      expect(JSON.parse(named.out)[0]).to.include({ up: true, endpoint: 'orders', status: 200 })
      expect(asked).to.equal(2)
    } finally {
      server.close()
      server.closeAllConnections()
    }
  })

  for (const args of [
    [],
    ['no-such-endpoint'],
    ['ftp://x/'],
    ['https://a.example/', 'more'],
    ['https://a.example/', '--timeout', 'soon'],
  ]) {
    it(`refuses ${JSON.stringify(args)} with 2`, async () => {
      const { code, out } = await run(['probe', ...args])
      expect({ code, out }).to.deep.equal({ code: 2, out: '' })
    })
  }

  it('says of one that is down why, in which phase, and what to check; of one that may not be probed only how to give leave', async () => {
    const closed = createServer().listen(0, '127.0.0.1')
    await until('the server', () => closed.listening)
    const { port } = closed.address() as { port: number }
    await new Promise((done) => closed.close(done))
    const config = { outbound: { allow: ['127.0.0.1'] } }
    const { code, out } = await run(['probe', `http://127.0.0.1:${port}/`], { config })
    expect(code).to.equal(1)
    expect(out)
      .to.match(/^down: the connection was refused \(cause connection_refused, phase connect\)\n/)
      .and.match(/check, in this order:\n {4}1\. /)
    const { out: forbidden } = await run(['probe', `http://127.0.0.1:${port}/`])
    expect(forbidden)
      .to.match(/outbound\.allow can permit it/)
      .and.not.match(/check, in this order/)
  })

  it('says once since when a certificate has been expired', async () => {
    const ca = await authority('Stage authority')
    const times = { notBefore: new Date(Date.now() - 90 * 3_600_000), notAfter: new Date(Date.now() - 30 * 3_600_000) }
    const server = createTlsServer(await ca.issue({ addresses: ['127.0.0.1'], ...times })).listen(0, '127.0.0.1')
    try {
      await until('the server', () => server.listening)
      const { port } = server.address() as { port: number }
      const file = join(tempFolder(), 'ca.pem')
      writeFileSync(file, ca.cert)
      const config = { outbound: { allow: ['127.0.0.1'] } }
      const env = { NODE_EXTRA_CA_CERTS: file }
      const { out } = await run(['probe', `https://127.0.0.1:${port}/`], { config, env })
      expect(out)
        .to.match(/^down: certificate of 127\.0\.0\.1 expired 30 hours ago/)
        .and.match(/ until \S+Z$/m)
        .and.not.match(/-\d+ days/)
    } finally {
      server.close()
    }
  })

  it('names what is missing of an endpoint whose URLs are patterns', async () => {
    const config = { endpoints: [{ name: 'all', urls: ['https://shop.example/*'] }] }
    expect((await run(['probe', 'all'], { config })).err).to.match(/set probe\.url/)
  })
})
