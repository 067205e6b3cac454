import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import { expect } from 'chai'
import { sendReport } from '../../src/cli/simulate/report.ts'
import { send } from '../../src/cli/simulate/send.ts'
import { loadConfig } from '../../src/config/config.ts'
import { sourceKinds } from '../../src/sources/index.ts'
import { FAULTS, type Fault } from '../../tools/demo/faults.ts'
import { CA_FILE, type Receiver, startReceiver } from '../../tools/demo/receiver.ts'
import { authority } from '../support/certificates.ts'
import { runCommand, runTool, TOOLS } from '../support/cli.ts'
import { answer, scrape, sum } from '../support/http.ts'
import { type Service, startService, stopServices } from '../support/service.ts'
import { http } from '../support/sockets.ts'
import { tempFolder, until } from '../support/temp.ts'

const SECRET = 'simulation-secret-of-the-test-012345'
const WHSEC = 'whsec_c2ltdWxhdGlvbi1vZi10aGUtdGVzdC1zdWl0ZQ=='
const env = { SIMULATION_SECRET: SECRET, TOKEN: 'merchant-token', WHSEC, PAIR: 'user:password' }
const secrets = [{ env: 'WHSEC' }]
const tokens = [{ tenant: 'cafe', env: 'TOKEN' }]
/** One source of each kind, and of each `auth` that a simulation can pass. */
const SOURCES = {
  retm: { tokens },
  'standard-webhooks': { secrets },
  svix: { secrets },
  outpost: { secrets },
  convoy: { secrets },
  pubsub: { auth: 'none' },
  knative: {},
  twilio: { secrets, url: 'https://errors.example/webhooks/twilio' },
  batch: {
    kind: 'generic',
    auth: { kind: 'hmac', header: 'X-Signature', signed: '{timestamp}.{body}', idHeader: 'x-id' },
    secrets,
    map: { each: '/events', type: '/kind', lost: ['dead'], endpoint: '/to/url', code: '/to/status', message: '/why' },
  },
  form: {
    kind: 'generic',
    auth: { kind: 'basic' },
    secrets: [{ env: 'PAIR' }],
    map: { endpoint: 'form:url', code: 'form:status', id: 'header:x-id' },
  },
  keyed: {
    kind: 'generic',
    auth: { kind: 'header', header: 'X-Key' },
    secrets,
    map: { ref: '/id', code: 'header:x-code' },
  },
} as const

describe('simulate', () => {
  let service: Service
  before(async () => {
    const simulation = { secret: { env: 'SIMULATION_SECRET' } }
    service = await startService({ config: { sources: SOURCES, simulation }, env })
  })
  after(stopServices)
  const config = () => join(service.folder, 'config.yaml')

  describe('give-up', () => {
    it('has every kind of source', () => {
      const kinds = Object.entries(SOURCES).map(([name, section]) => ('kind' in section ? section.kind : name))
      expect([...sourceKinds.keys()].filter((kind) => !kinds.includes(kind as 'generic'))).to.deep.equal([])
    })

    for (const source of Object.keys(SOURCES))
      it(`reports as ${source} does, with its credential`, async () => {
        const loaded = await loadConfig({ ...env, CONFIG_FILE: config() })
        const endpoint = 'https://shop.example/hooks/orders'
        const sent = await sendReport(
          { endpoint, code: 503, message: 'no healthy upstream' },
          { config: loaded, source, ingest: new URL(service.ingest), secret: SECRET, purpose: 'simulation', env },
        )
        expect(sent).to.include({ status: 202 })
        const { id } = JSON.parse('body' in sent ? sent.body : '')
        const { body } = await answer(fetch(`${service.admin}/api/v1/failures/${id}`))
        const refs: Readonly<Record<string, string>> = { svix: 'svix', pubsub: 'pubsub', keyed: 'keyed' }
        expect(body).to.include({ source, code: source === 'pubsub' ? 0 : 503, simulated: true })
        expect(body.endpoint).to.equal(refs[source] ? `${refs[source]}:${endpoint}` : endpoint)
      })

    it('is a command, whose report is real where nothing marks it', async () => {
      const flags = [
        '--ingest',
        service.ingest,
        '--source',
        'retm',
        '--code',
        '404',
        '--endpoint',
        'https://a.example/b',
      ]
      const marked = await runCommand(['simulate', 'give-up', ...flags, '--config', config()], env)
      expect(marked).to.include({ code: 0, err: '' })
      expect(marked.out).to.match(/^report of retm \(simulated\), code 404: 202 /)
      expect(sum(await scrape(service.admin), 'webhook_delivery_failures_total', 'code="404"')).to.equal(0)
      const plain = await startService({ config: { sources: { retm: { auth: 'none' } } } })
      const args = [...flags.with(1, plain.ingest), '--config', join(plain.folder, 'config.yaml')]
      const real = await runCommand(['simulate', 'give-up', ...args])
      expect(real.code).to.equal(0)
      expect(real.err).to.include('this report is real')
      expect(sum(await scrape(plain.admin), 'webhook_delivery_failures_total', 'code="404"')).to.equal(1)
    })

    it('needs no credential where none is configured, and names its options where one is missing', async () => {
      const plain = await startService({
        config: { sources: { retm: {}, empty: { kind: 'retm', tokensDir: 'none' } } },
      })
      const flags = ['--ingest', plain.ingest, '--code', '503', '--endpoint', 'https://a.example/b']
      const command = ['simulate', 'give-up', ...flags, '--config', join(plain.folder, 'config.yaml'), '--source']
      expect(await runCommand([...command, 'retm'])).to.include({ code: 0 })
      const missing = await runCommand([...command, 'empty'])
      expect(missing.code).to.equal(2)
      expect(missing.err).to.include('no credential of the source: name --credential-file or --credential-env')
    })

    it('goes to this machine only, unless a host is allowed', async () => {
      const flags = ['--code', '404', '--endpoint', 'https://a.example/b', '--config', config()]
      const refused = await runCommand(['simulate', 'give-up', '--ingest', 'http://192.0.2.1', ...flags], env)
      expect(refused).to.include({ code: 2, out: '' })
      expect(refused.err).to.include('unless --allow 192.0.2.1 is given')
      const deliver = ['deliver', 'http://localhost.example/x', '--event', 'a']
      expect((await runTool(deliver)).err).to.include('--allow localhost.example')
      const receiver = ['receiver', '--host', '0.0.0.0']
      expect((await runTool(receiver)).err).to.include('--allow 0.0.0.0')
    })
  })

  describe('receiver', () => {
    const ca = readFileSync(CA_FILE, 'utf8')
    let receiver: Receiver
    before(async () => {
      receiver = await startReceiver({ host: '127.0.0.1', port: 0, delay: 300, fault: 'none' })
    })
    after(() => receiver.close())

    const EXPECTED: Readonly<Record<Fault, number | RegExp>> = {
      none: 200,
      refused: /ECONNREFUSED/,
      reset: /ECONNRESET|socket hang up/,
      timeout: /no answer within 1000 ms/,
      slow: 200,
      'tls-expired': /certificate has expired/,
      'tls-name': /altnames/,
      redirect: 302,
      '401': 401,
      '404': 404,
      '429': 429,
      '500': 500,
      '503': 503,
      'half-answer': /aborted|terminated|ECONNRESET|socket hang up/,
    }
    for (const fault of FAULTS)
      it(`fails with ${fault}, on a port that stays the same`, async () => {
        const { port } = receiver
        await receiver.setFault(fault)
        expect(receiver.port).to.equal(port)
        const schemes = fault.startsWith('tls') ? ['https'] : ['http', 'https']
        for (const scheme of schemes) {
          const sent = await send({ url: `${scheme}://127.0.0.1:${port}/hook`, timeout: 1_000, ca })
          const expected = EXPECTED[fault]
          if (typeof expected === 'number') expect(sent.status, scheme).to.equal(expected)
          else expect('error' in sent && sent.error, scheme).to.match(expected)
        }
      })

    it('is a command whose fault is switched over HTTP, and which ends with a signal', async () => {
      const child = spawn(process.execPath, [TOOLS, 'receiver', '--fault', '503'])
      let out = ''
      child.stdout.on('data', (chunk) => {
        out += chunk
      })
      const ended = new Promise((resolve) => child.on('close', resolve))
      try {
        const [, url] = await until('the receiver', () => /receiver: (http:\S+) /.exec(out))
        const [, fault] = await until('its control', () => /curl -X POST (\S+)NAME/.exec(out))
        expect((await fetch(url!)).status).to.equal(503)
        expect((await fetch(`${fault}401`, { method: 'POST' })).status).to.equal(200)
        expect((await fetch(url!)).status).to.equal(401)
        expect((await fetch(`${fault}nonsense`, { method: 'POST' })).status).to.equal(422)
        const put = await fetch(new URL('/fault', fault!), { method: 'PUT', body: 'none' })
        expect(await put.json()).to.deep.equal({ fault: 'none', received: 0 })
        expect((await fetch(url!)).status).to.equal(200)
      } finally {
        child.kill('SIGINT')
      }
      expect(await ended).to.equal(0)
    })
  })

  describe('deliver', () => {
    it('tries three times, prints each attempt, and reports the loss', async () => {
      const receiver = await startReceiver({ host: '127.0.0.1', port: 0, delay: 0, fault: '503' })
      const url = `http://127.0.0.1:${receiver.port}/hooks/orders`
      const flags = ['--event', 'order.created', '--set', 'total=99', '--pause', '0s']
      const report = ['--ingest', service.ingest, '--source', 'retm', '--config', config()]
      const lost = await runTool(['deliver', url, ...flags, ...report], env)
      expect(lost.code).to.equal(1)
      expect(lost.out.match(/^attempt \d of 3: 503 Service Unavailable after \d+ ms; /gm)).to.have.length(3)
      expect(lost.out).to.match(/the platform gives up\nreport of retm \(simulated\), code 503: 202 /)
      await receiver.setFault('none')
      const delivered = await runTool(['deliver', url, ...flags])
      expect(delivered).to.include({ code: 0, err: '' })
      expect(delivered.out).to.match(/^attempt 1 of 3: 200 OK after \d+ ms; delivered\n$/)
      await receiver.close()
    })

    it('trusts the authority of --ca-file besides those that are trusted anyway', async () => {
      const receiver = await startReceiver({ host: '127.0.0.1', port: 0, delay: 0, fault: 'none' })
      const other = join(tempFolder(), 'other.pem')
      writeFileSync(other, (await authority('other')).cert)
      const url = `https://127.0.0.1:${receiver.port}/hooks`
      const deliver = (file: string, trusted?: string) =>
        runTool(['deliver', url, '--event', 'a', '--pause', '0s', '--ca-file', file], {
          NODE_EXTRA_CA_CERTS: trusted,
        })
      expect(await deliver(CA_FILE)).to.include({ code: 0 })
      expect(await deliver(other)).to.include({ code: 1 })
      expect(await deliver(other, CA_FILE)).to.include({ code: 0 })
      await receiver.close()
    })

    it('sends what the chosen source sends', async () => {
      const seen: { headers: IncomingHttpHeaders; body: string }[] = []
      const application = await http(async (request, response) => {
        let body = ''
        for await (const chunk of request) body += chunk
        seen.push({ headers: request.headers, body })
        response.end()
      })
      const path = join(tempFolder(), 'sources.yaml')
      const kinds = ['retm', 'svix', 'knative', 'pubsub', 'twilio']
      writeFileSync(path, `sources: {${kinds.map((kind) => `${kind}: {kind: ${kind}, auth: none}`).join(', ')}}\n`)
      for (const kind of kinds) {
        const url = `http://127.0.0.1:${application.port}/hooks`
        const flags = ['--event', 'order.created', '--set', 'total=99', '--source', kind, '--config', path]
        expect(await runTool(['deliver', url, ...flags]), kind).to.include({ code: 0, err: '' })
      }
      await application.close()
      const [retm, svix, knative, pubsub, twilio] = seen
      expect(JSON.parse(retm!.body)).to.include({ event: 'order.created', total: 99 })
      expect(JSON.parse(svix!.body)).to.deep.include({ type: 'order.created', data: { total: 99 } })
      expect(knative!.headers).to.include({ 'ce-type': 'order.created', 'ce-specversion': '1.0' })
      expect(JSON.parse(knative!.body)).to.deep.equal({ total: 99 })
      const { data } = JSON.parse(pubsub!.body).message
      expect(JSON.parse(Buffer.from(data, 'base64').toString())).to.deep.equal({ total: 99 })
      expect(twilio!.headers['content-type']).to.equal('application/x-www-form-urlencoded')
      expect(new URLSearchParams(twilio!.body).get('total')).to.equal('99')
    })
  })
})
