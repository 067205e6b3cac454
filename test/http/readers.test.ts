import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import { MAX_READERS } from '../../src/http/admin/reader-limits.ts'
import { report, scrape, sum } from '../support/http.ts'
import { filledJournal, type StalledReader, stalledReader, watchMemory } from '../support/readers.ts'
import { type Service, startService, stopServices } from '../support/service.ts'
import { until } from '../support/temp.ts'

const NDJSON = 'Accept: application/x-ndjson'
const PAGE = 2 ** 19
const isStall = ({ msg }: Record<string, unknown>) => /reader stalled/.test(String(msg))
const statusOf = ({ head }: StalledReader): number => Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1])

describe('readers of the admin API', () => {
  describe('a page', () => {
    afterEach(stopServices)

    for (const [what, message] of [
      ['long messages', 'm'.repeat(8_000)],
      ['messages that grow as JSON', '\u0001'.repeat(8_000)],
      ['messages of three bytes a character', '€'.repeat(2_600)],
    ] as const) {
      it(`ends after 512 KiB and says so with next, with ${what}`, async () => {
        const { admin } = await startService({
          config: { journal: { url: `sqlite:${await filledJournal(400, message)}` } },
        })
        const seen: string[] = []
        let cursor = ''
        do {
          const text = await (await fetch(`${admin}/api/v1/failures?limit=1000${cursor}`)).text()
          expect(Buffer.byteLength(text)).to.be.at.most(PAGE + 1_024)
          const { failures, next } = JSON.parse(text)
          expect(failures).to.have.length.within(1, 399)
          expect(next).to.equal(failures.length + seen.length === 400 ? null : failures.at(-1).id)
          seen.push(...failures.map(({ id }: { id: string }) => id))
          cursor = next === null ? '' : `&cursor=${next}`
        } while (cursor !== '')
        expect(seen).to.have.length(400)
        expect(seen).to.deep.equal([...new Set(seen)].sort().reverse())
      })
    }

    it('of incidents ends after 512 KiB, too', async () => {
      const path = await filledJournal(0, '')
      const { admin } = await startService({ config: { journal: { url: `sqlite:${path}` } } })
      const database = new DatabaseSync(path)
      const insert = database.prepare(
        'INSERT INTO incidents (id, endpoint, closed_at, incident, verdicts) VALUES (?, ?, ?, ?, ?)',
      )
      for (let index = 0; index < 300; index++) {
        const id = `0190a000-0000-7000-8000-${String(index).padStart(12, '0')}`
        insert.run(id, 'orders', 1_800_000_000_000, JSON.stringify(closedIncident(id, 'r'.repeat(8_000))), '[]')
      }
      database.close()
      const seen: string[] = []
      let cursor = ''
      do {
        const text = await (await fetch(`${admin}/api/v1/incidents?limit=1000${cursor}`)).text()
        expect(Buffer.byteLength(text)).to.be.at.most(PAGE + 1_024)
        const { incidents, next } = JSON.parse(text)
        seen.push(...incidents.map(({ id }: { id: string }) => id))
        cursor = next === null ? '' : `&cursor=${next}`
      } while (cursor !== '')
      expect(new Set(seen).size).to.equal(300)
      expect(seen).to.have.length(300)
    })
  })

  describe('that stall', () => {
    let service: Service
    let stalled: StalledReader[]
    before(async function () {
      this.timeout(120_000)
      // Far more than the kernel takes over.
      const path = await filledJournal(3_000, 'm'.repeat(8_000))
      service = await startService({ config: { journal: { url: `sqlite:${path}` } } })
    })
    const stall = async () => {
      stalled = await Promise.all(
        Array.from({ length: 40 }, () => stalledReader(service.admin, '/api/v1/failures', [NDJSON])),
      )
    }

    it('are limited in number: others get Retry-After, and other paths still answer', async function () {
      this.timeout(120_000)
      await stall()
      const refused = stalled.filter((reader) => statusOf(reader) !== 200)
      expect(refused.length).to.be.within(30, 39)
      for (const { head } of refused) {
        expect(head).to.match(/^HTTP\/1\.1 429 /)
        expect(Number(/retry-after: (\d+)/i.exec(head)?.[1])).to.be.at.least(1)
        expect(head).to.include('"code":"too_many_requests"')
      }
      expect((await fetch(`${service.admin}/api/v1/failures?limit=1`)).status).to.equal(429)
      for (const path of ['/metrics', '/healthz', '/readyz', '/', '/api/v1/incidents', '/api/v1/endpoints'])
        expect((await fetch(service.admin + path)).status, path).to.equal(200)
      expect((await report(service.ingest)).status).to.equal(202)
    })

    it('make room when they disconnect', async () => {
      for (const { socket } of stalled) socket.destroy()
      await until('room', async () => (await fetch(`${service.admin}/api/v1/failures?limit=1`)).status === 200)
    })

    it('make room for as many as disconnected, and no more', async () => {
      for (let round = 0; round < 3; round++) {
        await stall()
        expect(stalled.filter((reader) => statusOf(reader) === 200).length, `round ${round}`).to.be.at.most(MAX_READERS)
        for (const { socket } of stalled) socket.destroy()
        await until('room', async () => (await fetch(`${service.admin}/api/v1/failures?limit=1`)).status === 200)
      }
    })

    it('make room when they disconnect with requests of their own still waiting', async () => {
      const pipelined = Array(30).fill(`GET /api/v1/failures HTTP/1.1\r\nHost: x\r\n${NDJSON}\r\n\r\n`).join('')
      const reader = await stalledReader(service.admin, '/api/v1/failures', [NDJSON, '', pipelined])
      await until('no room', async () => (await fetch(`${service.admin}/api/v1/failures?limit=1`)).status === 429)
      reader.socket.destroy()
      await until('room', async () => (await fetch(`${service.admin}/api/v1/failures?limit=1`)).status === 200)
    })

    it('are timed out, and those that read are not', async function () {
      this.timeout(180_000)
      await stall()
      const served = stalled.filter((reader) => statusOf(reader) === 200)
      expect(served.length).to.be.at.least(1)
      await until('the end of all', () => service.log().filter(isStall).length >= served.length, 120_000)
      const log = service.log().filter(isStall)
      expect(log[0]).to.include({ level: 'warn', path: '/api/v1/failures' })
      const text = await (
        await fetch(`${service.admin}/api/v1/failures`, { headers: { Accept: 'application/x-ndjson' } })
      ).text()
      expect(text.trimEnd().split('\n').length).to.be.at.least(3_000)
    })
    after(stopServices)
  })

  describe('that are hostile, a hundred of them', () => {
    afterEach(stopServices)

    // As `npm start` runs it, and with as little heap as an operator may give it.
    for (const nodeArgs of [['--max-semi-space-size=8'], ['--max-semi-space-size=8', '--max-old-space-size=256']]) {
      it(`take less than 256 MiB during a storm of reports, with ${nodeArgs.join(' ')}`, async function () {
        this.timeout(180_000)
        const message = 'The handler did not answer in time. '.repeat(230)
        const path = await filledJournal(2_500, message)
        const service = await startService({
          nodeArgs,
          env: { MALLOC_ARENA_MAX: '2' },
          config: { journal: { url: `sqlite:${path}` } },
        })
        const memory = watchMemory(service.pid)
        let over = false
        const { admin, ingest } = service
        const requests: readonly (readonly [path: string, headers: string[], stalls: boolean])[] = [
          ['/api/v1/failures?limit=1000', [], false],
          ['/api/v1/failures?limit=1000', [], true],
          ['/api/v1/failures', [NDJSON], true],
          ['/api/v1/failures', [NDJSON], false],
          ['/api/v1/incidents?limit=1000', [], true],
          ['/metrics', [], true],
        ]
        const read = async (index: number) => {
          const [target, headers, stalls] = requests[index % requests.length]!
          while (!over) {
            const reader = await stalledReader(admin, target, headers).catch(() => undefined)
            if (!stalls) reader?.socket.resume()
            const end = performance.now() + (stalls && reader && statusOf(reader) === 200 ? 4_000 : 200)
            while (!over && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 50))
            reader?.socket.destroy()
          }
        }
        let stored = 0
        const send = async (index: number) => {
          while (!over) {
            const words = index % 4 === 0 ? message : 'Service Unavailable'
            const body = { code: 504, endpoint: `https://shop.example/hooks/${index % 8}`, message: words }
            if ((await report(ingest, body)).status === 202) stored++
          }
        }
        const end = Promise.all([
          ...Array.from({ length: 100 }, (_, index) => read(index)),
          ...Array.from({ length: 32 }, (_, index) => send(index)),
        ])
        await new Promise((resolve) => setTimeout(resolve, 12_000))
        over = true
        await end
        const peak = memory.stop()
        console.log(
          `        peak ${peak.own.toFixed(0)} MiB of its own, ${peak.resident.toFixed(0)} MiB with shared files, ${stored} reports acknowledged`,
        )
        expect(peak.own).to.be.lessThan(256)
        expect(stored).to.be.greaterThan(0)
        expect(sum(await scrape(admin), 'webhook_delivery_failures_total')).to.be.at.least(stored)
        expect((await fetch(`${admin}/healthz`)).status).to.equal(200)
      })
    }
  })
})

const closedIncident = (id: string, reason: string) => ({
  id,
  endpoint: 'orders',
  openedAt: 1_799_999_000_000,
  closedAt: 1_800_000_000_000,
  resolution: 'manual',
  reason,
  firstFailureAt: 1_799_999_000_000,
  lastFailureAt: 1_799_999_500_000,
  failures: 3,
  causes: { timeout: 3 },
  cause: 'timeout',
  report: null,
  reopened: 0,
  verdict: null,
  loss: { from: null, fromProof: null, until: 1_800_000_000_000, untilProof: 'manual' },
})
