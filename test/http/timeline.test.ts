import { expect } from 'chai'
import type { IncidentEvent } from '../../src/domain/incident/incident.ts'
import { timelineTable } from '../../src/http/pages/timeline.ts'
import { failure, MINUTE, probe, run, T, tick } from '../domain/incident-support.ts'

describe('timelineTable()', () => {
  const shown = (events: readonly IncidentEvent[]) => {
    const none = { verdicts: [], failures: [], signals: [], probes: [], more: [] }
    return timelineTable({ incident: run(events).incident, ...none }, { base: '', version: '1' }).markup
  }

  it('says that an endpoint recovered only where that is proven', () => {
    expect(shown([failure(0), probe(31, true), probe(32, true), probe(33, true)])).to.include('recovered (proof: path)')
    expect(shown([failure(0), tick(31, false)]))
      .to.include('recovery not proven (proof: quiet)')
      .and.not.include('recovered')
    const { id } = run([failure(0)]).incident
    const opened = { ...failure(0), id } as IncidentEvent
    expect(shown([opened, { type: 'resolve', at: T + MINUTE, id, reason: 'retired' }]))
      .to.include('recovery not proven (proof: manual)')
      .and.not.include('recovered')
  })
})
