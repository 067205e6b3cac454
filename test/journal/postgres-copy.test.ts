import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Journal } from '../../src/domain/ports/journal.ts'
import type { Failure } from '../../src/domain/report/failure.ts'
import { copyRecords } from '../../src/journal/copy.ts'
import { openPostgresRecords } from '../../src/journal/postgres/records.ts'
import { openSqliteJournal } from '../../src/journal/sqlite/journal.ts'
import { readSqliteRecords } from '../../src/journal/sqlite/records.ts'
import { removeTempFolders, tempFolder, until } from '../support/temp.ts'
import { codeOf, EventLog, entry, HOOKED, INCIDENTS, signalEntry } from './entries.ts'
import { databases } from './postgres-databases.ts'

const MAIN = join(import.meta.dirname, '../../src/main.ts')

interface Run {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** @param onStart gets a function that kills it */
function copy(from: string, to: string, onStart: (kill: () => void) => void = () => {}): Promise<Run> {
  const child = spawn(process.execPath, [MAIN, 'journal', 'copy', from, to], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  onStart(() => child.kill('SIGKILL'))
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })))
}

describe('journal copy', () => {
  const base = databases()
  let path: string
  let events: EventLog
  const journals: Journal[] = []

  const sqlite = async (at = path): Promise<Journal> => {
    events = new EventLog()
    const journal = openSqliteJournal({
      path: at,
      events,
      clock: Date.now,
      incidents: INCIDENTS,
      retention: { age: 10 ** 12, size: 2 ** 40 },
    })
    journals.push(journal)
    await journal.open()
    expect(journal.status().fault).to.equal(undefined)
    return journal
  }
  const postgres = async (): Promise<Journal> => {
    events = new EventLog()
    const journal = await base.open({ events })
    expect(journal.status().fault).to.equal(undefined)
    return journal
  }
  const close = (journal: Journal) => journal.close(5_000)
  const all = async (journal: Journal): Promise<Failure[]> => {
    const failures: Failure[] = []
    for await (const chunk of journal.stream({})) failures.push(...chunk)
    return failures
  }

  beforeEach(() => {
    path = join(tempFolder(), 'journal.db')
  })
  afterEach(async () => {
    await Promise.all(journals.splice(0).map(close))
    removeTempFolders()
  })

  it('moves failures, bodies, ids of senders, label sets, incidents and the canary there and back, unchanged', async function () {
    this.timeout(60_000)
    const first = await sqlite()
    const keyed = entry({ key: 'k', raw: Buffer.from([0, 255, 1]), isTracked: true })
    await first.record(keyed)
    await Promise.all(
      Array.from({ length: 2_500 }, (_, index) =>
        first.record(entry({ endpoint: `e${index % 3}`, message: '\u{1f600}\n', isTracked: true })),
      ),
    )
    await first.noteCanary({ configuredAt: 5, succeededAt: 7 })
    const warning = signalEntry('failing', { key: 'w', endpoint: 'e1' })
    await Promise.all(first.recordAll([warning]))
    const stream = { source: 'svix', tenant: '', url: 'svix:ep_1', proof: 'platform', at: 3 } as const
    await first.apply('e2', {
      type: 'delivered',
      at: Date.now(),
      streams: [{ ...stream, run: { count: 1, since: 3 } }],
    })
    const before = await all(first)
    const incidents = await first.incidents({}, { limit: 10 })
    await close(first)

    const there = await copy(`sqlite:${path}`, base.url)
    expect(there.stderr).to.equal('')
    expect(there.code).to.equal(0)
    expect(there.stdout).to.match(/^2501 records, 2501 copied now\nsha256 from (\w{64})\nsha256 to {3}\1\n$/)
    const second = await postgres()
    expect(await all(second)).to.deep.equal(before)
    expect(await second.incidents({}, { limit: 10 })).to.deep.equal(incidents)
    expect(events.states).to.have.length(4)
    const warned = events.states.find(({ endpoint }) => endpoint === 'e1')!.incident!
    expect((await second.incident(warned.id))?.timeline).to.deep.equal([warning.signal])
    expect(events.states.find(({ endpoint }) => endpoint === 'e2')?.delivered).to.deep.equal([stream])
    const again = signalEntry('failing', { key: 'w', endpoint: 'e1' })
    expect(await Promise.all(second.recordAll([again]))).to.deep.equal([{ id: warning.signal.id, duplicate: true }])
    expect(events.counts()).to.deep.equal({ orders: 0, e0: 0, e1: 0, e2: 0 })
    expect(await second.record(entry({ key: 'k' }))).to.deep.equal({ id: keyed.failure.id, duplicate: true })
    expect((await second.record(entry({ endpoint: 'e0', isTracked: true }))).incident?.change).to.equal('joined')
    expect(await second.noteCanary({ configuredAt: 9 })).to.deep.equal({ configuredAt: 5, succeededAt: 7 })
    await close(second)

    const other = join(tempFolder(), 'back.db')
    expect((await copy(base.url, `sqlite:${other}`)).code).to.equal(0)
    const third = await sqlite(other)
    expect((await all(third)).slice(1)).to.deep.equal(before)
    expect(events.counts()).to.deep.equal({ orders: 1, e0: 835, e1: 833, e2: 833 })
    expect((await third.incident(incidents.incidents[0]!.id))?.incident.endpoint).to.equal(
      incidents.incidents[0]!.endpoint,
    )
    expect((await third.incident(warned.id))?.timeline).to.deep.equal([warning.signal])
    expect(await codeOf(third.record(entry({ key: 'k', digest: 'other' })))).to.equal('idempotency_key_reused')
  })

  it('copies large bodies in pages of a few MiB, there and back', async function () {
    this.timeout(60_000)
    const raw = Buffer.alloc(2 ** 20, 1)
    const first = await sqlite()
    for (let n = 0; n < 10; n++) await first.record(entry({ raw }))
    const before = await all(first)
    await close(first)
    const target = await openPostgresRecords(base.url, { allowUnsafe: false })
    const source = readSqliteRecords(path)
    const copied: number[] = []
    await copyRecords(source, target, ({ done }) => copied.push(done))
    expect(copied).to.deep.equal([4, 8, 10])
    expect(await target.after(null, 3)).to.have.length(3)
    expect((await target.after(null, 1_000)).map(({ failure }) => failure.id)).to.deep.equal(
      before
        .toReversed()
        .slice(0, 4)
        .map(({ id }) => id),
    )
    await Promise.all([source.close(), target.close()])
  })

  it('goes on where it was killed, and takes what came since', async function () {
    this.timeout(60_000)
    const first = await sqlite()
    for (let batch = 0; batch < 4; batch++) {
      await Promise.all(Array.from({ length: 5_000 }, () => first.record(entry())))
    }
    const count = async () => Number((await base.sql('SELECT count(*) AS n FROM webhook_errors.failures'))[0].n)
    let kill = () => {}
    // The journal is still in use: what comes during the copy is for the next run.
    const killed = copy(`sqlite:${path}`, base.url, (it) => {
      kill = it
    })
    await until('some records', async () => (await count().catch(() => 0)) > 1_000)
    kill()
    expect((await killed).code).to.equal(null)
    const there = await count()
    expect(there).to.be.within(1_000, 20_000)
    await first.record(entry())
    await close(first)
    const again = await copy(`sqlite:${path}`, base.url)
    expect(again.stdout).to.match(/^20001 records, /)
    expect(again.stdout).to.include(`${20_001 - there} copied now`)
    expect(again.code).to.equal(0)
    expect((await copy(`sqlite:${path}`, base.url)).stdout).to.include('20001 records, 0 copied now')
  })

  it('moves the events that hooks have not received yet, and recoveries, there and back', async function () {
    this.timeout(60_000)
    const [endpoint] = HOOKED
    const first = await sqlite()
    const { id } = await first.record(entry({ endpoint, isTracked: true }))
    await first.apply(endpoint, { type: 'resolve', at: Date.now(), id, reason: 'fixed' })
    await first.recover(id, { type: 'request', at: Date.now(), detail: 'please' })
    const shown = async (journal: Journal) => ({
      events: (await journal.pendingEvents('all', 10)).map(({ sequence: _, ...event }) => event),
      recovery: (await journal.incident(id))?.incident.recovery,
    })
    const before = await shown(first)
    expect(before.events.map((event) => event.id)).to.deep.equal(
      ['opened', 'closed', 'requested'].map((change) => `${id}-${change}-1`),
    )
    expect(before.recovery).to.include({ status: 'requested', detail: 'please' })
    await close(first)
    expect(await copy(`sqlite:${path}`, base.url)).to.include({ code: 0, stderr: '' })
    const second = await postgres()
    expect(await shown(second)).to.deep.equal(before)
    await close(second)
    path = join(tempFolder(), 'back.db')
    expect(await copy(base.url, `sqlite:${path}`)).to.include({ code: 0, stderr: '' })
    const third = await sqlite()
    expect(await shown(third)).to.deep.equal(before)
    expect(await third.recoveries()).to.deep.equal([
      { endpoint, status: 'requested', incidents: 1, oldestClosedAt: before.recovery?.closedAt },
    ])
  })

  it('leaves out what the target stored under the same id of the sender', async () => {
    const first = await sqlite()
    await first.record(entry({ key: 'k' }))
    await first.record(entry())
    await close(first)
    const second = await postgres()
    const known = await second.record(entry({ key: 'k' }))
    await close(second)
    const run = await copy(`sqlite:${path}`, base.url)
    expect(run.stdout).to.include("2 records, 1 copied now, 1 skipped: already there under their sender's id")
    expect(run.code).to.equal(0)
    const again = await postgres()
    expect(await all(again)).to.have.length(2)
    expect(await again.get(known.id)).not.to.equal(undefined)
  })

  it('says so where the target holds another record under the same id', async () => {
    const first = await sqlite()
    const { failure } = entry()
    await first.record(entry({ id: failure.id, message: 'one' }))
    await close(first)
    const second = await postgres()
    await second.record(entry({ id: failure.id, message: 'another' }))
    await close(second)
    const run = await copy(`sqlite:${path}`, base.url)
    expect(run.stderr).to.include('the journals differ')
    expect(run.code).to.equal(1)
  })

  it('refuses a target in use, two of a kind, and what is no journal', async () => {
    await sqlite()
    expect((await copy(base.url, `sqlite:${path}`)).stderr).to.include('another process holds')
    expect(await copy(base.url, base.url)).to.deep.include({ code: 2 })
    expect(await copy('mysql://x', base.url)).to.deep.include({ code: 2 })
    expect((await copy(`sqlite:${join(tempFolder(), 'none.db')}`, base.url)).stderr).to.include('there is no')
    expect((await copy(`sqlite:${path}`, 'postgres://nobody@127.0.0.1:1/x')).code).to.equal(1)
  })
})
