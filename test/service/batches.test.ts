import { expect } from 'chai'
import type { Entry } from '../../src/domain/ports/journal.ts'
import type { Lost } from '../../src/domain/report/signal.ts'
import { memoize } from '../../src/domain/text/memoize.ts'
import { safeName } from '../../src/domain/text/safe-name.ts'
import { AppError } from '../../src/errors.ts'
import { Intake } from '../../src/http/ingest/intake.ts'
import { createRecorder, type RecorderParts } from '../../src/service/record.ts'
import { openMapping } from '../../src/sources/mapping/open.ts'

const EVENTS = 1_000
const LONG = `connect ECONNREFUSED to ${'10.0.0.1 '.repeat(1_000)}`

describe('the work for a batch', () => {
  it('is done once for a text that all events share, with few or many others between', () => {
    for (const others of [1, 3, EVENTS]) {
      let computed = 0
      const length = memoize((text) => {
        if (text === LONG) computed++
        return text.length
      })
      for (let event = 0; event < EVENTS; event++) {
        // Another string object each time, as an equal text from another place is.
        expect(length(Buffer.from(LONG).toString())).to.equal(LONG.length)
        length(`other ${event % others}`)
      }
      // Once more for every 512 others, or 256 Ki characters of them.
      expect(computed).to.be.at.most(1 + others / 500)
    }
  })

  for (const [what, outer, item] of [
    ['message', { message: LONG }, { code: 500 }],
    ['message beside words of their own', { message: LONG }, { code: 'E' }],
    ['words beside messages of their own', { code: LONG }, { message: 'm' }],
    ['words and message', { code: LONG, message: `${LONG}!` }, {}],
    ['id', { id: LONG }, {}],
    ['event and tenant', { event: LONG, tenant: LONG }, {}],
  ] as const) {
    it(`is bounded by the bytes of a request whose events share their ${what}`, () => {
      const rules = Object.fromEntries(
        ['id', 'code', 'message', 'event', 'tenant', 'endpoint'].map((name) => [name, [`/${name}`]]),
      )
      const events = Array.from({ length: EVENTS }, (_, at) => ({
        ...item,
        ...('code' in item && item.code === 'E' && { code: `E${at}` }),
        ...('message' in item && { message: `m${at}` }),
      }))
      const raw = Buffer.from(JSON.stringify({ ...outer, endpoint: 'https://shop.example/', events }))
      const signals = openMapping({ ...rules, each: '/events' }, 'part').read(raw, { headers: {} } as never) as Lost[]
      expect(signals).to.have.length(EVENTS)
      for (const { message, id = '', event = '' } of signals)
        expect(message.length + id.length + event.length).to.be.below(2 * 1_024)
      expect(new Set(signals.map(({ id }) => id)).size).to.equal('id' in outer ? EVENTS : 1)
    })
  }

  it('keeps all of a message that few events share, and masks before it cuts what many share', () => {
    const rules = { each: '/events', message: '/message', ref: '/ref' } as const
    const read = (message: string, count: number) =>
      openMapping(rules, 'part').read(
        Buffer.from(JSON.stringify({ message, ref: 'shop', events: Array.from({ length: count }, () => ({})) })),
        { headers: {} } as never,
      ) as Lost[]
    expect(read(LONG, 3)[2]!.message).to.equal(LONG)
    const secret = `${'x y '.repeat(250)}token=${'aB3dE5'.repeat(400)} end`
    for (const { message } of read(secret, 9)) expect(message).not.to.match(/aB3/)
  })

  it('looks at a bounded part of a long name, and masks what it cuts', () => {
    const secret = `token=${'aB3dE5'.repeat(400)}`
    expect(safeName(`shop ${secret} ${'x y '.repeat(100_000)}`, 100)).to.equal('shop token=***')
  })

  it('lets other reports be answered in between, and a second batch waits for the first', async () => {
    const { record, intake } = stage()
    const answered: string[] = []
    const batch = (name: string) =>
      intake.run(100, (pause) => record(SOURCE, lost(20), { ...RECEIPT, pause })).then(() => answered.push(name))
    const both = [batch('first batch'), batch('second batch')]
    for (let n = 1; n <= 3; n++) {
      await new Promise((resolve) => setImmediate(resolve))
      await intake.run(100, () => record(SOURCE, lost(1), RECEIPT))
      answered.push(`report ${n}`)
    }
    await Promise.all(both)
    expect(answered).to.deep.equal(['report 1', 'report 2', 'report 3', 'first batch', 'second batch'])
  })

  it('ends, with nothing stored or reserved, once the batch could not be durable in time', async () => {
    const { record, intake, reserved, stored } = stage(60)
    const fault = await intake
      .run(100, (pause) => record(SOURCE, lost(200), { ...RECEIPT, pause }))
      .catch((error: unknown) => error)
    expect(fault instanceof AppError && fault.code).to.equal('overloaded')
    expect(stored).to.deep.equal([])
    expect(reserved.size).to.equal(0)
  })
})

const SOURCE = { name: 'shop', classify: () => busy(3) }
const RECEIPT = {
  tenant: '',
  span: { traceId: null, sampled: false, delivery: () => null, end: () => {} },
} as never as Parameters<ReturnType<typeof createRecorder>>[2]

const lost = (count: number): Lost[] =>
  Array.from({ length: count }, () => ({
    type: 'lost',
    url: 'https://shop.example/',
    code: 500,
    message: 'm',
    raw: new Uint8Array(),
  }))

/** More than a slice of the event loop's time, so that every signal ends one. */
function busy(milliseconds: number) {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
  return { cause: 'server_error' } as const
}

function stage(answerTimeout = 60_000) {
  const reserved = new Set<object>()
  const stored: Entry[] = []
  const recordOne = async (entry: Entry) => {
    stored.push(entry)
    return { id: entry.failure.id, duplicate: false }
  }
  const record = createRecorder({
    journal: { record: recordOne, recordAll: (entries: Entry[]) => entries.map(recordOne) },
    series: {
      keep: (labels: object) => {
        reserved.add(labels)
        return labels
      },
      complete: (labels: object) => reserved.delete(labels),
    },
    incidents: { isTracked: () => false, complete: () => {}, onRecorded: () => {} },
    identify: (url: string) => ({ endpoint: url, url }),
    safeMessage: (message: string) => message,
    metrics: { recorded: () => {} },
    log: { warn: () => {}, child: () => ({ warn: () => {} }) },
    clock: Date.now,
  } as never as RecorderParts)
  return { record, intake: new Intake({ answerTimeout, expectedCommit: () => 0 }), reserved, stored }
}
