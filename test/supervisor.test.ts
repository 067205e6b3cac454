import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { expect } from 'chai'
import { restartDelays } from '../src/supervisor/supervisor.ts'
import { answer, raw, report } from './support/http.ts'
import { childrenOf, isAlive } from './support/processes.ts'
import { type Service, startService, stopServices } from './support/service.ts'
import { freePort, tempFolder, until } from './support/temp.ts'

/** Children whose parent was killed; nothing else would end them. */
const orphans = new Set<number>()

describe('the supervisor of the sidecar form', function () {
  this.timeout(120_000)
  afterEach(async () => {
    await stopServices()
    for (const pid of orphans) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
    orphans.clear()
  })

  async function supervised(env: Record<string, string> = {}, config: Record<string, unknown> = {}): Promise<Service> {
    const service = await startService({
      args: ['supervise'],
      env: { SUPERVISOR_PORT: '0', ...env },
      config,
      wait: false,
    })
    await until('the liveness port', () => portOf(service, 'liveness'))
    return service
  }
  const portOf = (service: Service, listener: string) =>
    service.log().findLast((line) => line['msg'] === 'listening' && line['listener'] === listener)?.['port'] as
      | number
      | undefined
  const childOf = async (service: Service) => {
    const pid = await until('the service', () => childrenOf(service.pid)[0])
    orphans.add(pid)
    return pid
  }
  const up = (service: Service, times = 1) =>
    until(
      'the service to listen',
      () => service.log().filter(({ listener }) => listener === 'ingest').length >= times,
      60_000,
    )
  const live = (service: Service, path = '/livez') => fetch(`http://127.0.0.1:${portOf(service, 'liveness')}${path}`)
  const said = (service: Service, message: string, times = 1) =>
    until(message, () => service.log().filter(({ msg }) => msg === message).length >= times, 60_000)

  it('loads nothing of the service, also where --config stands before the command', async () => {
    const list = join(tempFolder(), 'modules')
    const path = join(tempFolder(), 'config.yaml')
    writeFileSync(path, 'ingest: {port: 0}\nadmin: {port: 0}\n')
    const service = await startService({
      args: ['--config', path, 'supervise'],
      nodeArgs: ['--import', join(import.meta.dirname, 'support/record-modules.ts')],
      env: { SUPERVISOR_PORT: '0', MODULE_LIST: list },
      wait: false,
    })
    await up(service)
    orphans.add(await childOf(service))
    expect(readFileSync(list, 'utf8')).to.include('/src/supervisor/').and.not.include('/src/cli/supervise.ts')
  })

  it('waits longer after each crash, at most 30 s, and starts over after a minute without one', () => {
    const delay = restartDelays()
    const delays = Array.from({ length: 12 }, () => delay(1_000))
    expect(delays.slice(0, 4)).to.deep.equal([100, 200, 400, 800])
    expect(delays.at(-1)).to.equal(30_000)
    expect(delay(60_000)).to.equal(100)
    expect(delay(59_999)).to.equal(200)
  })

  it('stops the service on SIGTERM and ends with its exit code', async () => {
    const service = await supervised()
    await up(service)
    const child = await childOf(service)
    expect(await service.stop()).to.deep.equal({ code: 0, signal: null })
    expect(service.log().at(-1)).to.include({ msg: 'stopped', clean: true })
    expect(isAlive(child)).to.equal(false)
  })

  it('passes SIGHUP on, and survives it itself', async () => {
    const service = await supervised()
    await up(service)
    const child = await childOf(service)
    service.child.kill('SIGHUP')
    await said(service, 'tokens reloaded')
    expect(childrenOf(service.pid)).to.deep.equal([child])
  })

  it('ends at once on SIGTERM while it waits to restart', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await until('the port', () => taken.listening)
    const { port } = taken.address() as AddressInfo
    const service = await supervised({}, { ingest: { port } })
    // A port in use ends the service: the fifth pause is long enough to be hit.
    await said(service, 'service exited, restarting it', 5)
    expect((await live(service)).status).to.equal(200)
    expect(await service.stop()).to.deep.equal({ code: 0, signal: null })
    taken.close()
  })

  it('starts the service again once its port is free', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await until('the port', () => taken.listening)
    const { port } = taken.address() as AddressInfo
    const service = await supervised({}, { ingest: { port } })
    await said(service, 'service exited, restarting it', 2)
    await new Promise((resolve) => taken.close(resolve))
    await up(service)
    expect((await report(`http://127.0.0.1:${port}`)).status).to.equal(202)
  })

  it('kills a service that hangs, and answers the liveness probe meanwhile', async () => {
    const service = await supervised({ SUPERVISOR_HUNG_AFTER: '8' })
    await up(service)
    const child = await childOf(service)
    process.kill(child, 'SIGSTOP')
    expect((await live(service)).status).to.equal(200)
    await said(service, 'service is hung, killing it')
    await up(service, 2)
    expect(await childOf(service)).not.to.equal(child)
    expect(service.log().filter(({ msg }) => msg === 'service is hung, killing it')).to.have.length(1)
  })

  it('kills a hung service at its deadline after SIGTERM', async () => {
    const service = await supervised()
    await up(service)
    const child = await childOf(service)
    process.kill(child, 'SIGSTOP')
    expect(await service.stop()).to.deep.equal({ code: 137, signal: null })
    expect(service.log().at(-1)).to.include({ msg: 'service did not stop in time, killing it' })
    expect(isAlive(child)).to.equal(false)
  })

  it('leaves no service behind when it is killed itself', async () => {
    const service = await supervised()
    await up(service)
    const child = await childOf(service)
    service.child.kill('SIGKILL')
    await until('the end of the service', () => !isAlive(child))
  })

  it('makes the service the first that the kernel chooses when memory runs out', async () => {
    const service = await supervised()
    const child = await childOf(service)
    const score = (pid: number) => Number(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8'))
    await until('the score', () => score(child) === 1_000)
    expect(score(service.pid)).to.be.below(1_000)
  })

  it('restarts a service that uses nearly all memory of the container', async () => {
    // Less than Node.js alone needs.
    const service = await supervised({ SUPERVISOR_MEMORY_LIMIT: String(8 * 2 ** 20) })
    await said(service, 'service uses nearly all memory of the container, restarting it', 2)
    expect((await live(service)).status).to.equal(200)
    expect((await service.stop()).signal).to.equal(null)
  })

  it('answers the probe while hundreds of silent connections are open', async () => {
    const service = await supervised()
    const port = portOf(service, 'liveness')!
    const silent = Array.from({ length: 300 }, () => connect(port, '127.0.0.1').on('error', () => {}))
    await until('the connections', () => silent.filter(({ connecting }) => !connecting).length === silent.length)
    for (const path of ['/livez', '/', '/api/v1/failures']) {
      const response = await live(service, path)
      expect(response.status).to.equal(200)
      expect(await response.json()).to.deep.equal({ status: 'ok' })
    }
    for (const socket of silent) socket.destroy()
  })

  it('goes on without its port, and says so, until it is free', async () => {
    const taken = createServer().listen(await freePort(), '::')
    await until('the port', () => taken.listening)
    const port = String((taken.address() as AddressInfo).port)
    const service = await startService({ args: ['supervise'], env: { SUPERVISOR_PORT: port }, wait: false })
    await up(service)
    expect(service.log().filter(({ code }) => code === 'EADDRINUSE')).to.have.length(1)
    await new Promise((resolve) => taken.close(resolve))
    await until('the liveness port', () => portOf(service, 'liveness'))
  })

  it('survives settings that are wrong', async () => {
    const service = await supervised({ SUPERVISOR_HUNG_AFTER: 'soon', LOG_LEVEL: 'loud' })
    await said(service, 'SUPERVISOR_HUNG_AFTER is not a whole number from 0 to 86400')
    await said(service, 'configuration invalid, answering 503 until it is corrected')
    expect(await service.stop()).to.deep.equal({ code: 0, signal: null })
  })

  it('passes the service’s output on unbroken', async () => {
    const service = await supervised()
    await up(service)
    const origin = `http://127.0.0.1:${portOf(service, 'ingest')}`
    const message = 'long words '.repeat(600)
    const send = () => answer(report(origin, { code: 503, endpoint: 'https://shop.example/', message }))
    const recorded: string[] = []
    for (let round = 0; round < 10; round++) {
      const answers = await Promise.all(Array.from({ length: 30 }, send))
      recorded.push(...answers.flatMap(({ status, body }) => (status === 202 ? [body.id] : [])))
    }
    await service.stop()
    const lines = service.stdout.map((line) => JSON.parse(line))
    // What was answered too late on a busy machine is logged too.
    const logged = lines.filter(({ msg }) => msg === 'a webhook delivery failed').map((line) => line.failure_id)
    expect(recorded).not.to.deep.equal([])
    expect(logged).to.include.members(recorded)
  })

  it('opens no listener on a port that the broken file does not tell', async () => {
    const file = join(tempFolder(), 'broken.yaml')
    writeFileSync(file, 'ingest: [')
    const service = await supervised({ CONFIG_FILE: file })
    await said(service, 'configuration invalid, answering 503 until it is corrected')
    service.child.kill('SIGHUP')
    await said(service, 'reloading')
    expect(service.log().filter(({ listener }) => listener === 'ingest' || listener === 'admin')).to.deep.equal([])
    writeFileSync(file, readFileSync(join(service.folder, 'config.yaml')))
    service.child.kill('SIGHUP')
    await up(service)
  })

  it('serves only allowed hosts while the configuration is invalid', async () => {
    const admin = { externalUrl: 'https://ops.example/webhooks', allowedHosts: ['exporter.corp.example'] }
    const service = await supervised({}, { admin, nope: 1 })
    await said(service, 'configuration invalid, answering 503 until it is corrected')
    const port = await until('the admin listener', () => portOf(service, 'admin'))
    const ask = async (host: string, path: string) =>
      (
        await raw(`http://127.0.0.1:${port}`, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
      ).slice(9, 12)
    for (const path of ['/', '/healthz', '/readyz', '/metrics', '/api/v1/failures', '/nowhere'])
      for (const host of ['evil.example', '127.0.0.1.nip.io', 'ops.example.evil.example'])
        expect(await ask(host, path), `${host} ${path}`).to.equal('421')
    for (const host of ['10.244.0.7:9464', 'localhost', 'exporter.shop.svc', 'ops.example', 'exporter.corp.example'])
      expect(await ask(host, '/metrics'), host).to.equal('200')
  })
})

describe('the service without a supervisor', () => {
  afterEach(stopServices)

  it('is one process, and an invalid configuration ends it with 2', async () => {
    const service = await startService()
    expect(childrenOf(service.pid)).to.deep.equal([])
    for (const args of [['serve'], ['check-config'], []]) {
      const broken = await startService({ args, config: { nope: 1 }, wait: false })
      expect((await broken.exited).code, args.join()).to.equal(2)
    }
  })
})
