import { expect } from 'chai'
import { classify } from '../../src/domain/classify/classify.ts'
import { type EndpointState, type IncidentEvent, isOpen, newEndpoint } from '../../src/domain/incident/incident.ts'
import { reduceIncident } from '../../src/domain/incident/reduce-incident.ts'
import { failureIds } from '../../src/domain/report/failure.ts'
import { AppError } from '../../src/errors.ts'
import { createDeliveries } from '../../src/service/deliveries.ts'
import { KNOWN_IDS, knownIds } from '../../src/service/known-ids.ts'
import { manualTime } from '../support/manual-time.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const ROUTE = 'POST /hooks/orders'
const LOST = { type: 'failure', id: 'f', code: 500, cause: 'server_error', source: 'retm', tenant: '' } as const
const SETTINGS = { quietTime: 30 * MINUTE, goodProbes: 3, failedProbes: 0 }

/** Deliveries to `orders`, whose state is kept in memory instead of a journal. */
function stage({ giveUpAfter = 10 * MINUTE } = {}) {
  const time = manualTime()
  const newId = failureIds()
  const events: IncidentEvent[] = []
  let isDown = false
  let state: EndpointState = newEndpoint('orders')
  const apply = (event: IncidentEvent) => {
    if (isDown) throw new AppError('journal_unavailable', 'down')
    events.push(event)
    const reduced = reduceIncident(state, event, SETTINGS)
    state = reduced.state
    return reduced
  }
  const deliveries = createDeliveries({
    incidents: { apply: async (_, event) => (isDown ? undefined : apply(event)), state: () => state },
    recordSignal: async (signal) => {
      const incident = apply({ type: 'signal', at: signal.receivedAt, signal })
      return { id: signal.id, duplicate: false, incident }
    },
    settings: SETTINGS,
    configured: ['orders'],
    giveUpAfter: new Map([['orders', giveUpAfter]]),
    classify: (seen) => classify(seen),
    newId,
    metrics: { delivered() {}, signalled() {} },
    clock: time.clock,
    monotonic: time.clock,
    timers: time.timers,
  })
  return {
    time,
    events,
    deliveries,
    deliver(ok: boolean, { route = ROUTE, took = 0 } = {}) {
      const at = time.clock()
      deliveries.observed({ endpoint: 'orders', route, ok, code: ok ? 200 : 500, startedAt: at - took, at })
    },
    /** So many deliveries, one per so many milliseconds. */
    async flow(ok: boolean, count: number, pace: number) {
      for (let index = 0; index < count; index++) {
        this.deliver(ok)
        await time.advance(pace)
      }
    },
    of: (type: IncidentEvent['type']) => events.filter((event) => event.type === type),
    apply,
    setDown: (down: boolean) => {
      isDown = down
    },
    isOpen: () => isOpen(state),
    state: () => state,
    isOverdue: () => [...deliveries.overdue()][0]?.isOverdue,
  }
}

describe('createDeliveries()', () => {
  it('warns of three failures in a row, not of two, and once per run while the incident is open', async () => {
    const staged = stage()
    for (const ok of [false, false, true, false, false]) await staged.flow(ok, 1, 100)
    expect(staged.of('signal')).to.deep.equal([])
    const since = staged.time.clock() - 200
    await staged.flow(false, 50, 100)
    expect(staged.of('signal')).to.have.length(1)
    const [warning] = staged.of('signal') as Extract<IncidentEvent, { type: 'signal' }>[]
    expect(warning!.signal).to.include({ type: 'failing', source: 'proxy', code: 500, cause: 'server_error' })
    expect(warning!.signal.failingSince).to.equal(since)
    expect(staged.isOpen()).to.equal(true)
    expect(staged.state().incident).to.include({ failures: 0 })
  })

  it('names what is known where the platform got no whole answer', async () => {
    for (const [ending, cause] of [
      ['client_closed', 'timeout'],
      ['incomplete', 'connection_reset'],
    ] as const) {
      const staged = stage()
      const at = staged.time.clock()
      for (let index = 0; index < 3; index++)
        staged.deliveries.observed({ endpoint: 'orders', route: ROUTE, ok: false, code: 0, ending, startedAt: at, at })
      const [warning] = staged.of('signal') as Extract<IncidentEvent, { type: 'signal' }>[]
      expect(warning!.signal).to.include({ code: 0, cause })
    }
  })

  it('writes failures of an open incident at most once per second, and none of a closed one', async () => {
    const staged = stage()
    await staged.flow(false, 2, 100)
    expect(staged.events).to.deep.equal([])
    await staged.flow(false, 101, 100)
    expect(staged.of('undelivered').length).to.be.within(9, 11)
  })

  it('warns again where a person closed the incident and deliveries still fail', async () => {
    const staged = stage()
    await staged.flow(false, 5, 100)
    staged.apply({ type: 'resolve', at: staged.time.clock(), id: staged.state().incident!.id, reason: 'done' })
    await staged.flow(false, 20, 100)
    expect(staged.of('signal')).to.have.length(2)
    expect(staged.state().incident).to.include({ reopened: 1, closedAt: null })
  })

  it('writes the last good moment at most once per second, and the very last one', async () => {
    const staged = stage()
    await staged.flow(true, 1_000, 10)
    await staged.time.advance(2 * SECOND)
    expect(staged.events.length).to.be.within(10, 12)
    const [last] = staged.state().delivered!
    expect(last).to.include({ source: 'proxy', proof: 'delivery', at: staged.time.clock() - 2 * SECOND - 10 })
    expect(staged.time.pending()).to.equal(0)
  })

  it('proves a recovery by successes since the last failure, whichever replica saw that', async () => {
    const staged = stage()
    await staged.flow(true, 10, 100)
    staged.apply({ ...LOST, at: staged.time.clock() })
    await staged.time.advance(1)
    // Of a run that began before the failure nothing counts.
    await staged.flow(true, 2, 2 * SECOND)
    expect(staged.state().incident?.signals?.deliveryRun?.count).to.equal(2)
    staged.apply({ type: 'undelivered', at: staged.time.clock() })
    await staged.time.advance(1)
    const first = staged.time.clock()
    await staged.flow(true, 4, 2 * SECOND)
    expect(staged.state().incident?.signals?.deliveryRun).to.deep.equal({ count: 4, since: first })
    await staged.time.advance(SETTINGS.quietTime)
    staged.deliver(true)
    await staged.time.settle()
    expect(staged.state().incident?.loss).to.deep.include({ until: first, untilProof: 'delivery' })
  })

  it('begins a new run where another replica saw a failure in the very millisecond in which this one began', async () => {
    const staged = stage()
    staged.deliver(true)
    staged.apply({ ...LOST, at: staged.time.clock() })
    await staged.time.advance(1)
    const first = staged.time.clock()
    await staged.flow(true, 3, 2 * SECOND)
    expect(staged.state().incident?.signals?.deliveryRun).to.deep.equal({ count: 3, since: first })
  })

  it('is proven by nothing but the route and method that failed, and by what began after the failure', async () => {
    const other = { route: 'POST /hooks/refunds' }
    for (const [elsewhere, isWarned] of [
      [other, true],
      [{ route: 'PUT /hooks/orders' }, true],
      // A report opens the incident: only what this replica saw before says which route fails.
      [other, false],
    ] as const) {
      const staged = stage()
      await staged.flow(false, isWarned ? 3 : 1, 100)
      if (!isWarned) staged.apply({ ...LOST, at: staged.time.clock() })
      await staged.time.advance(1)
      for (let index = 0; index < 9; index++) staged.deliver(true, elsewhere)
      await staged.time.advance(2 * SECOND)
      // Another replica, which saw none of it.
      const at = staged.time.clock()
      const stream = (url: string) =>
        ({ source: 'proxy', tenant: '', url, proof: 'delivery', at, run: { count: 9, since: at } }) as const
      staged.apply({ type: 'delivered', at, streams: [stream(elsewhere.route)] })
      await staged.time.advance(2 * SETTINGS.quietTime)
      staged.deliver(true, elsewhere)
      staged.apply({ type: 'delivered', at: staged.time.clock(), streams: [stream(elsewhere.route)] })
      await staged.time.settle()
      expect(staged.isOpen(), JSON.stringify(elsewhere)).to.equal(true)
      expect(staged.state().delivered?.at(-1)?.url, 'the other replica’s').to.equal(elsewhere.route)
      await staged.flow(true, 4, 2 * SECOND)
      staged.deliver(true)
      await staged.time.settle()
      expect(staged.isOpen(), `${JSON.stringify(elsewhere)}, proven`).to.equal(false)
    }
    const staged = stage()
    await staged.flow(false, 3, 100)
    for (let index = 0; index < 9; index++) staged.deliver(true, { took: SECOND })
    await staged.time.advance(2 * SETTINGS.quietTime)
    staged.apply({ type: 'tick', at: staged.time.clock(), probed: true })
    expect(staged.isOpen(), 'begun before').to.equal(true)
  })

  it('writes once the journal is back what came while it was down: failures, and the successes after them', async () => {
    const staged = stage()
    await staged.flow(false, 5, 100)
    await staged.time.advance(20 * MINUTE)
    staged.setDown(true)
    await staged.flow(false, 1, 10 * SECOND)
    const failedAt = staged.time.clock() - 10 * SECOND
    await staged.flow(true, 3, 10 * SECOND)
    await staged.time.advance(MINUTE)
    staged.setDown(false)
    await staged.time.advance(2 * SECOND)
    expect(staged.state().incident).to.include({ quietSince: failedAt })
    expect(staged.state().incident?.signals?.deliveryRun).to.deep.equal({ count: 3, since: failedAt + 10 * SECOND })
    const written = staged.events.length
    await staged.time.advance(MINUTE)
    expect(staged.events).to.have.length(written)
  })

  it('warns once the journal is back', async () => {
    const staged = stage()
    staged.setDown(true)
    await staged.flow(false, 50, 100)
    expect(staged.isOpen()).to.equal(false)
    staged.setDown(false)
    await staged.flow(false, 20, 100)
    expect(staged.of('signal')).to.have.length(1)
  })

  it('says that a report is overdue until it or a success comes', async () => {
    const staged = stage()
    await staged.flow(false, 1, 10 * MINUTE - 1)
    expect(staged.isOverdue()).to.equal(false)
    await staged.time.advance(1)
    expect(staged.isOverdue()).to.equal(true)
    staged.apply({ ...LOST, at: staged.time.clock() })
    expect(staged.isOverdue()).to.equal(false)
    await staged.time.advance(1)
    await staged.flow(false, 2, 6 * MINUTE)
    expect(staged.isOverdue()).to.equal(true)
    staged.deliver(true, { route: 'POST /hooks/refunds' })
    expect(staged.isOverdue(), 'another route').to.equal(true)
    staged.deliver(true)
    expect(staged.isOverdue()).to.equal(false)
    // A success at another replica.
    await staged.flow(false, 1, 11 * MINUTE)
    const at = staged.time.clock() - 1
    const run = { count: 1, since: at }
    const stream = { source: 'proxy', tenant: '', url: ROUTE, proof: 'delivery', at, run } as const
    staged.apply({ type: 'delivered', at, streams: [{ ...stream, url: 'POST /hooks/refunds' }] })
    expect(staged.isOverdue(), 'of another route').to.equal(true)
    staged.apply({ type: 'delivered', at, streams: [stream] })
    expect(staged.isOverdue()).to.equal(false)
  })

  it('keeps nothing of endpoints that are neither configured nor known', () => {
    let applied = 0
    const deliveries = createDeliveries({
      incidents: {
        apply: async () => {
          applied++
          return undefined
        },
        state: () => undefined,
      },
      recordSignal: () => Promise.reject(new Error('never')),
      settings: SETTINGS,
      configured: ['orders'],
      classify: (seen) => classify(seen),
      newId: failureIds(),
      metrics: { delivered() {}, signalled() {} },
      clock: Date.now,
    })
    const report = (endpoint: string) =>
      deliveries.reported({ endpoint, source: 'svix', tenant: '', url: endpoint, provenAt: Date.now() })
    for (let index = 0; index < 100; index++) report(`https://e${index}.example/`)
    expect(applied).to.equal(0)
    report('orders')
    expect(applied).to.equal(1)
  })
})

describe('knownIds()', () => {
  it(`knows the last ${KNOWN_IDS} of each source, for each tenant`, () => {
    const ids = knownIds()
    for (let index = 0; index <= KNOWN_IDS; index++) expect(ids.seen('svix', 'a', `id-${index}`)).to.equal(false)
    expect(ids.seen('svix', 'a', 'id-1')).to.equal(true)
    expect(ids.seen('svix', 'a', `id-${KNOWN_IDS}`)).to.equal(true)
    expect(ids.seen('svix', 'b', 'id-1')).to.equal(false)
    expect(ids.seen('convoy', 'a', 'id-2')).to.equal(false)
    expect(ids.seen('svix', 'a', 'id-0')).to.equal(false)
  })

  it('lets no tenant make those of another be forgotten: each has an equal share', () => {
    const ids = knownIds(100)
    const send = (tenant: string, count: number, from = 0) =>
      Array.from({ length: count }, (_, index) => ids.seen('svix', tenant, `${from + index}`)).filter(Boolean).length
    expect([send('b', 20), send('a', 1_000)]).to.deep.equal([0, 0])
    expect([send('b', 20), send('a', 80, 920)]).to.deep.equal([20, 80])
    // Up to its share a tenant takes from the one that has the most, beyond it from itself.
    expect([send('c', 33), send('c', 33), send('b', 20), send('a', 47, 953)]).to.deep.equal([0, 33, 20, 47])
    expect([send('a', 1, 952), send('c', 500, 33), send('b', 20)]).to.deep.equal([0, 0, 20])
    // Names without end cost no more than the limit.
    for (let index = 0; index < 1_000; index++) expect(send(`t${index}`, 1)).to.equal(0)
    expect([send('t999', 1), send('t950', 1), send('t1', 1)]).to.deep.equal([1, 1, 0])
  })
})
