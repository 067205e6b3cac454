import { expect } from 'chai'
import type { AppError } from '../../src/errors.ts'
import { until } from '../support/temp.ts'
import type { ContractStage } from './contract-stage.ts'
import { codeOf, entry } from './entries.ts'

const DAY = 86_400_000

/** What every adapter of the port Journal promises of the failures that it is given. */
export function recordContract(stage: ContractStage): void {
  const { totals, make, open, reopen, all, willTake } = stage

  describe('record', () => {
    it('stores what it was given, before it answers with the id', async () => {
      const journal = await open()
      const given = entry({ message: 'grüße 😀\n', code: -7, cause: 'unknown', tenant: '' })
      expect(await journal.record(given)).to.deep.equal({ id: given.failure.id, duplicate: false })
      expect(await journal.get(given.failure.id)).to.deep.equal(given.failure)
      expect(stage.events().calls).to.deep.equal(['opened', 'committed'])
    })

    it('stores many at once, and settles them in the order of the calls', async () => {
      const journal = await open()
      const entries = Array.from({ length: 1_500 }, () => entry({ at: stage.now() }))
      const settled: string[] = []
      await Promise.all(entries.map((each) => journal.record(each).then(({ id }) => settled.push(id))))
      expect(settled).to.deep.equal(entries.map(({ failure }) => failure.id))
      expect(stage.events().stored).to.equal(1_500)
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
      expect(stage.events().calls).to.deep.equal(['opened', 'committed', 'committed'])
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
      expect(codes).to.deep.equal(['none', 'journal_refused', 'journal_refused', 'none'])
      expect(await journal.get(uncounted.failure.id)).to.equal(undefined)
      expect((await journal.get(first.failure.id))?.endpoint).to.equal('first')
      const again = await reopen(journal)
      expect(await all(again)).to.have.length(3)
      if (totals) expect(stage.events().counts()).to.deep.equal({ first: 1, orders: 2 })
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
      expect(stage.events().stored).to.equal(2)
      const again = await reopen(journal)
      expect(await again.record(entry({ key: 'k1' }))).to.deep.equal({ id: first.failure.id, duplicate: true })
      expect(await all(again)).to.have.length(2)
      if (totals) expect(stage.events().counts()).to.deep.equal({ orders: 2 })
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
      await journal.record(entry({ key: 'k', at: stage.now() }))
      stage.pass(31 * DAY)
      await until('the record to expire', () => stage.events().removed === 1)
      const again = entry({ key: 'k', at: stage.now(), digest: 'other' })
      expect(await journal.record(again)).to.deep.equal({ id: again.failure.id, duplicate: false })
    })
  })
}
