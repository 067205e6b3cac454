import { join } from 'node:path'
import { expect } from 'chai'
import type { Cause } from '../../src/domain/cause/cause.ts'
import { boundedNames } from '../../src/domain/report/bounded-names.ts'
import { failureIds } from '../../src/domain/report/failure.ts'
import { openSqliteJournal } from '../../src/journal/sqlite/journal.ts'
import { createOutboundClient } from '../../src/outbound/client.ts'
import { outboundGuard } from '../../src/outbound/guard.ts'
import { createProber } from '../../src/probe/prober.ts'
import { probePlans } from '../../src/service/probe-plans.ts'
import { createProbing } from '../../src/service/probing.ts'
import { createIncidentTracker } from '../../src/service/track-incidents.ts'
import { EventLog, entry } from '../journal/entries.ts'
import { http } from '../support/sockets.ts'
import { removeTempFolders, tempFolder, until } from '../support/temp.ts'

const SETTINGS = { quietTime: 60_000, goodProbes: 3, failedProbes: 0 }

describe('createFollower()', () => {
  const closers: (() => unknown)[] = []
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close()
    removeTempFolders()
  })

  /** Tracker, probing and SQLite journal as the service has them, with a real endpoint. */
  async function stage({ status = 503, clock = Date.now } = {}) {
    const server = await http((_, response) => response.writeHead(status).end())
    closers.push(() => server.close())
    const warnings: { rule?: string }[] = []
    const log = { debug() {}, info() {}, error() {}, fatal() {}, warn: (fields: object) => void warnings.push(fields) }
    const events = new EventLog()
    const journal = openSqliteJournal({
      path: join(tempFolder(), 'journal.db'),
      events,
      clock,
      incidents: SETTINGS,
      retention: { age: 86_400_000, size: 2 ** 30 },
    })
    await journal.open()
    closers.push(() => journal.close(5_000))
    const plans = probePlans(
      [
        {
          name: 'orders',
          urls: [`http://127.0.0.1:${server.port}/`],
          probe: { headers: [], timeout: 5_000, onReport: true },
        },
      ],
      async () => '',
    )
    const probing = createProbing({
      plans,
      prober: createProber({
        client: createOutboundClient({ guard: outboundGuard({ allow: ['127.0.0.1'], internal: [] }) }),
      }),
      recheckIntervals: { first: 50, longest: 50 },
      log,
    })
    closers.push(() => probing.stop())
    const tracker = createIncidentTracker({
      journal,
      settings: SETTINGS,
      names: boundedNames(['orders'], 10, false),
      probing,
      plans,
      urlOf: () => undefined,
      newId: failureIds(),
      metrics: { probed() {}, incidentNotOpened() {} },
      tracing: { probe() {} },
      log,
      clock,
    })
    closers.push(() => tracker.stop())
    probing.start(tracker.onProbeRound)
    const report = async (code: number, cause: Cause) => {
      const one = entry({ endpoint: 'orders', code, cause, isTracked: true, at: clock() })
      const { incident } = await journal.record(one)
      tracker.onRecorded(one.failure, incident, null)
    }
    await report(503, 'unavailable')
    const verdicts = () => warnings.filter(({ rule }) => rule !== undefined)
    return { server, journal, probing, tracker, report, verdicts }
  }

  it('no longer probes what has vanished from the journal', async () => {
    const { server, journal, probing, tracker } = await stage()
    await until('a few probes', () => server.accepted() >= 3)
    // No answer of the journal to a later event may be what ends it.
    await journal.close(5_000)
    tracker.onSnapshot([])
    // The round that is under way ends; a round by hand shows that nothing else came between.
    await probing.probeNow('orders')
    const before = server.accepted()
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(server.accepted()).to.equal(before)
    expect([...tracker.states()]).to.deep.equal([])
    expect(tracker.state('orders')).to.equal(undefined)
  })

  it('goes on with each open incident where more endpoints are configured than before, and drops other endpoints without a slot', async () => {
    const { journal, probing } = await stage()
    const recorded = async (endpoint: string) =>
      (await journal.record(entry({ endpoint, isTracked: true }))).incident!.state
    const [a, b, z] = [await recorded('a'), await recorded('b'), await recorded('z')]
    const resolved = { type: 'resolve', at: Date.now(), reason: 'done' } as const
    const closed = await Promise.all(
      [a, b].map((state) => journal.apply(state.endpoint, { ...resolved, id: state.incident!.id })),
    )
    const log = { info() {}, warn() {} }
    const tracker = createIncidentTracker({
      journal,
      settings: SETTINGS,
      names: boundedNames(['new'], 3),
      probing,
      plans: [],
      urlOf: () => undefined,
      newId: failureIds(),
      metrics: { probed() {}, incidentNotOpened() {} },
      tracing: { probe() {} },
      log,
      clock: Date.now,
    })
    closers.push(() => tracker.stop())
    tracker.onSnapshot([...closed.map(({ state }) => state), z])
    expect(tracker.isTracked('z')).to.equal(true)
    expect([...tracker.states()].map(({ endpoint }) => endpoint)).to.deep.equal(['a', 'z'])
  })

  it('forgets what is not configured and closed first where all places are taken, so that new ones have incidents', async () => {
    const { probing } = await stage()
    const unconfigured = { configured: ['own'], limit: 10, places: 4 }
    const settings = { ...SETTINGS, unconfigured }
    const journal = openSqliteJournal({
      path: join(tempFolder(), 'journal.db'),
      events: new EventLog(),
      clock: Date.now,
      incidents: settings,
      retention: { age: 86_400_000, size: 2 ** 30 },
    })
    await journal.open()
    closers.push(() => journal.close(5_000))
    const refused: string[] = []
    const tracker = createIncidentTracker({
      journal,
      settings,
      names: boundedNames(['own'], 4),
      probing,
      plans: [],
      urlOf: () => undefined,
      newId: failureIds(),
      metrics: { probed() {}, incidentNotOpened: () => void refused.push('') },
      tracing: { probe() {} },
      log: { info() {}, warn() {} },
      clock: Date.now,
    })
    closers.push(() => tracker.stop())
    const report = async (endpoint: string) => {
      const one = entry({ endpoint, isTracked: tracker.isTracked(endpoint, `retm/${endpoint}`), tenant: endpoint })
      const { incident } = await journal.record(one)
      tracker.complete(endpoint, incident !== undefined)
      tracker.onRecorded(one.failure, incident, null)
      return incident?.change
    }
    const known = () => [...tracker.states()].map(({ endpoint }) => endpoint).toSorted()
    for (let round = 0; round < 12; round++) {
      expect(await report(`invented-${round}`), `round ${round}`).to.equal('opened')
      await tracker.resolve(tracker.state(`invented-${round}`)!.incident!.id, 'done')
    }
    expect(known()).to.deep.equal(['invented-10', 'invented-11', 'invented-9'])
    expect(await report('own')).to.equal('opened')
    for (const name of ['a', 'b', 'c']) expect(await report(name)).to.equal('opened')
    // All places are those of open incidents.
    expect(await report('d')).to.equal(undefined)
    expect(refused).to.have.length(1)
    expect(await report('invalid')).to.equal(undefined)
    expect(known()).to.deep.equal(['a', 'b', 'c', 'own'])
  })

  it('judges a batch of reports on an endpoint without probes once or twice, and not for each of them', async () => {
    const { journal, probing } = await stage()
    const applied: string[] = []
    const tracker = createIncidentTracker({
      journal: {
        apply: (endpoint, event) => {
          applied.push(event.type)
          return journal.apply(endpoint, event)
        },
        get: (id) => {
          applied.push('get')
          return journal.get(id)
        },
        incident: (id) => journal.incident(id),
      },
      settings: SETTINGS,
      names: boundedNames(['shop'], 3),
      probing,
      plans: [],
      urlOf: () => undefined,
      newId: failureIds(),
      metrics: { probed() {}, incidentNotOpened() {} },
      tracing: { probe() {} },
      log: { info() {}, warn() {} },
      clock: Date.now,
    })
    closers.push(() => tracker.stop())
    const entries = Array.from({ length: 100 }, (_, at) =>
      entry({ endpoint: 'shop', isTracked: true, code: 500 + at, at: Date.now() }),
    )
    const recorded = await Promise.all(journal.recordAll(entries))
    for (const [at, { failure }] of entries.entries()) tracker.onRecorded(failure, recorded[at]!.incident, null)
    await until('the verdict on the last', () =>
      tracker.state('shop')?.incident?.verdict?.sentence.includes('code 599'),
    )
    // What was read for each report, if it was.
    await journal.get('')
    expect(applied.length).to.be.within(1, 4)
  })

  it('links a probe to the last 1,000 failures before it, so that a flood of reports keeps no more spans', async () => {
    const { probing, tracker: other } = await stage()
    const linked: string[] = []
    const tracker = createIncidentTracker({
      journal: {
        apply: () => Promise.reject(new Error('down')),
        get: async () => undefined,
        incident: async () => undefined,
      },
      settings: SETTINGS,
      names: boundedNames(['orders'], 3),
      probing,
      plans: [{ endpoint: 'orders', onReport: true }],
      urlOf: () => undefined,
      newId: failureIds(),
      metrics: { probed() {}, incidentNotOpened() {} },
      tracing: { probe: ({ requestedBy }) => void linked.push(...requestedBy.map(({ spanId }) => spanId)) },
      log: { info() {}, warn() {} },
      clock: Date.now,
    })
    closers.push(() => tracker.stop())
    const failures = Array.from({ length: 1_001 }, () => entry({ endpoint: 'orders' }).failure)
    const applied = { change: 'joined', state: other.state('orders')! } as const
    for (const failure of failures) tracker.onRecorded(failure, applied, { traceId: 't', spanId: failure.id })
    const startedAt = Date.now()
    const up = {
      endpoint: 'orders',
      vantage: 'public',
      url: 'http://x/',
      startedAt,
      up: true,
      detail: '',
      phases: {},
    } as const
    const ids = failures.map(({ id }) => id)
    await tracker.onProbeRound({ endpoint: 'orders', trigger: 'report', results: [up], failureIds: ids })
    expect(linked).to.deep.equal(ids.slice(1))
  })

  it('judges a new report after the clock was set back, also while probes are good', async () => {
    let ahead = 3_600_000
    const { tracker, report } = await stage({ status: 204, clock: () => Date.now() + ahead })
    const verdict = () => tracker.state('orders')!.incident!.verdict
    await until('a verdict', () => verdict()?.cause === 'unavailable')
    ahead = 0
    await report(401, 'authentication')
    await until('a verdict on the new report', () => verdict()?.cause === 'authentication')
    expect(verdict()!.sentence).to.include('code 401')
  })

  it('logs a verdict once, however many rounds reach it while the journal is down', async () => {
    const { server, journal, tracker, verdicts } = await stage()
    // Closed before any verdict could be kept: from now on every change is refused.
    await journal.close(5_000)
    const before = server.accepted()
    await until('many rounds', () => server.accepted() >= before + 10)
    expect(tracker.state('orders')!.incident).to.include({ closedAt: null })
    expect(verdicts()).to.have.length(1)
  })
})
