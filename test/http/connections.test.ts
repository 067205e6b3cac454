import { rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { connectionLimits, openFileLimit } from '../../src/http/shared/connection-limits.ts'
import { type Listener, listen } from '../../src/http/shared/listener.ts'
import { report, scrape, sum } from '../support/http.ts'
import { keepConnection, POST } from '../support/keep-alive.ts'
import { type Service, startService, stopServices } from '../support/service.ts'
import { tempFolder, until } from '../support/temp.ts'

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'
const recorded = async (service: Service) => sum(await scrape(service.admin), 'webhook_delivery_failures_total')

describe('a listener with too many connections', () => {
  let listener: Listener
  beforeEach(async () => {
    listener = await listen({
      host: '127.0.0.1',
      port: 0,
      maxConnections: 8,
      keepAliveTimeout: 60_000,
      grace: 0,
      handler: (_, response) => response.end('ok'),
    })
  })
  afterEach(() => listener.close(0))

  const kept = async (bytes?: string) => {
    const connection = await keepConnection(`http://127.0.0.1:${listener.address.port}`)
    if (bytes !== undefined) await connection.request(bytes)
    return connection
  }

  it('closes the one that has been idle longest, not one that was used since', async () => {
    const [first, second, third, fourth] = [await kept(GET), await kept(GET), await kept(GET), await kept(GET)]
    await first.request(GET)
    const fifth = await kept(GET)
    await until('the end of the second', second.ended)
    const sixth = await kept(GET)
    await until('the end of the third', third.ended)
    for (const connection of [first, fourth, fifth, sixth]) {
      await connection.request(GET)
      expect(connection.ended()).to.equal(false)
    }
  })

  it('closes none on which a request has begun to arrive', async () => {
    const slow = await kept(GET)
    slow.socket.write(GET.slice(0, 10))
    await sleep(100)
    const others = [await kept(GET), await kept(GET), await kept(GET), await kept(GET), await kept(GET)]
    await until('the end of the longest idle', others[0]!.ended)
    await slow.request(GET.slice(10))
    expect(slow.statuses()).to.deep.equal([200, 200])
  })

  it('serves a client although others connect and say nothing', async () => {
    const silent = await Promise.all(Array.from({ length: 40 }, () => kept()))
    expect((await kept(GET)).statuses()).to.deep.equal([200])
    expect(silent.filter((connection) => !connection.ended())).to.have.length.of.at.most(4)
  })
})

describe('connectionLimits()', () => {
  it('follows the limit of open files, and always leaves some to the admin listener', () => {
    expect(connectionLimits(Number.POSITIVE_INFINITY)).to.deep.equal({ ingest: 9_000, admin: 1_000 })
    expect(connectionLimits(1_048_576)).to.deep.equal({ ingest: 9_000, admin: 1_000 })
    expect(connectionLimits(1_024)).to.deep.equal({ ingest: 832, admin: 92 })
    expect(connectionLimits(256)).to.deep.equal({ ingest: 141, admin: 15 })
    expect(connectionLimits(100)).to.deep.equal({ ingest: 40, admin: 10 })
    for (let files = 1; files < 12_000; files += 7) {
      const { ingest, admin } = connectionLimits(files)
      expect(Math.min(ingest, admin), `${files}`).to.be.above(0)
      expect(ingest + admin, `${files}`).to.be.at.most(Math.max(2, Math.min(10_000, Math.max(files - 100, files / 2))))
    }
  })

  it('reads the limit of this process', () => {
    expect(openFileLimit()).to.be.above(0)
  })
})

describe('a service that may open 100 files', () => {
  afterEach(stopServices)

  it('answers health checks and reports, and opens its journal again, under 120 silent connections', async () => {
    const path = join(tempFolder(), 'journal.db')
    const service = await startService({ env: { JOURNAL_URL: `sqlite:${path}` }, shell: 'ulimit -n 100' })
    const flood = silence(new URL(service.ingest), 120)
    try {
      const check = async () => {
        for (let round = 0; round < 20; round++) {
          expect((await fetch(`${service.admin}/healthz`, { headers: { Connection: 'close' } })).status).to.equal(200)
          await sleep(20)
        }
      }
      await check()
      await until('a report to be recorded', async () => (await report(service.ingest)).status === 202)
      for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true })
      await until('the loss to be noticed', async () => (await report(service.ingest)).status === 503)
      await until('a new journal', async () => (await report(service.ingest)).status === 202)
      await check()
    } finally {
      flood.end()
    }
  })
})

/** Holds connections that never send anything; one that is closed is opened again. */
function silence({ hostname, port }: URL, count: number): { end(): void } {
  const sockets = new Set<Socket>()
  let isOver = false
  const open = () => {
    if (isOver) return
    const socket = connect(Number(port), hostname)
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => {
      sockets.delete(socket)
      setTimeout(open, 100)
    })
  }
  for (let index = 0; index < count; index++) open()
  return {
    end() {
      isOver = true
      for (const socket of sockets) socket.destroy()
    },
  }
}

describe('an answer that comes before the request has arrived', () => {
  afterEach(stopServices)

  it('reaches a sender that reads only after it has sent everything, and wants its connection closed', async () => {
    const { ingest, stderr } = await startService()
    for (const [path, status] of [
      ['/webhooks/error', 413],
      ['/nowhere', 404],
    ] as const) {
      const { socket, statuses, ended } = await keepConnection(ingest)
      socket.pause()
      const block = Buffer.alloc(100_000, 'a')
      const head = 'Host: x\r\nContent-Type: application/json\r\nConnection: close'
      socket.write(`POST ${path} HTTP/1.1\r\n${head}\r\nContent-Length: ${30 * block.length}\r\n\r\n`)
      for (let sent = 0; sent < 30; sent++) {
        socket.write(block)
        await sleep(5)
      }
      expect(ended(), 'reset').to.equal(false)
      socket.resume()
      await until('the answer', () => statuses().length > 0)
      expect(statuses()).to.deep.equal([status])
      await until('the end', ended)
      socket.destroy()
    }
    expect(stderr).to.deep.equal([])
  })
})

describe('ingest.keepAliveTimeout', () => {
  afterEach(stopServices)

  it('keeps connections for 75 s by default, and says so', async () => {
    const connection = await keepConnection((await startService()).ingest)
    await connection.request()
    expect(connection.text()).to.match(/^Keep-Alive: timeout=75\r$/m)
  })

  it('closes a connection that was idle for longer, and records a report that crosses with the end', async () => {
    const service = await startService({ config: { ingest: { port: 0, keepAliveTimeout: '1s' } } })
    const connection = await keepConnection(service.ingest)
    await connection.request()
    await until('the end', connection.ended)
    connection.socket.write(POST)
    await until('the second report', async () => (await recorded(service)) === 2)
  })
})

describe('a service that is asked to stop', () => {
  afterEach(stopServices)

  const stopping = async (service: Service) => {
    service.child.kill('SIGTERM')
    await until('the drain', () => service.stdout.find((line) => line.includes('stopping')))
  }

  it('goes on for a while on idle connections, and asks for their end, but accepts none', async () => {
    const service = await startService()
    const idle = [await keepConnection(service.ingest), await keepConnection(service.ingest)]
    for (const connection of idle) await connection.request()
    await stopping(service)
    await until('the end of listening', () =>
      report(service.ingest).then(
        () => false,
        () => true,
      ),
    )
    for (const connection of idle) {
      await sleep(400)
      expect(connection.ended()).to.equal(false)
      await connection.request()
      expect(connection.text()).to.match(/202 (?!.*202 ).*Connection: close/s)
    }
    expect(await service.exited).to.deep.equal({ code: 0, signal: null })
    for (const connection of idle) expect(connection.ended()).to.equal(true)
  })

  it('answers every request that came in one piece', async () => {
    const service = await startService()
    const connection = await keepConnection(service.ingest)
    await stopping(service)
    connection.socket.write(POST.repeat(5))
    await until('the end', connection.ended)
    expect(connection.statuses()).to.deep.equal([202, 202, 202, 202, 202])
  })

  for (const [count, answered] of [
    [60, 60],
    // More than run on one connection: those that were recorded are answered, and the last answer ends it.
    [400, 256],
  ] as const)
    it(`answers each recorded one of ${count} reports that came in one piece`, async () => {
      const service = await startService()
      const connection = await keepConnection(service.ingest)
      connection.socket.write(POST.repeat(count))
      await until('the answers', () => connection.statuses().length >= answered)
      const recorded = sum(await scrape(service.admin), 'webhook_delivery_failures_total')
      expect([connection.statuses().length, recorded]).to.deep.equal([answered, answered])
      expect(new Set(connection.statuses())).to.deep.equal(new Set([202]))
      if (answered < count) await until('the end', connection.ended)
    })

  it('records a report that crosses with the end of an idle connection', async () => {
    const env = { JOURNAL_URL: `sqlite:${join(tempFolder(), 'journal.db')}` }
    const service = await startService({ env })
    const connection = await keepConnection(service.ingest)
    await connection.request()
    await stopping(service)
    await until('the end of the connection', connection.ended)
    connection.socket.write(POST)
    await service.exited
    expect(await recorded(await startService({ env }))).to.equal(2)
  })
})
