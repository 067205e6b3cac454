import { expect } from 'chai'
import fc from 'fast-check'
import {
  type IncidentEvent,
  isOpen,
  newEndpoint,
  ORIGIN_LIMIT,
  type Origin,
} from '../../src/domain/incident/incident.ts'
import { reduceIncident } from '../../src/domain/incident/reduce-incident.ts'
import type { TimelineSignal } from '../../src/domain/incident/timeline.ts'
import { at, CAFE, delivered, proxied, run, SETTINGS, stream } from './delivery-events.ts'

let ids = 0
function signal(minute: number, type: TimelineSignal['type'], more: Partial<TimelineSignal> = {}): IncidentEvent {
  const of: TimelineSignal = {
    ...CAFE,
    id: `s${++ids}`,
    receivedAt: at(minute),
    type,
    endpoint: 'orders',
    code: type === 'recovered' ? null : 503,
    cause: type === 'recovered' ? null : 'unavailable',
    message: '',
    time: null,
    attempts: null,
    event: null,
    ...more,
  }
  return { type: 'signal', at: at(minute), signal: of }
}
const lost = (minute: number, origin: Origin = CAFE): IncidentEvent => ({
  type: 'failure',
  at: at(minute),
  id: `f${++ids}`,
  code: 503,
  cause: 'unavailable',
  ...origin,
})
const fromRetm = (minute: number): IncidentEvent => {
  const { url: _, ...event } = lost(minute, { ...CAFE, source: 'retm' }) as Extract<IncidentEvent, { type: 'failure' }>
  return event
}
const tick = (minute: number, probed = true): IncidentEvent => ({ type: 'tick', at: at(minute), probed })
const probe = (minute: number, up = true): IncidentEvent => ({
  type: 'probe',
  at: at(minute),
  startedAt: at(minute) - 5,
  id: `p${++ids}`,
  scheduled: true,
  up,
  pathUnproven: false,
  status: up ? 200 : null,
  cause: up ? null : 'timeout',
})

describe('reduceIncident() with signals', () => {
  it('opens at an early warning, which is no lost delivery, and is joined by one', () => {
    const { changes, incident } = run([signal(0, 'failing'), signal(1, 'failing')])
    expect(changes).to.deep.equal(['opened', 'joined'])
    expect(incident).to.deep.include({
      failures: 0,
      firstFailureAt: null,
      lastFailureAt: null,
      report: null,
      causes: {},
    })
    expect(incident).to.deep.include({ cause: 'unavailable', sources: ['svix'], tenants: ['cafe'], quietSince: at(1) })
    expect(incident.signals).to.include({ total: 2, warnings: 2, disablings: 0 })
    const long = run([signal(0, 'failing', { message: 'x'.repeat(8_000) })])
    expect(JSON.stringify(long.incident).length).to.be.below(2_000)
    const joined = run([signal(0, 'failing'), lost(2)])
    expect(joined.changes).to.deep.equal(['opened', 'joined'])
    expect(joined.incident.failures).to.equal(1)
  })

  it('stays open while disabled: neither probes, deliveries nor quiet time close it', () => {
    const good = [1, 2, 3].map((minute) => probe(minute))
    const events = [signal(0, 'disabled'), ...good, proxied(4, 5), tick(60), tick(90, false)]
    const { state, incident } = run(events)
    expect(isOpen(state)).to.equal(true)
    expect(incident.signals?.disabled).to.deep.equal([{ ...CAFE, at: at(0) }])
    // Another source, tenant or reference has no say.
    for (const other of [{ source: 'other' }, { tenant: 'grill' }, { url: 'svix:ep_2' }])
      expect(run([...events, signal(91, 'recovered', other), tick(130, false)]).incident.closedAt).to.equal(null)
    // An earlier version noted the source alone.
    const stored = { ...incident, signals: { ...incident.signals!, disabled: [{ source: 'svix', at: at(0) }] } }
    expect(
      run([signal(91, 'recovered', { what: 'enabled' })], { ...state, incident: stored }).incident.signals?.disabled,
    ).to.deep.equal([])
    const enabled = run([...events, signal(95, 'recovered', { what: 'enabled' }), tick(96, false), tick(126, false)])
    expect(enabled.changes.slice(-2)).to.deep.equal(['none', 'closed'])
    // What the platform did not send while it was disabled is lost.
    expect(enabled.incident.loss.until).to.equal(at(95))
  })

  it('stays open where more are disabled than it keeps, until somebody closes it', () => {
    const tenants = Array.from({ length: ORIGIN_LIMIT + 5 }, (_, index) => ({ tenant: `t${index}` }))
    const events = tenants.map((tenant, index) => signal(index, 'disabled', tenant))
    expect(run(events).incident.signals?.disabled).to.have.length(ORIGIN_LIMIT + 1)
    const enabled = tenants.map((tenant, index) => signal(50 + index, 'recovered', { ...tenant, what: 'enabled' }))
    expect(isOpen(run([...events, ...enabled, tick(500, false)]).state)).to.equal(true)
  })

  it('proves nothing by being enabled, and closes a disabled one manually', () => {
    const enabled = run([
      signal(0, 'disabled'),
      probe(1),
      probe(2),
      signal(3, 'recovered', { what: 'enabled' }),
      tick(40),
    ])
    expect(isOpen(enabled.state)).to.equal(true)
    const { state, incident } = run([signal(0, 'disabled')])
    const resolved = run([{ type: 'resolve', at: at(5), id: incident.id, reason: 'on purpose' }], state)
    expect(resolved.incident).to.include({ resolution: 'manual' })
    expect(resolved.incident.signals?.disabled).to.deep.equal([])
  })

  it('notes what a person disabled, and nothing more', () => {
    const manual = { manual: true }
    expect(run([signal(0, 'disabled', manual)]).state.incident).to.equal(null)
    const { incident } = run([lost(0), signal(1, 'disabled', manual)])
    expect(incident.signals).to.deep.include({ total: 1, disablings: 0, disabled: [] })
    expect(incident.quietSince).to.equal(at(0))
  })

  it('counts a recovered delivery as one good probe', () => {
    const recovered = { what: 'delivery' } as const
    const events = [lost(0), signal(5, 'recovered', recovered), probe(6), tick(40)]
    expect(isOpen(run(events).state)).to.equal(true)
    const { incident, changes } = run([
      lost(0),
      signal(5, 'recovered', recovered),
      probe(6),
      probe(7),
      tick(29),
      tick(30),
    ])
    expect(changes.slice(-2)).to.deep.equal(['none', 'closed'])
    expect(incident.loss).to.deep.include({ until: at(5), untilProof: 'platform' })
  })

  it('takes no delivery from before the last failure for a proof, in whichever order a spill brings them', () => {
    const recovered = [signal(5, 'recovered', { what: 'delivery' }), signal(6, 'recovered', { what: 'delivery' })]
    for (const events of [
      [lost(10), ...recovered],
      [lost(10), lost(1), ...recovered],
      [lost(10), { type: 'undelivered', at: at(1) } as const, ...recovered],
    ]) {
      const { incident } = run([...events, tick(45)])
      expect(incident).to.deep.include({ closedAt: null, quietSince: at(10) })
    }
  })

  it('counts a recovery for when it happened, not for when its report came', () => {
    const late = (minute: number, happened: number, what?: TimelineSignal['what']) =>
      signal(minute, 'recovered', { ...(what && { what }), time: at(happened) })
    // It came after the failure, and is from before it: a retry of the platform, or one that somebody held back.
    const old = [5, 6, 7, 8].map((minute) => late(minute, minute - 5, 'delivery'))
    const { state, incident } = run([lost(3), ...old, tick(60)])
    expect(isOpen(state)).to.equal(true)
    expect(incident.signals).to.deep.include({ total: 4, origins: [{ ...CAFE, run: null }] })
    const newer = run([lost(3), late(9, 6, 'delivery'), late(10, 5, 'delivery'), late(11, 7, 'delivery'), tick(60)])
    expect(newer.incident.loss).to.deep.include({ until: at(5), untilProof: 'platform' })
    // The last good moment is no earlier for what came late, and never in the future.
    const [last] = run([signal(1, 'failing'), late(9, 6, 'delivery'), late(10, 4, 'delivery')]).state.delivered!
    expect(last!.at).to.equal(at(6))
    expect(run([lost(3), late(4, 9, 'delivery')]).state.delivered![0]!.at).to.equal(at(4))

    for (const what of ['enabled', 'both', undefined] as const) {
      const disabled = run([signal(3, 'disabled'), late(5, 2, what), late(6, 3, what), tick(90, false)])
      expect(isOpen(disabled.state), what).to.equal(true)
      expect(disabled.incident.signals!.disabled, what).to.have.length(1)
      // A probe failed since, which says nothing about whether the platform sends.
      const enabled = run([signal(3, 'disabled'), probe(6, false), late(8, 5, what), tick(40, false)])
      expect(enabled.incident.loss.until, what).to.equal(at(5))
    }
  })

  it('closes on deliveries in a row after the quiet time; the window ends at the first of them', () => {
    const { incident } = run([lost(0), delivered(3, stream(2, 2)), delivered(4, stream(2, 7)), tick(30)])
    expect(incident).to.include({ resolution: 'proven', closedAt: at(30) })
    expect(incident.loss).to.deep.include({ until: at(2), untilProof: 'platform' })
    expect(isOpen(run([lost(0), delivered(4, stream(2, 2)), tick(60)]).state)).to.equal(true)
  })

  it('is not proven by deliveries of another source, tenant or URL, nor by those before the failure', () => {
    for (const other of [{ source: 'convoy' }, { tenant: 'bar' }, { url: 'svix:ep_2' }]) {
      const { state } = run([lost(0), delivered(2, stream(1, 9, { ...CAFE, ...other })), tick(60)])
      expect(isOpen(state), JSON.stringify(other)).to.equal(true)
    }
    expect(isOpen(run([lost(5), delivered(6, stream(4, 9)), tick(60)]).state)).to.equal(true)
    expect(isOpen(run([fromRetm(0), lost(1), delivered(3, stream(2, 9)), tick(60)]).state)).to.equal(true)
  })

  it('needs proof for each origin of a failure; the last one to recover ends the window', () => {
    const BAR = { ...CAFE, tenant: 'bar' }
    const events = [lost(0), lost(0, BAR), delivered(3, stream(2, 9))]
    expect(isOpen(run([...events, tick(60)]).state)).to.equal(true)
    const { incident } = run([...events, delivered(9, stream(8, 3, BAR)), tick(60)])
    expect(incident.loss).to.deep.include({ until: at(8), untilProof: 'platform' })
    const many = Array.from({ length: ORIGIN_LIMIT + 1 }, (_, index) => ({ ...CAFE, tenant: `t${index}` }))
    const all = many.map((origin) => delivered(3, stream(2, 9, origin)))
    expect(isOpen(run([...many.map((origin) => lost(0, origin)), ...all, tick(60)]).state)).to.equal(true)
  })

  it('is proven by the proxy for the whole endpoint, whichever source reported', () => {
    const { incident } = run([fromRetm(0), lost(0), proxied(4, 3), tick(30)])
    expect(incident.loss).to.deep.include({ until: at(4), untilProof: 'delivery' })
  })

  it('begins anew with any failure that some replica saw', () => {
    const broken: IncidentEvent = { type: 'undelivered', at: at(20) }
    const events = [lost(0), proxied(4, 9), broken, delivered(21, stream(4, 30)), proxied(19, 30)]
    const { state, incident } = run([...events, tick(49), tick(80)])
    expect(isOpen(state)).to.equal(true)
    expect(incident).to.include({ quietSince: at(20) })
    expect(run([...events, proxied(22, 3), tick(50)]).incident.loss.until).to.equal(at(22))
    // No incident: one failed delivery is no news.
    expect(run([broken]).state.incident).to.equal(null)
  })

  it(`remembers the last good deliveries of the ${ORIGIN_LIMIT} origins that delivered last`, () => {
    const tenants = Array.from({ length: ORIGIN_LIMIT + 2 }, (_, index) => ({ ...CAFE, tenant: `t${index}` }))
    const [oldest, ...others] = tenants.map((origin, index) => delivered(index + 1, stream(index, 1, origin)))
    const kept = (events: readonly IncidentEvent[]) => run(events).state.delivered?.map(({ tenant }) => tenant)
    // The oldest delivers again, so that the next two leave.
    const again = delivered(90, stream(89, 1, tenants[0]))
    expect(kept([oldest!, ...others, again])).to.deep.equal(
      [...tenants.slice(3), tenants[0]!].map(({ tenant }) => tenant),
    )
    const recovered = tenants.map((origin, index) => signal(index, 'recovered', { ...origin, what: 'delivery' }))
    expect(kept(recovered)).to.deep.equal(tenants.slice(2).map(({ tenant }) => tenant))
  })

  it('remembers the last good delivery of each origin as the beginning of the window', () => {
    const BAR = { ...CAFE, tenant: 'bar' }
    const good = [delivered(2, stream(1, 3)), delivered(9, stream(8, 3, BAR))]
    expect(run([...good, lost(10)]).incident.loss).to.deep.include({ from: at(1) + 3, fromProof: 'platform' })
    expect(run([...good, lost(10, { ...CAFE, url: 'other' })]).incident.loss.from).to.equal(null)
    expect(run([...good, proxied(9, 1), fromRetm(10)]).incident.loss).to.deep.include({
      from: at(9) + 1,
      fromProof: 'delivery',
    })
    // One bad pod of several: what the others delivered since its first failure does not count.
    const bad = signal(12, 'failing', { source: 'proxy', tenant: '', url: 'orders', failingSince: at(6) })
    expect(run([proxied(5, 1), probe(4), proxied(11, 9), bad]).incident.loss.from).to.equal(at(4))
  })

  it('ends no window before the last sign of failure, whatever happens', () => {
    const minute = fc.integer({ min: 0, max: 200 })
    const event = fc.oneof(
      minute.map((m) => lost(m)),
      minute.map((m) => signal(m, 'failing')),
      minute.map((m) => signal(m, 'disabled')),
      minute.map((m) => signal(m, 'recovered')),
      minute.map((m) => proxied(m, 3)),
      fc.tuple(minute, minute).map(([m, since]) => delivered(m, stream(since, 5))),
      minute.map((m): IncidentEvent => ({ type: 'undelivered', at: at(m) })),
      minute.map((m) => tick(m, false)),
      minute.map((m) => probe(m, m % 2 === 0)),
    )
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        let state = newEndpoint('orders')
        for (const each of events) {
          const before = state
          state = reduceIncident(state, each, SETTINGS).state
          const { incident } = state
          if (!incident || incident.closedAt === null) continue
          const { from, until } = incident.loss
          expect(until).to.be.at.least(
            Math.max(incident.lastFailureAt ?? 0, incident.signals?.lastBadAt ?? 0, from ?? 0),
          )
          // Nothing but a person ends a disabling.
          if (before.incident?.closedAt === null) expect(before.incident.signals?.disabled ?? []).to.deep.equal([])
        }
      }),
      { numRuns: 200 },
    )
  })
})
