import { expect } from 'chai'
import fc from 'fast-check'
import {
  HISTORY_LIMIT,
  isUnfinished,
  openRecovery,
  type Recovery,
  type RecoveryEvent,
  type RecoveryReport,
  reduceRecovery,
  reopenRecovery,
} from '../../src/domain/incident/recovery.ts'

const CLOSED = 1_000
const opened = openRecovery(null, { closedAt: CLOSED, isNeeded: true })
const report = (task: string, status: RecoveryReport['status'], more: Partial<RecoveryReport> = {}): RecoveryEvent => ({
  type: 'report',
  at: 2_000,
  report: { task, status, restored: null, tenants: [], detail: null, closedAt: null, ...more },
})
const request = (task: string): RecoveryEvent => ({ type: 'request', at: 1_500, task, detail: null })
const reduced = (recovery: Recovery, ...events: readonly RecoveryEvent[]): Recovery =>
  events.reduce((state, event) => reduceRecovery(state, event).recovery, recovery)

describe('reduceRecovery()', () => {
  it('follows a task from its request to its end', () => {
    const states = [request('a'), report('a', 'running', { restored: 3 }), report('a', 'finished', { restored: 37 })]
    const ended = reduced(opened, ...states)
    expect(ended).to.include({ status: 'finished', task: 'a', restored: 37 })
    expect(ended.history.map(({ status }) => status)).to.deep.equal(['open', 'requested', 'running', 'finished'])
    expect(isUnfinished(ended)).to.equal(false)
  })

  it('lets an unknown task start a recovery, also of an incident that needed none', () => {
    expect(reduced(opened, report('job', 'running'))).to.include({ status: 'running', task: 'job' })
    const none = openRecovery(null, { closedAt: CLOSED, isNeeded: false })
    expect(reduced(none, report('job', 'running'))).to.include({ status: 'running' })
    expect(reduced(opened, report('a', 'finished'), report('b', 'running'))).to.include({
      status: 'running',
      task: 'b',
    })
  })

  it('changes nothing when a report is repeated', () => {
    const once = reduced(opened, report('a', 'finished', { restored: 2, closedAt: CLOSED }))
    const { recovery, change } = reduceRecovery(once, report('a', 'finished', { restored: 2, closedAt: CLOSED }))
    expect(recovery).to.equal(once)
    expect(change).to.equal('none')
  })

  it('ignores what arrives after the end of its task, and progress that was overtaken', () => {
    const ended = reduced(opened, report('a', 'finished', { restored: 5 }))
    expect(reduced(ended, report('a', 'running', { restored: 4 }), report('a', 'failed'))).to.equal(ended)
    const running = reduced(opened, report('a', 'running', { restored: 9 }))
    expect(reduced(running, report('a', 'running', { restored: 4 }))).to.equal(running)
  })

  it('lets a task that failed run again under the same name', () => {
    const again = reduced(opened, report('a', 'failed', { detail: 'evicted' }), report('a', 'running'))
    expect(again).to.include({ status: 'running', task: 'a' })
    expect(reduced(again, report('a', 'finished', { restored: 1 }))).to.include({ status: 'finished' })
  })

  it('keeps a recovery finished if a task that ran next to it fails', () => {
    const both = reduced(
      opened,
      report('a', 'running'),
      report('b', 'running'),
      report('a', 'finished', { restored: 7 }),
    )
    const { recovery, change } = reduceRecovery(both, report('b', 'failed'))
    expect(recovery).to.include({ status: 'finished', task: 'a', restored: 7 })
    expect(change).to.equal('noted')
  })

  it('never finishes a later closing by a report for an earlier one', () => {
    const running = reduced(opened, report('a', 'running'))
    const reopened = reopenRecovery(running)
    expect(reopened).to.include({ status: 'open', task: null })
    const late = reduceRecovery(reopened, report('a', 'finished', { restored: 3 }))
    expect(late.change).to.equal('noted')
    expect(late.recovery).to.include({ status: 'open' })
    const closedAgain = openRecovery(late.recovery, { closedAt: 9_000, isNeeded: true })
    // A task belongs to the closing in which it was first seen, unless it says another one.
    expect(reduced(closedAgain, report('a', 'finished', { restored: 4 }))).to.include({ status: 'open' })
    expect(reduced(closedAgain, report('x', 'finished', { closedAt: CLOSED }))).to.include({ status: 'open' })
    expect(reduced(closedAgain, report('a', 'finished', { closedAt: 9_000 }))).to.include({ status: 'finished' })
    expect(reduced(closedAgain, report('b', 'finished'))).to.include({ status: 'finished', closedAt: 9_000 })
  })

  it('refuses a closing that never was', () => {
    const closedAgain = openRecovery(reopenRecovery(opened), { closedAt: 9_000, isNeeded: true })
    for (const closedAt of [0, CLOSED - 1, CLOSED + 1, 8_999, 9_001]) {
      const { recovery, change } = reduceRecovery(closedAgain, report('a', 'finished', { closedAt }))
      expect(change, `${closedAt}`).to.equal('no_closing')
      expect(recovery).to.equal(closedAgain)
    }
  })

  it('takes a closing that a client has cut to whole seconds', () => {
    const closedAgain = openRecovery(reopenRecovery(opened), { closedAt: 9_123, isNeeded: true })
    const { recovery, change } = reduceRecovery(closedAgain, report('a', 'finished', { closedAt: 9_000 }))
    expect(change).to.equal('reported')
    expect(recovery).to.include({ status: 'finished', closedAt: 9_123 })
  })

  it('records a report on a closing that its history is too short to show', () => {
    const tasks = Array.from({ length: 60 }, (_, index) => report(`task-${index}`, 'failed'))
    const long = reduced(openRecovery(reduced(opened, ...tasks), { closedAt: 9_000, isNeeded: true }), ...tasks)
    expect(reduceRecovery(long, report('a', 'finished', { closedAt: CLOSED })).change).to.equal('noted')
  })

  it('is overdue once per closing, and never when it is finished', () => {
    const overdue = { type: 'overdue', at: 3_000, closedAt: CLOSED } as const
    const first = reduceRecovery(opened, overdue)
    expect(first.change).to.equal('overdue')
    expect(reduceRecovery(first.recovery, overdue).change).to.equal('none')
    expect(reduceRecovery(reduced(opened, report('a', 'finished')), overdue).change).to.equal('none')
    expect(reduceRecovery(opened, { ...overdue, closedAt: 7 }).change).to.equal('none')
  })

  it('keeps a bounded history, whatever arrives in whatever order', () => {
    const tasks = fc.constantFrom('a', 'b', 'c')
    const statuses = fc.constantFrom('running', 'finished', 'failed') as fc.Arbitrary<RecoveryReport['status']>
    const event = fc.oneof(
      tasks.map(request),
      fc.record({ task: tasks, status: statuses, restored: fc.nat(9) }).map((it) => report(it.task, it.status, it)),
    )
    fc.assert(
      fc.property(fc.array(event, { maxLength: 120 }), (events) => {
        const recovery = reduced(opened, ...events)
        expect(recovery.history.length).to.be.at.most(HISTORY_LIMIT)
        // The last event that changed anything says what the status is.
        const twice = events.reduce((state, each) => {
          const { recovery: next } = reduceRecovery(state, each)
          expect(reduceRecovery(next, each).recovery.status).to.equal(
            each.type === 'request' ? 'requested' : next.status,
          )
          return next
        }, opened)
        expect(twice).to.deep.equal(recovery)
      }),
      { numRuns: 200 },
    )
  })
})
