import { join } from 'node:path'
import { expect } from 'chai'
import type { Journal } from '../../src/domain/ports/journal.ts'
import type { Log } from '../../src/domain/ports/telemetry.ts'
import { openSqliteJournal } from '../../src/journal/sqlite/journal.ts'
import { createRecoveries } from '../../src/service/recovery.ts'
import { EventLog, entry, HOOKED, INCIDENTS } from '../journal/entries.ts'
import { manualTime } from '../support/manual-time.ts'
import { removeTempFolders, tempFolder, until } from '../support/temp.ts'

const HOUR = 3_600_000
const [ORDERS] = HOOKED

describe('createRecoveries()', () => {
  const opened: Journal[] = []
  afterEach(async () => {
    for (const journal of opened.splice(0)) await journal.close(5_000)
    removeTempFolders()
  })

  async function stage(isLeader = () => true) {
    const time = manualTime()
    const journal = openSqliteJournal({
      path: join(tempFolder(), 'journal.db'),
      retention: { age: 30 * 24 * HOUR, size: 2 ** 30 },
      incidents: INCIDENTS,
      events: new EventLog(),
      clock: time.clock,
    })
    await journal.open()
    opened.push(journal)
    const lines: string[] = []
    const write = (_: object, message: string) => void lines.push(message)
    const recoveries = createRecoveries({
      journal,
      plan: INCIDENTS.hooks,
      overdueAfter: 4 * HOUR,
      isLeader,
      log: { info: write, warn: write } as unknown as Log,
      clock: time.clock,
      timers: time.timers,
    })
    recoveries.start()
    const overdue = async () =>
      (await journal.pendingEvents('all', 100)).filter(({ event }) => event === 'recovery.overdue').map(({ id }) => id)
    /** Lets the look of each minute happen. */
    const pass = async (minutes: number) => {
      for (let minute = 0; minute < minutes; minute++) {
        await time.advance(60_000)
        await until('the next look', () => time.pending() > 0)
      }
    }
    const fail = async () => (await journal.record(entry({ at: time.clock(), endpoint: ORDERS, isTracked: true }))).id
    const close = (id: string) => journal.apply(ORDERS, { type: 'resolve', at: time.clock(), id, reason: 'x' })
    return { journal, recoveries, lines, overdue, pass, fail, close }
  }

  it('sends recovery.overdue once for each closing that nobody restores', async () => {
    const { overdue, pass, fail, close, lines } = await stage()
    const id = await fail()
    await close(id)
    await pass(239)
    expect(await overdue()).to.deep.equal([])
    await pass(3)
    expect(await overdue()).to.deep.equal([`${id}-overdue-1`])
    await pass(5)
    expect(await overdue()).to.have.lengthOf(1)
    expect(lines).to.deep.equal(['recovery overdue'])
  })

  it('does not while it is not the leader, nor for one that is finished', async () => {
    let isLeader = false
    const { overdue, pass, fail, close, recoveries } = await stage(() => isLeader)
    const id = await fail()
    await close(id)
    await pass(245)
    expect(await overdue()).to.deep.equal([])
    await recoveries.report(id, {
      task: 'job',
      status: 'finished',
      restored: 1,
      tenants: [],
      detail: null,
      closedAt: null,
    })
    isLeader = true
    await pass(3)
    expect(await overdue()).to.deep.equal([])
  })
})
