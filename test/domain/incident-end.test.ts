import { expect } from 'chai'
import type { Cause } from '../../src/domain/cause/cause.ts'
import { contradicts, type Fault, faultOf, withFault } from '../../src/domain/cause/contradiction.ts'
import { endNow } from '../../src/domain/incident/close-incident.ts'
import { endSentence, prospectWords } from '../../src/domain/incident/end-words.ts'
import { type IncidentEvent, isOpen } from '../../src/domain/incident/incident.ts'
import { parseIncident } from '../../src/journal/core/stored-incident.ts'
import { quietTimes } from '../../src/service/quiet-times.ts'
import { proxied } from './delivery-events.ts'
import { at, failure, MINUTE, probe, run, SETTINGS, tick } from './incident-support.ts'

const reported = (minute: number, code: number, cause: Cause): IncidentEvent =>
  ({ ...failure(minute), code, cause }) as IncidentEvent
const fresh = (minute: number): IncidentEvent => ({ ...tick(minute), isFresh: true }) as IncidentEvent
const answered = (minute: number, status: number) => probe(minute, true, { status })

describe('the end of an incident', () => {
  describe('contradicts()', () => {
    const CASES: readonly (readonly [Fault, readonly number[], readonly number[]])[] = [
      [faultOf('connection_refused', 0), [200, 302, 401, 404, 503], []],
      [faultOf('timeout', 28), [204, 404], []],
      [faultOf('unavailable', 503), [200, 302, 401, 404], [503, 500]],
      [faultOf('timeout', 504), [200, 404], [504, 408, 500]],
      [faultOf('server_error', 500), [204, 404], [500, 501, 503]],
      [faultOf('authentication', 500), [204, 404], [401, 403, 500]],
      [faultOf('not_found', 404), [200, 204], [404, 410, 405, 401, 302]],
      [faultOf('authentication', 401), [200], [401, 403, 404]],
      [faultOf('rejected', 413), [200], [413, 422, 401]],
      [faultOf('redirect', 301), [200], [301, 302]],
      // The source's own number, or none: by its cause.
      [faultOf('not_found', 17), [200], [404, 405]],
      [faultOf('server_error', 0), [200, 404], [500]],
      [faultOf('unknown', 0), [200], [404, 302]],
      // Something in a good answer was wrong.
      [faultOf('unknown', 200), [], [200, 204, 404]],
    ]
    it('holds only for an answer that shows the reported fault gone', () => {
      for (const [fault, yes, no] of CASES) {
        const name = `${fault.cause} ${fault.status}`
        expect(
          yes.filter((status) => !contradicts(status, fault)),
          name,
        ).to.deep.equal([])
        expect(
          no.filter((status) => contradicts(status, fault)),
          name,
        ).to.deep.equal([])
      }
    })
    it('keeps of many faults those that are hardest to contradict', () => {
      const many = Array.from({ length: 30 }, (_, index) => faultOf('unavailable', 500 + index))
      const faults = [...many, faultOf('not_found', 404), ...many].reduce(withFault, [] as readonly Fault[])
      expect(faults).to.have.length(10)
      expect(faults[0]).to.deep.equal({ cause: 'not_found', status: 404 })
    })
  })

  it('is not proven by a probe that gets what the platform got', () => {
    for (const [code, cause] of [
      [404, 'not_found'],
      [401, 'authentication'],
      [413, 'rejected'],
    ] as const) {
      const events = [reported(0, code, cause), answered(1, code), answered(2, code), answered(3, code)]
      expect(isOpen(run([...events, fresh(29)]).state)).to.equal(true)
      const { incident, state } = run([...events, fresh(30)])
      expect(incident).to.deep.include({ resolution: 'unproven', end: { how: 'same_answer', status: code } })
      expect(incident.loss).to.include({ until: at(0), untilProof: 'quiet' })
      expect(endSentence(incident)).to.equal(
        `Closed: no report for 30 minutes. Not proven: the probe still got ${code}, as the platform did.`,
      )
      expect(state.goodAt, 'no good moment for the next incident').to.equal(null)
      // Nor is it one after the closing.
      expect(run([answered(40, code)], SETTINGS, state).state.goodAt).to.equal(null)
      expect(run([answered(40, 200)], SETTINGS, state).state.goodAt).to.equal(at(40))
    }
  })

  it('must be proven against each of its reports, and says which answer did not', () => {
    const events = [reported(0, 404, 'not_found'), reported(1, 503, 'unavailable')]
    const answers = [answered(2, 405), answered(3, 405), answered(4, 405)]
    const { incident } = run([...events, ...answers, fresh(31)])
    expect(incident.end).to.deep.equal({ how: 'other_answer', status: 405 })
    expect(endSentence(incident)).to.include('Not proven: the probe got 405, which does not contradict the reports.')
    const good = [answered(2, 204), answered(3, 204), answered(4, 204)]
    expect(run([...events, ...good, fresh(31)]).incident.resolution).to.equal('proven')
    // An answer in between that proves nothing ends the run.
    expect(
      run([...events, answered(2, 204), answered(3, 204), answered(4, 404), answered(5, 204)]).incident.goodRun,
    ).to.include({ count: 1, since: at(5) })
  })

  it('does not come while probes fail, however long', () => {
    const events = [reported(0, 0, 'connection_refused'), ...[1, 20, 40, 90].map((minute) => probe(minute, false))]
    const { state, incident } = run([...events, fresh(500)])
    expect(isOpen(state)).to.equal(true)
    expect(endNow(incident, { goodProbes: 3, isProbed: true })).to.deep.equal({ how: 'failing' })
  })

  it('is proven by no delivery while the probe fails before it gets an answer, and by one that contradicts its answer', () => {
    const refused = (minute: number) => probe(minute, false)
    const answers500 = (minute: number) => probe(minute, false, { status: 500, cause: 'server_error' })
    for (const [bad, isProven] of [
      [refused, false],
      [answers500, true],
    ] as const) {
      const events = [reported(0, 500, 'server_error'), bad(1), proxied(2, 50), bad(20), proxied(25, 50), tick(60)]
      const { state, incident } = run(events)
      expect(isOpen(state)).to.equal(!isProven)
      if (isProven) expect(incident.end).to.deep.equal({ how: 'delivery' })
      else expect(endNow(incident, { goodProbes: 3, isProbed: true }).how).to.equal('failing')
      const blind = probe(61, false, { unseen: 'blind' })
      expect(isOpen(run([blind, tick(62), tick(92)], SETTINGS, state).state), 'what is blind says nothing').to.equal(
        false,
      )
    }
  })

  it('comes a quiet time after the last failed probe where the receiver has become blind', () => {
    const blind = (minute: number) => probe(minute, false, { unseen: 'blind' })
    const events = [reported(0, 0, 'timeout'), probe(1, false), probe(59, false), blind(60), blind(89)]
    expect(isOpen(run([...events, fresh(89)]).state)).to.equal(true)
    const { incident } = run([...events, fresh(90)])
    expect(incident).to.deep.include({ resolution: 'unproven', end: { how: 'blind' } })
    expect(incident.loss.until, 'it was down at least until then').to.equal(at(60))
    expect(endSentence(incident)).to.equal(
      'Closed: no report for 90 minutes. Not proven: this receiver could not look.',
    )
  })

  it('does not come from what an earlier process saw', () => {
    const events = [reported(0, 404, 'not_found'), answered(1, 404)]
    expect(isOpen(run([...events, tick(40)]).state)).to.equal(true)
    expect(isOpen(run([...events, fresh(40)]).state)).to.equal(false)
  })

  it('is told from proof, by what', () => {
    const { incident } = run([failure(0), probe(1, true), probe(2, true), probe(3, true), tick(30)])
    expect(incident.end).to.deep.equal({ how: 'path' })
    expect(endSentence(incident)).to.equal('Closed with proof: probes succeeded from 2026-11-24T02:01:00.000Z on.')
    const opened = failure(0)
    const closed = run([opened, { type: 'resolve', at: at(5), id: (opened as { id: string }).id, reason: 'moved.' }])
    expect(endSentence(closed.incident)).to.equal('Closed manually: moved. Not proven.')
    expect(endSentence(run([failure(0), tick(40, false)]).incident)).to.equal(
      'Closed: no report for 40 minutes. Not proven: the endpoint was not probed.',
    )
  })

  it('is told of an open incident as it would be now', () => {
    const now = (events: readonly IncidentEvent[], isProbed = true) =>
      prospectWords(endNow(run(events).incident, { goodProbes: 2, isProbed }))
    const first = reported(0, 404, 'not_found')
    expect(now([first])).to.equal('it stays open until there are enough good probes')
    expect(now([first], false)).to.equal('not proven: the endpoint is not probed')
    expect(now([first, answered(1, 404)])).to.equal('not proven: the probe still gets 404, as the platform did')
    expect(now([first, answered(1, 200), answered(2, 200)])).to.equal('probes succeed')
    expect(now([first, answered(1, 404), reported(2, 404, 'not_found')]), 'older than the report').to.include(
      'stays open',
    )
  })

  it('of earlier versions is read from what they stored', () => {
    const { incident } = run([failure(0), probe(1, true), probe(2, true), probe(3, true), tick(30)])
    const { end: _, faults: __, found: ___, ...old } = incident
    const read = (more: object) => parseIncident(JSON.stringify({ ...old, ...more }))
    expect(endSentence(read({}))).to.include('Closed with proof: probes succeeded')
    expect(endSentence(read({ resolution: 'unproven', loss: { ...old.loss, untilProof: 'quiet' } }))).to.equal(
      'Closed: no report for 30 minutes. Not proven.',
    )
    // Its faults are known by their causes.
    const open = read({
      closedAt: null,
      resolution: null,
      causes: { not_found: 1 },
      report: { ...old.report, code: 404, cause: 'not_found' },
    })
    const state = { ...run([failure(0)]).state, incident: open }
    const { incident: after } = run(
      [answered(40, 404), { ...tick(80), isFresh: true } as IncidentEvent],
      SETTINGS,
      state,
    )
    expect(after.end).to.deep.equal({ how: 'same_answer', status: 404 })
  })

  it('comes after a quiet time of which a restart loses no more than a tenth', () => {
    const quietTick = (minute: number, lasted: number): IncidentEvent =>
      ({
        ...tick(minute, false),
        quiet: { since: at(0), lasted: lasted * MINUTE },
      }) as IncidentEvent
    const { state, incident } = run([failure(0), quietTick(2, 2), quietTick(14, 14), quietTick(16, 16)])
    expect(incident.quiet).to.deep.equal({ since: at(0), lasted: 14 * MINUTE })
    expect(run([quietTick(16, 16)], SETTINGS, state).state, 'nothing to store').to.equal(state)
    expect(run([failure(17), quietTick(40, 39)], SETTINGS, state).incident.quiet?.since).not.to.equal(at(17))

    let now = 0
    const times = quietTimes(() => now)
    times.note(state)
    now = 5 * MINUTE
    expect(times.of('orders')).to.deep.equal({ quiet: { since: at(0), lasted: 19 * MINUTE } })
    times.note(run([failure(17)], SETTINGS, state).state)
    expect(times.of('orders')).to.deep.equal({ quiet: { since: at(17), lasted: 0 } })
  })

  it('of a reopened incident counts again what was never proven', () => {
    const unproven = [reported(0, 404, 'not_found'), answered(1, 404), fresh(30)]
    const again = [reported(31, 503, 'unavailable'), answered(32, 404), answered(33, 404), answered(34, 404)]
    expect(run([...unproven, ...again, fresh(70)]).incident.end).to.deep.equal({ how: 'same_answer', status: 404 })
    const proven = [reported(0, 404, 'not_found'), ...[1, 2, 3].map((minute) => answered(minute, 200)), tick(30)]
    expect(run([...proven, ...again, fresh(70)]).incident.resolution).to.equal('proven')
    expect(30 * MINUTE).to.equal(SETTINGS.quietTime)
  })
})
