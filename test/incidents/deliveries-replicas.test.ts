import { expect } from 'chai'
import { classify } from '../../src/domain/classify/classify.ts'
import type { JournalEvents } from '../../src/domain/ports/journal.ts'
import type { Log, Metrics } from '../../src/domain/ports/telemetry.ts'
import { boundedNames } from '../../src/domain/report/bounded-names.ts'
import { failureIds } from '../../src/domain/report/failure.ts'
import { createDeliveries } from '../../src/service/deliveries.ts'
import { createSignalRecorder } from '../../src/service/record-signals.ts'
import { createIncidentTracker } from '../../src/service/track-incidents.ts'
import { EventLog, entry } from '../journal/entries.ts'
import { databases } from '../journal/postgres-databases.ts'
import { until } from '../support/temp.ts'

const SETTINGS = { quietTime: 1_500, goodProbes: 3, failedProbes: 0 }
/** Milliseconds between two deliveries to one pod. */
const PACE = 20
const log = { debug() {}, info() {}, warn() {}, error() {}, fatal() {}, child: () => log } as Log

/** A replica with its own stream of deliveries to `orders`. */
interface Pod {
  isGood: boolean
  readonly stop: () => void
}

describe('deliveries that several replicas see', () => {
  const base = databases()
  const pods: Pod[] = []
  afterEach(() => {
    for (const pod of pods.splice(0)) pod.stop()
  })

  async function pod(isGood: boolean): Promise<Pod & { failures: number }> {
    const events: Partial<JournalEvents> = {}
    const journal = await base.open({
      incidents: SETTINGS,
      events: Object.assign(new EventLog(), {
        onSnapshot: (states: Parameters<JournalEvents['onSnapshot']>[0]) => events.onSnapshot?.(states),
      }),
    })
    const clock = () => journal.now()
    const newId = failureIds()
    const metrics: Pick<Metrics, 'probed' | 'incidentNotOpened' | 'signalled' | 'delivered'> = {
      probed() {},
      incidentNotOpened() {},
      signalled() {},
      delivered() {},
    }
    const tracker = createIncidentTracker({
      journal,
      settings: SETTINGS,
      names: boundedNames(['orders'], 500, true),
      probing: { onFailure() {}, recheck() {} },
      // Probed, but never proven by a probe: what closes it is the deliveries.
      plans: [{ endpoint: 'orders', interval: 60_000, onReport: false }],
      urlOf: () => undefined,
      newId,
      metrics,
      tracing: { probe() {} },
      log,
      clock,
    })
    events.onSnapshot = tracker.onSnapshot
    tracker.start()
    const same = (text: string) => text
    const identity = (url: string) => ({ endpoint: 'orders', url })
    const signals = createSignalRecorder({
      journal,
      incidents: tracker,
      newId,
      metrics,
      log,
      clock,
      identify: identity,
      identifyRef: identity,
      safeMessage: same,
      safeTenant: same,
    })
    const deliveries = createDeliveries({
      incidents: tracker,
      recordSignal: signals.recordOne,
      settings: SETTINGS,
      configured: ['orders'],
      classify: (seen) => classify(seen),
      newId,
      metrics,
      clock,
    })
    const timer = setInterval(() => {
      if (!own.isGood) own.failures++
      const at = clock()
      const route = 'POST /hooks/orders'
      deliveries.observed({
        endpoint: 'orders',
        route,
        ok: own.isGood,
        code: own.isGood ? 200 : 503,
        startedAt: at,
        at,
      })
    }, PACE)
    const stop = () => {
      clearInterval(timer)
      deliveries.stop()
      tracker.stop()
    }
    const own = { isGood, stop, failures: 0 }
    pods.push(own)
    return own
  }

  const incidents = async () => (await base.journals[0]!.incidents({}, { limit: 10 })).incidents

  it('close no incident while one pod of three is bad, and open no second one; the window ends once all are good', async function () {
    this.timeout(60_000)
    await pod(true)
    await pod(true)
    const bad = await pod(false)
    await until('an incident', async () => (await incidents()).length === 1)
    // Twice the quiet time, with hundreds of good deliveries at the other pods.
    const failures = bad.failures
    await until('failures over the quiet time', () => bad.failures > failures + (2.5 * SETTINGS.quietTime) / PACE)
    const [open, ...others] = await incidents()
    expect(others).to.deep.equal([])
    expect(open).to.deep.include({ closedAt: null, failures: 0, reopened: 0, sources: ['proxy'] })
    expect(open?.signals?.warnings).to.equal(1)
    const goodFrom = Date.now()
    bad.isGood = true
    await until('the end', async () => (await incidents())[0]?.closedAt !== null)
    const [closed] = await incidents()
    expect(closed).to.include({ resolution: 'proven', reopened: 0 })
    expect(closed?.loss.untilProof).to.equal('delivery')
    expect(closed?.loss.until).to.be.at.least(closed!.signals!.lastBadAt!)
    // Within the interval in which each replica writes, and what a busy machine adds.
    expect(closed!.signals!.lastBadAt!).to.be.within(goodFrom - 2_000, goodFrom + 500)
    // The row says what the proxy saw; the platform gave up on nothing.
    const { timeline } = (await base.journals[0]!.incident(closed!.id))!
    expect(timeline.map(({ type, source, code, cause }) => [type, source, code, cause])).to.deep.equal([
      ['failing', 'proxy', 503, 'unavailable'],
    ])
  })

  it('close the incident of a report that came by another replica, whichever source it is of', async function () {
    this.timeout(60_000)
    await pod(true)
    await pod(true)
    const good = () => base.sql(`SELECT 1 FROM webhook_errors.endpoints WHERE delivered <> '[]'`)
    await until('a good delivery to be stored', async () => (await good()).length === 1)
    await base.journals[1]!.record(entry({ isTracked: true }))
    await until('the end', async () => (await incidents())[0]?.closedAt != null)
    const [closed] = await incidents()
    expect(closed).to.include({ resolution: 'proven', failures: 1 })
    expect(closed?.loss).to.include({ untilProof: 'delivery', fromProof: 'delivery' })
    expect(closed?.loss.until).to.be.greaterThan(closed!.lastFailureAt!)
  })
})
