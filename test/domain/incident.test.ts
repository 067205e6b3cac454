import { expect } from 'chai'
import fc from 'fast-check'
import {
  type Change,
  type EndpointState,
  type IncidentEvent,
  type IncidentSettings,
  isOpen,
  newEndpoint,
} from '../../src/domain/incident.ts'
import { reduceIncident } from '../../src/domain/reduce-incident.ts'
import { parseIncident } from '../../src/journal/core/stored-incident.ts'

const MINUTE = 60_000
const SETTINGS: IncidentSettings = { quietTime: 30 * MINUTE, goodProbes: 3, failedProbes: 0 }
const T = Date.parse('2026-11-24T02:00:00Z')

/** Applies events one after the other; times are minutes after T. */
function run(events: readonly IncidentEvent[], settings = SETTINGS, state = newEndpoint('orders')) {
  const changes: Change[] = []
  for (const event of events) {
    const reduced = reduceIncident(state, event, settings)
    state = reduced.state
    changes.push(reduced.change)
  }
  return { state, changes, incident: state.incident! }
}
let ids = 0
const failure = (minute: number, cause: 'timeout' | 'tls' = 'timeout'): IncidentEvent => ({
  type: 'failure',
  at: T + minute * MINUTE,
  id: `f${++ids}`,
  code: 504,
  source: 'retm',
  tenant: 'cafe',
  cause,
})
const probe = (minute: number, up: boolean, more: object = {}): IncidentEvent => ({
  type: 'probe',
  at: T + minute * MINUTE,
  startedAt: T + minute * MINUTE - 5,
  id: `p${++ids}`,
  scheduled: true,
  up,
  pathUnproven: false,
  cause: up ? null : 'connection_refused',
  ...more,
})
const tick = (minute: number, probed = true): IncidentEvent => ({ type: 'tick', at: T + minute * MINUTE, probed })
const at = (minute: number) => T + minute * MINUTE

describe('reduceIncident()', () => {
  it('opens at the first failure, is joined by later ones, and counts them by cause', () => {
    const { changes, state, incident } = run([failure(0), failure(1, 'tls'), failure(2)])
    expect(changes).to.deep.equal(['opened', 'joined', 'joined'])
    expect(state.incidents).to.equal(1)
    expect(incident).to.include({ failures: 3, openedAt: at(0), firstFailureAt: at(0), lastFailureAt: at(2) })
    expect(incident.causes).to.deep.equal({ timeout: 2, tls: 1 })
  })

  it('names the sources and at most 100 tenants of its failures', () => {
    const from = (source: string, tenant: string): IncidentEvent => ({ ...failure(0), source, tenant }) as IncidentEvent
    const tenants = Array.from({ length: 100 }, (_, index) => `t${index}`)
    const events = [from('a', ''), ...tenants.map((tenant) => from('b', tenant)), from('a', 't7')]
    const { incident } = run(events)
    expect(incident.sources).to.deep.equal(['a', 'b'])
    expect(incident.tenants).to.deep.equal(tenants)
    expect(incident.tenantsComplete).to.equal(true)
    const more = run([...events, from('b', 'one more')]).incident
    expect(more.tenants).to.deep.equal(tenants)
    expect(more.tenantsComplete).to.equal(false)
  })

  it('of an earlier version is read with what was not noted then', () => {
    const { sources: _, tenants: __, tenantsComplete: ___, ...old } = run([failure(0)]).incident
    expect(parseIncident(JSON.stringify(old)))
      .to.include({ tenantsComplete: false })
      .and.deep.include({
        sources: [],
        tenants: [],
      })
    expect(parseIncident(JSON.stringify({ ...old, failures: 0 })).tenantsComplete).to.equal(true)
  })

  it('closes on proof: enough good probes in a row, and quiet', () => {
    const events = [failure(0), probe(1, false), probe(2, true), probe(3, true), probe(4, true), probe(20, true)]
    expect(isOpen(run(events).state)).to.equal(true)
    const { incident, changes } = run([...events, tick(29), tick(30)])
    expect(changes.slice(-2)).to.deep.equal(['none', 'closed'])
    expect(incident).to.include({ resolution: 'proven', closedAt: at(30) })
    expect(incident.loss).to.deep.equal({ from: null, fromProof: null, until: at(2), untilProof: 'path' })
  })

  it('takes the recovery from the first good probe of the closing run', () => {
    const { incident } = run([
      failure(0),
      probe(1, true),
      probe(2, false),
      probe(10, true),
      probe(11, true),
      probe(31, true),
    ])
    expect(incident.loss.until).to.equal(at(10))
  })

  it('begins the run anew after a report, and does not count a probe that began before it', () => {
    const early = probe(5, true, { startedAt: at(4) - 1 })
    const { incident } = run([
      failure(0),
      probe(1, true),
      probe(2, true),
      failure(4),
      early,
      probe(6, true),
      probe(7, true),
    ])
    expect(incident.goodRun).to.deep.equal({ count: 2, since: at(6), proof: 'path' })
  })

  it('does not close by good probes alone, nor by quiet alone where there are probes', () => {
    expect(
      run([failure(0), ...[1, 2, 3, 4, 5].map((minute) => probe(minute, true)), tick(6)]).incident.closedAt,
    ).to.equal(null)
    expect(run([failure(0), probe(1, false), tick(500)]).incident.closedAt).to.equal(null)
    expect(run([failure(0), tick(500)]).incident.closedAt).to.equal(null)
  })

  it('closes what cannot be probed after the quiet time, unproven, up to its last failure', () => {
    const { incident, changes } = run([failure(0), failure(10), tick(39, false), tick(40, false)])
    expect(changes.slice(-2)).to.deep.equal(['none', 'closed'])
    expect(incident).to.include({ resolution: 'unproven', closedAt: at(40) })
    expect(incident.loss).to.include({ until: at(10), untilProof: 'quiet' })
  })

  it('takes the window from the last good probe before, and says how good that one was', () => {
    const { incident } = run([probe(-9, true), probe(-3, true, { pathUnproven: true }), probe(-1, false), failure(0)])
    expect(incident.loss).to.include({ from: at(-3), fromProof: 'reachability' })
  })

  it('is opened again, the same one, by a failure within the quiet time after closing', () => {
    const closed = [failure(0), probe(1, true), probe(2, true), probe(31, true)]
    expect(isOpen(run(closed).state)).to.equal(false)
    const { incident, state, changes } = run([...closed, failure(60)])
    expect(changes.at(-1)).to.equal('reopened')
    expect(incident).to.include({ closedAt: null, resolution: null, reopened: 1, failures: 2, openedAt: at(0) })
    expect(incident.loss).to.include({ from: null, until: null })
    expect(state.incidents).to.equal(1)
    expect(run([...closed, failure(61)]).changes.at(-1)).to.equal('opened')
  })

  it('does not open ten incidents where an endpoint flaps', () => {
    const events = Array.from({ length: 10 }, (_, round) => {
      const start = round * 50
      return [failure(start), probe(start + 1, true), probe(start + 2, true), probe(start + 31, true)]
    }).flat()
    const { state, incident } = run(events)
    expect(state.incidents).to.equal(1)
    expect(incident.reopened).to.equal(9)
  })

  it('is closed by hand, once, and only the one that is named', () => {
    const opened = failure(0)
    const id = (opened as { id: string }).id
    const resolve = (name: string): IncidentEvent => ({ type: 'resolve', at: at(5), id: name, reason: 'moved away' })
    const { incident, changes } = run([opened, resolve('another'), resolve(id), resolve(id)])
    expect(changes).to.deep.equal(['opened', 'none', 'closed', 'none'])
    expect(incident).to.include({ resolution: 'manual', reason: 'moved away' })
    expect(incident.loss).to.include({ until: at(5), untilProof: 'manual' })
  })

  it('is opened by failed scheduled probes only where that is configured', () => {
    const probes = [
      probe(0, true),
      probe(1, false),
      probe(2, false, { scheduled: false }),
      probe(3, false),
      probe(4, false),
    ]
    expect(run(probes).state.incident).to.equal(null)
    const { incident, changes } = run(probes, { ...SETTINGS, failedProbes: 3 })
    expect(changes).to.deep.equal(['none', 'none', 'none', 'none', 'opened'])
    expect(incident).to.include({ failures: 0, firstFailureAt: null, report: null, cause: 'connection_refused' })
    expect(incident.loss.from).to.equal(at(0))
  })

  it('counts failed probes in a row', () => {
    const settings = { ...SETTINGS, failedProbes: 2 }
    expect(run([probe(1, false), probe(2, true), probe(3, false)], settings).state.incident).to.equal(null)
  })

  describe('where the clock is set', () => {
    it('back, counts the quiet time again instead of waiting for the old time', () => {
      const events = [failure(600), tick(0, false), tick(29, false)]
      expect(run(events).incident.closedAt).to.equal(null)
      const { incident } = run([...events, tick(30, false)])
      expect(incident.closedAt).to.equal(at(30))
      expect(incident.loss.until).to.equal(at(600))
    })
    it('back, takes good probes for a recovery once it has noticed', () => {
      const { incident } = run([failure(600), tick(0), probe(1, true), probe(2, true), probe(3, true), tick(30)])
      expect(incident.resolution).to.equal('proven')
    })
    it('back, does not know a good moment that lies in the future', () => {
      expect(run([probe(600, true), failure(0)]).incident.loss).to.include({ from: null, fromProof: null })
    })
    it('back, opens the same one again', () => {
      const closed = [failure(600), probe(601, true), probe(602, true), probe(631, true)]
      expect(run([...closed, failure(0)]).changes.at(-1)).to.equal('reopened')
    })
  })

  describe('whatever happens', () => {
    const minutes = fc.integer({ min: -50, max: 300 })
    const event: fc.Arbitrary<(open: string | undefined) => IncidentEvent> = fc.oneof(
      fc.tuple(minutes, fc.constantFrom('timeout' as const, 'tls' as const)).map(
        ([m, cause]) =>
          () =>
            failure(m, cause),
      ),
      fc.tuple(minutes, fc.boolean(), fc.boolean(), fc.integer({ min: 0, max: 5 })).map(
        ([m, up, scheduled, took]) =>
          () =>
            probe(m, up, { scheduled, startedAt: at(m) - took * MINUTE }),
      ),
      fc.tuple(minutes, fc.boolean()).map(
        ([m, probed]) =>
          () =>
            tick(m, probed),
      ),
      minutes.map(
        (m) =>
          (open: string | undefined): IncidentEvent => ({
            type: 'resolve',
            at: at(m),
            id: open ?? 'none',
            reason: 'r',
          }),
      ),
    )
    const settings = fc.record({
      quietTime: fc.constantFrom(MINUTE, 30 * MINUTE),
      goodProbes: fc.integer({ min: 1, max: 3 }),
      failedProbes: fc.integer({ min: 0, max: 2 }),
    })

    it('has exact counts, one open incident at most, and windows that are in order', () => {
      fc.assert(
        fc.property(fc.array(event, { maxLength: 60 }), settings, (makers, rules) => {
          let state: EndpointState = newEndpoint('orders')
          let [opened, failures] = [0, 0]
          const ofIncident = new Map<string, number>()
          for (const make of makers) {
            const before = state
            const it = make(isOpen(state) ? state.incident!.id : undefined)
            const reduced = reduceIncident(state, it, rules)
            state = reduced.state
            const incident = state.incident
            if (reduced.change === 'opened') opened++
            if (it.type === 'failure') {
              failures++
              ofIncident.set(incident!.id, (ofIncident.get(incident!.id) ?? 0) + 1)
              expect(reduced.change).to.be.oneOf(['opened', 'reopened', 'joined'])
            }
            // Never two open: a new one only begins where none is open.
            if (isOpen(before) && incident!.id !== before.incident!.id) expect.fail('a second one was opened')
            if (reduced.change === 'none' && isOpen(before)) expect(isOpen(state)).to.equal(true)
            expect(state.incidents).to.equal(opened)
            if (!incident) continue
            expect(incident.failures).to.equal(ofIncident.get(incident.id) ?? 0)
            expect(Object.values(incident.causes).reduce((sum, count) => sum + count!, 0)).to.equal(incident.failures)
            const { from, until } = incident.loss
            expect(until === null).to.equal(incident.closedAt === null)
            if (from !== null && until !== null) expect(from).to.be.at.most(until)
            if (incident.firstFailureAt !== null) expect(incident.firstFailureAt).to.be.at.most(incident.lastFailureAt!)
            if (until !== null && incident.lastFailureAt !== null) expect(until).to.be.at.least(incident.lastFailureAt)
          }
          expect([...ofIncident.values()].reduce((sum, count) => sum + count, 0)).to.equal(failures)
        }),
        { numRuns: 2_000 },
      )
    })

    it('does not close what was quiet by the wall clock alone, nor what failed since the quiet was measured', () => {
      const quiet = (since: number, lasted: number) => ({
        quiet: { since: at(since), lasted: lasted * MINUTE },
      })
      const good = [probe(1, true), probe(2, true), probe(3, true)]
      for (const events of [
        [failure(0), { ...tick(60, false), ...quiet(0, 29) }],
        [failure(0), ...good, { ...tick(60), ...quiet(0, 29) }],
        [failure(0), ...good, probe(60, true, quiet(0, 29))],
        [failure(0), failure(1), { ...tick(60, false), ...quiet(0, 60) }],
      ]) {
        expect(isOpen(run(events as IncidentEvent[]).state)).to.equal(true)
      }
      for (const events of [
        [failure(0), { ...tick(60, false), ...quiet(0, 30) }],
        [failure(0), ...good, probe(60, true, quiet(0, 30))],
        [failure(0), failure(1), { ...tick(31, false), ...quiet(1, 30) }],
      ]) {
        expect(isOpen(run(events as IncidentEvent[]).state)).to.equal(false)
      }
    })

    it('does nothing at a second tick of the same time', () => {
      fc.assert(
        fc.property(fc.array(event, { maxLength: 30 }), settings, minutes, fc.boolean(), (makers, rules, m, probed) => {
          const { state } = run(
            makers.map((make) => make(undefined)),
            rules,
          )
          const once = reduceIncident(state, tick(m, probed), rules)
          const twice = reduceIncident(once.state, tick(m, probed), rules)
          expect(twice.state).to.equal(once.state)
          expect(twice.change).to.equal('none')
        }),
        { numRuns: 500 },
      )
    })

    it('closes in the end, once probes are good or it cannot be probed', () => {
      fc.assert(
        fc.property(fc.array(event, { maxLength: 30 }), settings, fc.boolean(), (makers, rules, probed) => {
          let { state } = run(
            makers.map((make) => make(undefined)),
            rules,
          )
          if (!isOpen(state)) return
          const calm = [1_000, 1_001, 1_002, 1_003].flatMap((m) => [
            tick(m, probed),
            ...(probed ? [probe(m, true)] : []),
          ])
          state = run([...calm, tick(1_100, probed)], rules, state).state
          expect(isOpen(state)).to.equal(false)
        }),
        { numRuns: 500 },
      )
    })
  })
})
