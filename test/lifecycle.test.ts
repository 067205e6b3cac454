import { spawn } from 'node:child_process'
import { openSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { answer, REPORT, raw, report, scrape } from './support/http.ts'
import { sample } from './support/scrape.ts'
import { startService, stopServices } from './support/service.ts'
import { freePort, tempFolder, until } from './support/temp.ts'

const root = join(import.meta.dirname, '..')

describe('the service', () => {
  afterEach(stopServices)

  it('continues its counters after a restart', async () => {
    const env = { JOURNAL_URL: `sqlite:${join(tempFolder(), 'journal.db')}` }
    const series = `webhook_delivery_failures_total{source="retm",endpoint="${REPORT.endpoint}",code="503",cause="unavailable"}`
    const last = series.replace('failures_total', 'last_failure_timestamp_seconds')
    const first = await startService({ env })
    await report(first.ingest)
    await report(first.ingest)
    const before = await scrape(first.admin)
    expect((await first.stop()).code).to.equal(0)
    const second = await startService({ env })
    const after = await scrape(second.admin)
    expect([sample(before, series), sample(after, series)]).to.deep.equal([2, 2])
    expect(sample(after, last)).to.equal(sample(before, last))
    await report(second.ingest)
    expect(sample(await scrape(second.admin), series)).to.equal(3)
  })

  it('answers what is in flight after SIGTERM, then ends with 0', async () => {
    const service = await startService()
    const body = JSON.stringify(REPORT)
    const head = `POST /webhooks/error HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`
    const { hostname, port } = new URL(service.ingest)
    const { connect } = await import('node:net')
    const socket = connect(Number(port), hostname)
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.write(head)
    await until('the request to be under way', () => text.includes('100 Continue'))
    service.child.kill('SIGTERM')
    await until('the drain', () => service.stdout.find((line) => line.includes('stopping')))
    socket.write(body)
    await until('the answer', () => text.includes('HTTP/1.1 202'))
    expect(text).to.match(/Connection: close/i)
    expect(await service.exited).to.deep.equal({ code: 0, signal: null })
  })

  for (const stdout of ['/dev/full', 'closed']) {
    it(`takes reports and ends with 0 although its log cannot be written: stdout ${stdout}`, async () => {
      const folder = tempFolder()
      const port = await freePort()
      const child = spawn(process.execPath, [join(root, 'src/main.ts')], {
        env: {
          ...process.env,
          INGEST_PORT: String(port),
          ADMIN_PORT: '0',
          JOURNAL_URL: `sqlite:${join(folder, 'journal.db')}`,
        },
        stdio: ['ignore', stdout === 'closed' ? 'pipe' : openSync(stdout, 'w'), 'ignore'],
      })
      child.stdout?.destroy()
      const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)))
      try {
        const send = () => report(`http://127.0.0.1:${port}`).catch(() => undefined)
        await until('a report to be taken', async () => (await send())?.status === 202)
        child.kill('SIGTERM')
        expect(await ended).to.equal(0)
      } finally {
        child.kill('SIGKILL')
      }
    })
  }

  it('answers a request that is on its way over an idle connection when SIGTERM comes', async () => {
    const service = await startService()
    const { hostname, port } = new URL(service.ingest)
    const { connect } = await import('node:net')
    const socket = connect(Number(port), hostname)
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk
    })
    const request = 'GET /webhooks/error HTTP/1.1\r\nHost: x\r\n\r\n'
    socket.write(request)
    await until('the first answer', () => text.includes('HTTP/1.1 405'))
    service.child.kill('SIGTERM')
    await until('the drain', () => service.stdout.find((line) => line.includes('stopping')))
    socket.write(request)
    await until('its end', () => socket.destroyed || socket.readableEnded)
    expect(text.match(/HTTP\/1.1 405/g)).to.have.length(2)
    expect(await service.exited).to.deep.equal({ code: 0, signal: null })
  })

  it('ends with 0 although a client keeps its connection open', async () => {
    const service = await startService()
    const idle = raw(service.ingest, `GET / HTTP/1.1\r\nHost: x\r\n\r\n`)
    await until('the answer', async () => (await fetch(`${service.admin}/healthz`)).ok)
    expect(await service.stop()).to.deep.equal({ code: 0, signal: null })
    await idle
  })

  it('leaves no line of the log out or half written where its reader is slow at the end', async () => {
    const service = await startService()
    const message = 'long words '.repeat(700)
    service.child.stdout!.pause()
    const send = () => answer(report(service.ingest, { ...REPORT, message }))
    const answers = await Promise.all(Array.from({ length: 500 }, send))
    // A slow machine refuses some of so many at once, or stores them after their answer was due.
    const recorded = answers.flatMap(({ status, body }) => (status === 202 ? [body.id] : []))
    const stopped = service.stop()
    await sleep(1_000)
    service.child.stdout!.resume()
    expect((await stopped).code).to.equal(0)
    const lines = service.stdout.map((line) => JSON.parse(line))
    const logged = lines.filter(({ msg }) => msg === 'a webhook delivery failed').map((line) => line.failure_id)
    expect(recorded).not.to.deep.equal([])
    expect(logged).to.include.members(recorded)
    expect(lines.at(-1)).to.include({ msg: 'stopped', clean: true })
  })

  it('keeps the OpenTelemetry SDK from writing past the log', async () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://u:hunter2@127.0.0.1:1', OTEL_LOG_LEVEL: 'debug' }
    const service = await startService({ env })
    await report(service.ingest)
    await service.stop()
    expect(service.stdout.filter((line) => !line.startsWith('{'))).to.deep.equal([])
    expect([...service.stdout, ...service.stderr].join()).not.to.include('hunter2')
  })

  it('ends at once on a second signal', async () => {
    const service = await startService()
    const hung = raw(
      service.ingest,
      'POST /webhooks/error HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
    )
    await report(service.ingest)
    service.child.kill('SIGTERM')
    await until('the drain', () => service.stdout.find((line) => line.includes('stopping')))
    expect((await service.stop('SIGTERM')).code).to.equal(143)
    await hung
  })

  it('loses no signal that comes while it starts', async () => {
    for (const after of [100, 150, 200, 250]) {
      const service = await startService({ wait: false })
      await new Promise((resolve) => setTimeout(resolve, after))
      service.child.kill('SIGTERM')
      const { code, signal } = await service.exited
      // On a slow machine its first line may not have run yet.
      expect(code ?? signal, `after ${after} ms`).to.be.oneOf([0, 'SIGTERM'])
    }
  })

  it('says in one line that a port is taken, and ends with 1', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await until('the port', () => taken.listening)
    const port = (taken.address() as { port: number }).port
    for (const section of ['ingest', 'admin']) {
      const service = await startService({ config: { [section]: { port } }, wait: false })
      expect(await service.exited).to.deep.equal({ code: 1, signal: null })
      const fatal = service.log().filter((line) => line['level'] === 'fatal')
      expect(fatal).to.have.length(1)
      expect(fatal[0]!['msg']).to.equal(`cannot listen on 127.0.0.1:${port}: another process listens there`)
      expect(service.stderr.join('')).to.equal('')
    }
    taken.close()
  })

  it('refuses a faulty configuration with every fault and ends with 2', async () => {
    const config = { ingest: { prot: 1 }, metrics: { seriesLimit: 0 } }
    const service = await startService({ config, env: { LOG_LEVEL: 'loud' }, wait: false })
    expect((await service.exited).code).to.equal(2)
    expect(service.stderr.join('\n'))
      .to.match(/ingest\.prot: .*did you mean port/)
      .and.match(/metrics\.seriesLimit/)
      .and.match(/LOG_LEVEL: "loud"/)
  })

  it('stops as well when npm start is asked to', async function () {
    this.timeout(60_000)
    const folder = tempFolder()
    const child = spawn('npm', ['start'], {
      cwd: root,
      env: { ...process.env, INGEST_PORT: '0', ADMIN_PORT: '0', JOURNAL_URL: `sqlite:${join(folder, 'j.db')}` },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += chunk
    })
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
    await until('the start', () => text.includes('"listener":"ingest"'))
    child.kill('SIGTERM')
    expect(await ended).to.equal(0)
    expect(text).to.include('"msg":"stopped"')
  })
})
