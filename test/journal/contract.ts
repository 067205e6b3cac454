import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import type { Failure } from '../../src/domain/failure.ts'
import type { IncidentSettings } from '../../src/domain/incident.ts'
import type { Journal, JournalEvents, RetentionLimits } from '../../src/domain/journal.ts'
import type { AppError } from '../../src/errors.ts'
import { until } from '../support/temp.ts'
import { codeOf, EventLog, entry, INCIDENTS } from './entries.ts'
import { hookContract } from './hook-contract.ts'
import { type ContractStage, incidentContract } from './incident-contract.ts'
import { signalContract } from './signal-contract.ts'

export interface ContractOptions {
  readonly events: JournalEvents
  readonly clock: () => number
  /** Goes on as `clock` does: in these tests time passes, nobody sets a clock. */
  readonly monotonic: () => number
  readonly retention: RetentionLimits
  readonly incidents: IncidentSettings
  readonly pendingLimit: number
  /** Milliseconds. */
  readonly retentionInterval: number
}

/** One empty store, and journals that open it one after the other. */
export interface ContractStore {
  journal(options: ContractOptions): Journal
  remove(): Promise<void> | void
}

const DAY = 86_400_000

/**
 * What every adapter of the port Journal promises.
 * @param totals whether counts continue from the store after a restart (a store that replicas share does not)
 * @param ownClock whether retention goes by the clock that the journal was given; else by one of the store
 */
export function journalContract(
  name: string,
  makeStore: () => Promise<ContractStore> | ContractStore,
  { totals, ownClock }: { readonly totals: boolean; readonly ownClock: boolean },
): void {
  describe(`${name} as a Journal`, () => {
    let store: ContractStore
    let now: number
    let events: EventLog
    const opened = new Set<Journal>()

    const make = (options: Partial<ContractOptions> = {}): Journal => {
      events = new EventLog()
      const journal = store.journal({
        events,
        clock: () => now,
        monotonic: () => now,
        incidents: INCIDENTS,
        retention: { age: 30 * DAY, size: 2 ** 30 },
        pendingLimit: 100_000,
        retentionInterval: 3_600_000,
        ...options,
      })
      opened.add(journal)
      return journal
    }
    const open = async (options?: Partial<ContractOptions>): Promise<Journal> => {
      const journal = make(options)
      await journal.open()
      expect(journal.status().fault).to.equal(undefined)
      return journal
    }
    /** A store's own clock cannot be told that time passed: then the test begins so many milliseconds earlier. */
    const willTake = (milliseconds: number) => {
      if (!ownClock) now -= milliseconds
    }
    const reopen = async (journal: Journal, options?: Partial<ContractOptions>): Promise<Journal> => {
      await journal.close(10_000)
      opened.delete(journal)
      return open(options)
    }
    const all = async (journal: Journal, filter = {}): Promise<Failure[]> => {
      const failures: Failure[] = []
      for await (const failure of journal.stream(filter)) failures.push(failure)
      return failures
    }

    beforeEach(async () => {
      now = Date.now()
      store = await makeStore()
    })
    afterEach(async () => {
      for (const journal of opened) await journal.close(10_000)
      opened.clear()
      await store.remove()
    })

    const stage: ContractStage = {
      open,
      reopen,
      events: () => events,
      now: () => now,
      pass: (milliseconds: number) => {
        now += milliseconds
      },
      willTake,
    }
    incidentContract(stage)
    signalContract(stage)
    hookContract(stage)

    describe('countFailures', () => {
      it('counts each endpoint since each time, and no further than asked', async () => {
        const journal = await open()
        const add = (endpoint: string, ages: readonly number[]) => ages.map((age) => entry({ endpoint, at: now - age }))
        const entries = [
          ...add('a', [0, 1_000, 5_000]),
          ...add("b' OR 1 --", [1_000, 10_000]),
          ...add('busy', Array(12).fill(0)),
        ]
        await Promise.all(entries.map((each) => journal.record(each)))
        const counted = await journal.countFailures({
          endpoints: ['a', "b' OR 1 --", 'busy', 'nothing here'],
          since: [now - 2_000, now - 10_000],
          most: 10,
        })
        expect(Object.fromEntries(counted)).to.deep.equal({
          a: [2, 3],
          "b' OR 1 --": [1, 2],
          busy: [10, 10],
          'nothing here': [0, 0],
        })
        expect(await journal.countFailures({ endpoints: [], since: [0], most: 1 })).to.deep.equal(new Map())
      })
    })

    describe('a simulated failure', () => {
      it('is stored and marked, and counted nowhere, also after a restart', async () => {
        const journal = await open()
        const real = entry()
        const given = { ...real, failure: { ...entry().failure, mark: 'simulated' as const } }
        await Promise.all([journal.record(real), journal.record(given)])
        const again = await reopen(journal)
        expect(await again.get(given.failure.id)).to.deep.equal(given.failure)
        expect(await again.get(real.failure.id)).to.deep.equal(real.failure)
        const count = { endpoints: ['orders'], since: [now - 60_000], most: 10 }
        expect(Object.fromEntries(await again.countFailures(count))).to.deep.equal({ orders: [1] })
        if (totals) expect(events.totals.map((total) => total.count)).to.deep.equal([1])
      })
    })

    describe('record', () => {
      it('stores what it was given, before it answers with the id', async () => {
        const journal = await open()
        const given = entry({ message: 'grüße 😀\n', code: -7, cause: 'unknown', tenant: '' })
        expect(await journal.record(given)).to.deep.equal({ id: given.failure.id, duplicate: false })
        expect(await journal.get(given.failure.id)).to.deep.equal(given.failure)
        expect(events.calls).to.deep.equal(['opened', 'committed'])
      })

      it('stores many at once, and settles them in the order of the calls', async () => {
        const journal = await open()
        const entries = Array.from({ length: 1_500 }, () => entry({ at: now }))
        const settled: string[] = []
        await Promise.all(entries.map((each) => journal.record(each).then(({ id }) => settled.push(id))))
        expect(settled).to.deep.equal(entries.map(({ failure }) => failure.id))
        expect(events.stored).to.equal(1_500)
        expect((await all(journal)).map(({ id }) => id)).to.deep.equal(settled.toReversed())
      })

      it('stores the entries of one request together, each with its own answer', async () => {
        const journal = await open()
        const entries = [entry({ key: 'a' }), entry({ key: 'b' }), entry()]
        const first = await Promise.all(journal.recordAll(entries))
        expect(first).to.deep.equal(entries.map(({ failure: { id } }) => ({ id, duplicate: false })))
        const again = [entry({ key: 'a' }), entry({ key: 'b', digest: 'another' }), entry()]
        const [known, reused, added] = await Promise.allSettled(journal.recordAll(again))
        expect(known).to.have.deep.property('value', { id: entries[0]!.failure.id, duplicate: true })
        expect(reused).to.have.nested.property('reason.code', 'idempotency_key_reused')
        expect(added).to.have.nested.property('value.duplicate', false)
        expect((await all(journal)).length).to.equal(4)
        expect(events.calls).to.deep.equal(['opened', 'committed', 'committed'])
      })

      it('keeps what follows lone surrogates, emoji and 64 KiB apart, and lets none harm its neighbours', async () => {
        const journal = await open()
        const hostile = [
          'lone \ud800 surrogate',
          '😀'.repeat(2_000),
          'x'.repeat(65_536),
          "'); DROP TABLE failures; --",
          '',
        ]
        const entries = hostile.map((message) => entry({ message, raw: Buffer.alloc(65_536, 0xff) }))
        await Promise.all(entries.map((each) => journal.record(each)))
        const stored = await Promise.all(entries.map(({ failure }) => journal.get(failure.id)))
        expect(stored.map((failure) => failure?.message)).to.deep.equal(hostile.map((text) => text.toWellFormed()))
      })

      it('refuses an entry that is itself at fault, and stores the rest of its group', async () => {
        const journal = await open()
        const first = entry({ endpoint: 'first' })
        await journal.record(first)
        const twin = entry({ id: first.failure.id, endpoint: 'twin' })
        // Its total cannot be written: then its failure must not be either.
        const uncounted = entry()
        const halved = { ...uncounted, labels: { ...uncounted.labels, cause: null as unknown as string } }
        const codes = await Promise.all([entry(), twin, halved, entry()].map((each) => codeOf(journal.record(each))))
        expect(codes).to.deep.equal(['none', 'internal', 'internal', 'none'])
        expect(await journal.get(uncounted.failure.id)).to.equal(undefined)
        expect((await journal.get(first.failure.id))?.endpoint).to.equal('first')
        const again = await reopen(journal)
        expect(await all(again)).to.have.length(3)
        if (totals) expect(events.counts()).to.deep.equal({ first: 1, orders: 2 })
      })

      it('rejects before it is open, and after it is closed', async () => {
        const journal = make()
        expect(await codeOf(journal.record(entry()))).to.equal('journal_unavailable')
        await journal.open()
        await journal.close(10_000)
        expect(await codeOf(journal.record(entry()))).to.equal('shutting_down')
      })

      it('refuses more than may wait, says when to come back, and stores the others', async () => {
        const journal = await open({ pendingLimit: 20 })
        const results = await Promise.allSettled(Array.from({ length: 200 }, () => journal.record(entry())))
        const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as AppError] : []))
        expect(refused.length).to.be.within(1, 180)
        expect(new Set(refused.map(({ code }) => code))).to.deep.equal(new Set(['journal_full']))
        expect(refused[0]?.retryAfter).to.be.greaterThan(0)
        expect(await all(journal)).to.have.length(200 - refused.length)
        expect(await codeOf(journal.record(entry()))).to.equal('none')
      })
    })

    describe('record, with an id of the sender', () => {
      it('answers a repetition with the first id, also within one group, and counts it once', async () => {
        const journal = await open()
        const first = entry({ key: 'k1' })
        const answers = await Promise.all(
          [first, entry({ key: 'k1' }), entry({ key: 'k2' })].map((e) => journal.record(e)),
        )
        expect(answers.map(({ duplicate }) => duplicate)).to.deep.equal([false, true, false])
        expect(answers[1]?.id).to.equal(first.failure.id)
        expect(await journal.record(entry({ key: 'k1' }))).to.deep.equal({ id: first.failure.id, duplicate: true })
        expect(events.stored).to.equal(2)
        const again = await reopen(journal)
        expect(await again.record(entry({ key: 'k1' }))).to.deep.equal({ id: first.failure.id, duplicate: true })
        expect(await all(again)).to.have.length(2)
        if (totals) expect(events.counts()).to.deep.equal({ orders: 2 })
      })

      it('refuses the same id with another body, also within one group', async () => {
        const journal = await open()
        const codes = await Promise.all(
          [entry({ key: 'k' }), entry({ key: 'k', digest: 'other' })].map((each) => codeOf(journal.record(each))),
        )
        expect(codes).to.deep.equal(['none', 'idempotency_key_reused'])
        expect(await codeOf(journal.record(entry({ key: 'k', digest: 'other' })))).to.equal('idempotency_key_reused')
      })

      it('knows an id for its source and tenant only', async () => {
        const journal = await open()
        const entries = [{}, { tenant: 'bar' }, { source: 'other' }].map((options) => entry({ key: 'k', ...options }))
        const answers = await Promise.all(entries.map((each) => journal.record(each)))
        expect(answers.map(({ duplicate }) => duplicate)).to.deep.equal([false, false, false])
      })

      it('forgets the id with its record', async () => {
        willTake(31 * DAY)
        const journal = await open({ retentionInterval: 20 })
        await journal.record(entry({ key: 'k', at: now }))
        now += 31 * DAY
        await until('the record to expire', () => events.removed === 1)
        const again = entry({ key: 'k', at: now, digest: 'other' })
        expect(await journal.record(again)).to.deep.equal({ id: again.failure.id, duplicate: false })
      })
    })

    describe('get', () => {
      it('answers undefined for what it does not have', async () => {
        const journal = await open()
        expect(await journal.get(entry().failure.id)).to.equal(undefined)
        expect(await journal.get('no id')).to.equal(undefined)
      })
    })

    describe('list', () => {
      it('pages newest first by a cursor that inserts do not move, to a true end', async () => {
        const journal = await open()
        const ids = Array.from({ length: 6 }, (_, i) => entry({ at: now + i }))
        for (const each of ids) await journal.record(each)
        const expected = ids.map(({ failure }) => failure.id).toReversed()
        const seen: string[] = []
        let before: string | null = null
        for (let page = 0; page < 3; page++) {
          const answer: Awaited<ReturnType<Journal['list']>> = await journal.list(
            {},
            { limit: 2, ...(before === null ? {} : { before }) },
          )
          seen.push(...answer.failures.map(({ id }) => id))
          before = answer.next
          await journal.record(entry({ at: now + 1_000 + page }))
        }
        expect(seen).to.deep.equal(expected)
        expect(before).to.equal(null)
      })

      it('answers an empty page to values that no record can have', async () => {
        const journal = await open()
        await journal.record(entry({ at: now, isTracked: true }))
        const page = { failures: [], next: null }
        for (const filter of [
          { endpoint: '\0' },
          { source: 'a\0b', tenant: '\ud800' },
          { code: 2 ** 63 },
          { code: -1e300 },
          { since: 1e300 },
          { until: -1e300 },
          { until: -0.5, code: 0.5 },
        ])
          expect(await journal.list(filter, { limit: 9 }), JSON.stringify(filter)).to.deep.equal(page)
        for (const filter of [{ endpoint: '\0' }, { open: false, since: 1e300 }, { open: false, since: -1e300 }])
          expect((await journal.incidents(filter, { limit: 9 })).incidents, JSON.stringify(filter)).to.deep.equal([])
        expect((await journal.list({ since: -1e300, until: 1e300 }, { limit: 9 })).failures).to.have.length(1)
        expect((await journal.list({ since: now - 0.5 }, { limit: 9 })).failures).to.have.length(1)
        expect((await journal.incidents({ since: -0.5 }, { limit: 9 })).incidents).to.have.length(1)
      })

      it('answers an empty page where there is nothing', async () => {
        const journal = await open()
        expect(await journal.list({}, { limit: 10 })).to.deep.equal({ failures: [], next: null })
      })

      it('filters by each field, by time, and by several together', async () => {
        const journal = await open()
        const entries = [
          entry({ at: now }),
          entry({ at: now + 1, source: 'other' }),
          entry({ at: now + 2, tenant: 'bar' }),
          entry({ at: now + 3, endpoint: 'menu' }),
          entry({ at: now + 4, code: 404, cause: 'not_found' }),
          entry({ at: now + 5, endpoint: 'menu', tenant: 'bar' }),
        ]
        await Promise.all(entries.map((each) => journal.record(each)))
        const found = async (filter: object) =>
          (await journal.list(filter, { limit: 10 })).failures.map(({ receivedAt }) => receivedAt - now)
        expect(await found({ source: 'other' })).to.deep.equal([1])
        expect(await found({ tenant: 'bar' })).to.deep.equal([5, 2])
        expect(await found({ endpoint: 'menu' })).to.deep.equal([5, 3])
        expect(await found({ code: 404 })).to.deep.equal([4])
        expect(await found({ cause: 'not_found' })).to.deep.equal([4])
        expect(await found({ since: now + 4 })).to.deep.equal([5, 4])
        expect(await found({ until: now + 2 })).to.deep.equal([1, 0])
        expect(await found({ since: now + 2, until: now + 4 })).to.deep.equal([3, 2])
        expect(await found({ endpoint: 'menu', tenant: 'bar', source: 'retm', code: 500 })).to.deep.equal([5])
        expect(await found({ endpoint: 'menu', until: now + 4, cause: 'server_error' })).to.deep.equal([3])
        expect(await found({ endpoint: 'menu', source: 'other' })).to.deep.equal([])
        expect((await all(journal, { tenant: 'bar' })).map(({ receivedAt }) => receivedAt - now)).to.deep.equal([5, 2])
      })

      it('refuses a cursor that is not its own', async () => {
        const journal = await open()
        expect(await codeOf(journal.list({}, { limit: 1, before: "x' OR 1=1" }))).to.equal('invalid_request')
      })
    })

    describe('stream', () => {
      it('gives 20,000 in order at bounded memory', async function () {
        this.timeout(60_000)
        const journal = await open()
        const message = 'm'.repeat(2_000)
        for (let batch = 0; batch < 20; batch++) {
          await Promise.all(Array.from({ length: 1_000 }, () => journal.record(entry({ message, at: now + batch }))))
        }
        const held = heap()
        let count = 0
        let last = '~'
        let most = 0
        for await (const failure of journal.stream({})) {
          expect(failure.id < last).to.equal(true)
          last = failure.id
          if (++count % 5_000 === 0) most = Math.max(most, heap() - held)
        }
        expect(count).to.equal(20_000)
        // All of it would be 40 MB and more.
        expect(most).to.be.lessThan(15 * 2 ** 20)
      })

      it('ends early without harm, and shows nothing that came after it began', async () => {
        const journal = await open()
        await Promise.all(Array.from({ length: 1_000 }, (_, i) => journal.record(entry({ at: now + i }))))
        let seen = 0
        for await (const failure of journal.stream({})) {
          if (seen === 0) await journal.record(entry({ at: now + 5_000 }))
          expect(failure.receivedAt).to.be.lessThan(now + 1_000)
          if (++seen === 600) break
        }
        expect(await all(journal)).to.have.length(1_001)
      })
    })

    describe('retention', () => {
      it('removes what is older than the age, and nothing else', async () => {
        willTake(30 * DAY + 1)
        const journal = await open({ retentionInterval: 20 })
        await Promise.all(Array.from({ length: 700 }, () => journal.record(entry({ at: now }))))
        await journal.record(entry({ at: now + DAY, message: 'young' }))
        now += 30 * DAY + 1
        await until('the old ones to expire', () => events.removed === 700)
        expect((await all(journal)).map(({ message }) => message)).to.deep.equal(['young'])
        expect(events.calls).to.include('expired age')
        if (totals) {
          await reopen(journal)
          expect(events.counts()).to.deep.equal({ orders: 701 })
        }
      })
    })

    describe('status', () => {
      it('reports whether it is up and how much it holds', async () => {
        let journal = make()
        expect(journal.status()).to.deep.include({ up: false, pending: 0, size: null })
        await journal.open()
        const waiting = journal.record(entry({ at: now - 5 }))
        expect(journal.status()).to.deep.include({ up: true, pending: 1 })
        await waiting
        journal = await reopen(journal)
        expect(journal.status().size).to.deep.include({ failures: 1, oldestAt: now - 5 })
        expect(journal.status().size?.bytes).to.be.greaterThan(1_000)
      })
    })

    describe('close', () => {
      it('makes durable what was handed in', async () => {
        const journal = await open()
        const waiting = Promise.all(Array.from({ length: 2_000 }, () => journal.record(entry())))
        await journal.close(20_000)
        expect(await waiting).to.have.length(2_000)
        opened.delete(journal)
        expect(await all(await open())).to.have.length(2_000)
      })

      it('may be called twice, and before open', async () => {
        const journal = make()
        await journal.close(1_000)
        await journal.close(1_000)
      })
    })

    if (!totals) return
    describe('totals', () => {
      it('continue after a restart, and the last time never goes back', async () => {
        const journal = await open()
        await journal.record(entry({ at: now }))
        await journal.record(entry({ at: now - 1_000 }))
        await journal.record(entry({ at: now, endpoint: 'menu', code: 404, cause: 'not_found' }))
        await reopen(journal)
        expect(events.totals).to.have.deep.members([
          {
            labels: { source: 'retm', tenant: '', endpoint: 'orders', code: '500', cause: 'server_error' },
            count: 2,
            lastFailureAt: now,
          },
          {
            labels: { source: 'retm', tenant: '', endpoint: 'menu', code: '404', cause: 'not_found' },
            count: 1,
            lastFailureAt: now,
          },
        ])
      })

      it('lose a label set that was not seen for the retention time at a start, not before', async () => {
        let journal = await open({ retention: { age: DAY, size: 2 ** 30 } })
        await journal.record(entry({ at: now, endpoint: 'old' }))
        await journal.record(entry({ at: now + DAY, endpoint: 'young' }))
        journal = await reopen(journal, { retention: { age: DAY, size: 2 ** 30 } })
        expect(events.counts()).to.deep.equal({ old: 1, young: 1 })
        now += DAY + 1
        await reopen(journal, { retention: { age: DAY, size: 2 ** 30 } })
        expect(events.counts()).to.deep.equal({ young: 1 })
      })

      it('are forgotten by resetSeries where unseen since then', async () => {
        const journal = await open()
        await journal.record(entry({ at: now - 10, endpoint: 'old' }))
        await journal.record(entry({ at: now, endpoint: 'young' }))
        expect(await journal.resetSeries(now)).to.equal(1)
        expect(await journal.resetSeries(now)).to.equal(0)
        await reopen(journal)
        expect(events.counts()).to.deep.equal({ young: 1 })
        expect(await all([...opened].at(-1)!)).to.have.length(2)
      })
    })
  })
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Bytes of what is reachable. */
function heap(): number {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
