import { expect } from 'chai'
import fc from 'fast-check'
import { type EndpointState, type IncidentEvent, isOpen, newEndpoint } from '../../src/domain/incident/incident.ts'
import { reduceIncident } from '../../src/domain/incident/reduce-incident.ts'
import { at, failure, MINUTE, probe, run, tick } from './incident-support.ts'

describe('reduceIncident(), compared with a model', () => {
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
