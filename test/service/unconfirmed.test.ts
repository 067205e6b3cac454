import { expect } from 'chai'
import type { Signal } from '../../src/domain/report/signal.ts'
import { AppError } from '../../src/errors.ts'
import type { Receipt, RecordedRequest } from '../../src/service/record.ts'
import { UnconfirmedRequests } from '../../src/service/unconfirmed.ts'
import { codeOf } from '../journal/entries.ts'

const SOURCE = { name: 'retm' } as never
const LATE = new AppError('answer_timeout', 'late')
const UNKNOWN = new AppError('journal_unavailable', 'down', { mayBeDone: true })
const REFUSED = new AppError('journal_unavailable', 'down')

const lost = (count: number, id?: string): Signal[] =>
  Array.from({ length: count }, () => ({
    type: 'lost' as const,
    url: 'https://shop.example/',
    code: 500,
    message: '',
    raw: Buffer.from('{}'),
    ...(id !== undefined && { id }),
  }))

describe('UnconfirmedRequests', () => {
  let recorded: { ids: string[]; done: PromiseWithResolvers<void> }[]
  let inJournal: Set<string>
  let requests: UnconfirmedRequests

  beforeEach(() => {
    recorded = []
    inJournal = new Set()
    requests = new UnconfirmedRequests({
      isStored: async (id) => inJournal.has(id),
      record: async (_, signals, { onDrafted }): Promise<RecordedRequest> => {
        const ids = signals.map((_, index) => `${recorded.length}-${index}`)
        onDrafted?.(ids, [])
        const done = Promise.withResolvers<void>()
        recorded.push({ ids, done })
        await done.promise
        return { failures: ids.map((id) => ({ id, duplicate: false })), rows: [] }
      },
    })
  })

  const begin = (signals = lost(1), { body = 'body', ...receipt }: Partial<Receipt> & { body?: string } = {}) => {
    const attempt = requests.begin(SOURCE, signals, { tenant: 'cafe', raw: Buffer.from(body), ...receipt } as never)
    attempt.recording.catch(() => {})
    return attempt
  }
  const answerOf = async ({ recording, answered }: ReturnType<typeof begin>) => {
    const { failures } = await recording
    answered()
    return failures
  }
  const store = (index: number) => recorded[index]!.done.resolve()

  it('answers a batch that was stored after its 503 with the ids of the first, once', async () => {
    begin(lost(1_000)).answered(LATE)
    const again = answerOf(begin(lost(1_000)))
    store(0)
    expect(await again).to.deep.equal(recorded[0]!.ids.map((id) => ({ id, duplicate: true })))
    expect(recorded).to.have.length(1)
    const third = answerOf(begin(lost(1_000)))
    store(1)
    expect((await third)[0]).to.deep.equal({ id: '1-0', duplicate: false })
  })

  it('takes equal reports that were not answered 503 as separate failures', async () => {
    const first = begin()
    store(0)
    await answerOf(first)
    begin()
    begin(lost(1), { body: 'another' }).answered(LATE)
    begin()
    expect(recorded).to.have.length(4)
  })

  it('gives each of two equal requests that were answered 503 its own ids, and another one its own failure', async () => {
    for (const attempt of [begin(), begin()]) attempt.answered(LATE)
    const again = [begin(), begin(), begin()].map(answerOf)
    expect(recorded).to.have.length(3)
    for (const index of [0, 1, 2]) store(index)
    expect((await Promise.all(again)).flat().map(({ id }) => id)).to.deep.equal(['0-0', '1-0', '2-0'])
  })

  it('waits for the first as long as it takes, and stores nothing meanwhile', async () => {
    begin().answered(LATE)
    for (let count = 0; count < 3; count++) begin().answered(LATE)
    store(0)
    expect(await answerOf(begin())).to.deep.equal([{ id: '0-0', duplicate: true }])
    expect(recorded).to.have.length(1)
  })

  it('records again what was not stored, but not for a sender that has had its 503', async () => {
    begin().answered(LATE)
    const [late, again] = [begin(), () => answerOf(begin())]
    late.answered(LATE)
    recorded[0]!.done.reject(REFUSED)
    expect(await codeOf(late.recording)).to.equal('journal_unavailable')
    expect(recorded).to.have.length(1)
    const second = again()
    store(1)
    expect(await second).to.deep.equal([{ id: '1-0', duplicate: false }])
  })

  for (const isThere of [true, false])
    it(`looks into the journal where the outcome is unknown: ${isThere ? 'stored' : 'not stored'}`, async () => {
      const first = begin()
      recorded[0]!.done.reject(UNKNOWN)
      await codeOf(first.recording)
      first.answered(UNKNOWN)
      if (isThere) inJournal.add('0-0')
      const again = answerOf(begin())
      await new Promise(setImmediate)
      if (!isThere) store(1)
      expect(await again).to.deep.equal([isThere ? { id: '0-0', duplicate: true } : { id: '1-0', duplicate: false }])
    })

  const others: Record<string, () => unknown> = {
    'another tenant': () => begin(lost(1), { tenant: 'bar' }),
    'another body': () => begin(lost(1), { body: 'other' }),
    'what headers say': () => begin([{ ...lost(1)[0]!, code: 501 } as Signal]),
    'another purpose': () => begin(lost(1), { purpose: 'verification' }),
  }
  for (const [what, send] of Object.entries(others))
    it(`tells requests apart by ${what}`, () => {
      begin().answered(LATE)
      send()
      expect(recorded).to.have.length(2)
    })

  it('leaves requests with ids to the journal, and those that were refused to their sender', () => {
    for (const signals of [lost(1, 'id'), [...lost(1), ...lost(1, 'id')]]) {
      begin(signals).answered(LATE)
      begin(signals)
    }
    begin().answered(new AppError('journal_full', 'full'))
    begin()
    expect(recorded).to.have.length(6)
  })

  it('keeps a bounded number of ids, the newest', () => {
    for (let batch = 0; batch < 30; batch++) begin(lost(1_000), { body: `${batch}` }).answered(LATE)
    begin(lost(1_000), { body: '29' })
    expect(recorded).to.have.length(30)
    begin(lost(1_000), { body: '0' })
    expect(recorded).to.have.length(31)
  })
})
