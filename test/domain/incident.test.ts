import { expect } from 'chai'
import { type IncidentEvent, isOpen } from '../../src/domain/incident/incident.ts'
import { parseIncident } from '../../src/journal/core/stored-incident.ts'
import { at, failure, probe, run, SETTINGS, tick } from './incident-support.ts'

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
})
