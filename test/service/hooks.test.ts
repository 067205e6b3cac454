import { expect } from 'chai'
import { type CloudEvent, HTTP } from 'cloudevents'
import { Webhook } from 'standardwebhooks'
import { hookMessage, MESSAGE_LIMIT } from '../../src/domain/incident/hook-message.ts'
import type { Lease } from '../../src/domain/ports/lease.ts'
import type { Outbox } from '../../src/domain/ports/outbox.ts'
import type { Log } from '../../src/domain/ports/telemetry.ts'
import { createOutboundClient } from '../../src/outbound/client.ts'
import { outboundGuard } from '../../src/outbound/guard.ts'
import { parseRetryAfter } from '../../src/service/hook-attempt.ts'
import { createLane } from '../../src/service/hook-lane.ts'
import { createHookSender, type HookSender } from '../../src/service/hooks.ts'
import { parseStandardWebhookKey, type StandardWebhookKey } from '../../src/signature/standard-webhook-keys.ts'
import { signStandardWebhook } from '../../src/signature/standard-webhooks.ts'
import { http, type Listening } from '../support/sockets.ts'
import { until } from '../support/temp.ts'
import { FACTS, incident, memoryOutbox, OPTIONS, type Received } from './hooks-stage.ts'

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const KEY = parseStandardWebhookKey(SECRET) as StandardWebhookKey
describe('hooks', () => {
  const servers: Listening[] = []
  const senders: HookSender[] = []
  afterEach(async () => {
    for (const sender of senders.splice(0)) await sender.stop(0)
    for (const server of servers.splice(0)) await server.close()
  })

  /** A receiver that answers as it is told, and notes what it gets. */
  type Answer = { status?: number; headers?: Record<string, string> } | 'hang'
  async function receiver(answer: (count: number) => Answer | Promise<Answer>) {
    const received: Received[] = []
    const server = await http((request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', async () => {
        received.push({ headers: request.headers, body, at: performance.now() })
        const told = await answer(received.length)
        if (told !== 'hang') response.writeHead(told.status ?? 204, told.headers).end()
      })
    })
    servers.push(server)
    return { received, url: `http://127.0.0.1:${server.port}/hook` }
  }

  function sender(
    url: string,
    outbox: Outbox,
    more: { lease?: Lease; giveUpAfter?: number; timeout?: number; onAuthorize?: () => void } = {},
  ) {
    const results: string[] = []
    const lines: string[] = []
    const write = (_: object, message: string) => void lines.push(message)
    const { lease = { fence: () => 1, onChange: () => () => {} }, giveUpAfter = 86_400_000, timeout = 5_000 } = more
    const created = createHookSender({
      hooks: [{ name: 'backfill', url, timeout }],
      outbox,
      client: createOutboundClient({ guard: outboundGuard({ allow: [], internal: [new URL(url).host] }) }),
      async authorize(_, { id, body }) {
        more.onAuthorize?.()
        return signStandardWebhook({ id, timestamp: Math.floor(Date.now() / 1_000), body }, [KEY])
      },
      lease,
      messageOf: (event) => hookMessage(event, FACTS, OPTIONS),
      metrics: { hookDelivered: (hook, event, result) => void results.push(`${hook} ${event} ${result}`) },
      log: { info: write, warn: write, error: write } as unknown as Log,
      clock: Date.now,
      times: { firstRetry: 20, longestRetry: 80, giveUpAfter },
    })
    senders.push(created)
    created.start()
    return { sender: created, results, lines }
  }

  it('sends what standardwebhooks verifies and cloudevents reads', async () => {
    const { url, received } = await receiver(() => ({}))
    const { outbox, add, rows } = memoryOutbox()
    add('019f0000-0000-7000-8000-000000000001', 'incident.closed', 1_764_000_000_123)
    sender(url, outbox)
    await until('it to happen', () => rows.length === 0)
    const [{ headers, body }] = received as [Received]
    const body1 = new Webhook(SECRET).verify(body, headers as Record<string, string>)
    expect(body1).to.deep.include({ type: 'webhook.incident.closed', timestamp: '2025-11-24T16:00:00.123Z' })
    const event = HTTP.toEvent({ headers, body }) as CloudEvent<{ data: Record<string, unknown> }>
    expect(event).to.include({
      specversion: '1.0',
      type: 'webhook.incident.closed',
      source: 'https://ops.example/webhooks',
      id: '019f0000-0000-7000-8000-000000000001-closed-1',
      subject: 'orders',
    })
    expect(event.id).to.equal(headers['webhook-id'])
    expect(event.data!.data).to.deep.include({
      endpoint: 'orders',
      tenants: ['burger-house'],
      tenantsComplete: true,
      lossWindow: {
        from: '1970-01-01T00:00:00.500Z',
        fromProof: 'path',
        until: '1970-01-01T00:00:08.000Z',
        untilProof: 'path',
      },
      recoveryRequests: FACTS.recoveryRequests,
    })
  })

  it('repeats an event with its id until it is accepted, and keeps the order of each incident', async () => {
    const { url, received } = await receiver((count) => ({ status: count % 3 === 0 ? 200 : 500 }))
    const { outbox, add, rows } = memoryOutbox()
    for (const event of ['incident.opened', 'incident.closed', 'incident.reopened'] as const)
      for (const id of ['a', 'b']) add(id, event)
    const { results } = sender(url, outbox)
    await until('it to happen', () => rows.length === 0)
    for (const id of ['a', 'b']) {
      const seen = received.map(({ headers }) => String(headers['ce-id'])).filter((each) => each.startsWith(id))
      expect([...new Set(seen)]).to.deep.equal([`${id}-opened-1`, `${id}-closed-1`, `${id}-reopened-1`])
      expect(seen).to.deep.equal(seen.toSorted((x, y) => [...new Set(seen)].indexOf(x) - [...new Set(seen)].indexOf(y)))
    }
    expect(results.filter((result) => result.endsWith('success'))).to.have.lengthOf(6)
    expect(results.filter((result) => result.endsWith('failure'))).to.have.lengthOf(received.length - 6)
  })

  it('sends four events of a hook at once, and no more, however many incidents have one', async () => {
    let [open, most] = [0, 0]
    const { url } = await receiver(async () => {
      most = Math.max(most, ++open)
      await until('four at once', () => most >= 4)
      // A fifth would have been sent in the same round.
      await new Promise((resolve) => setTimeout(resolve, 100))
      open--
      return {}
    })
    const { outbox, add, rows } = memoryOutbox()
    for (let index = 0; index < 12; index++) add(`incident-${index}`, 'incident.opened')
    sender(url, outbox)
    await until('all to be sent', () => rows.length === 0)
    expect(most).to.equal(4)
  })

  it('follows no redirect, and sends nothing to a metadata service even if it is configured', async () => {
    const target = await receiver(() => ({}))
    const { url, received } = await receiver(() => ({ status: 307, headers: { location: target.url } }))
    const { outbox, add } = memoryOutbox()
    add('a', 'incident.closed')
    const { lines } = sender(url, outbox)
    await until('it to happen', () => received.length > 2)
    expect(target.received).to.deep.equal([])
    expect(lines[0]).to.match(/the receiver answered 307; redirects are not followed/)
    const blocked = sender('http://169.254.169.254/latest', outbox)
    await until('it to happen', () => blocked.lines.length > 0)
    expect(blocked.lines[0]).to.match(/169\.254\.169\.254 is metadata/)
  })

  it('obeys Retry-After, and gives a receiver that hangs no more than the timeout', async () => {
    const { url, received } = await receiver((count) =>
      count === 1 ? { status: 503, headers: { 'retry-after': '1' } } : count === 2 ? 'hang' : {},
    )
    const { outbox, add, rows } = memoryOutbox()
    add('a', 'incident.closed')
    const { lines } = sender(url, outbox, { timeout: 300 })
    await until('it to happen', () => rows.length === 0)
    expect(received[1]!.at - received[0]!.at).to.be.at.least(990)
    expect(lines[1]).to.match(/no answer within 300 ms/)
  })

  it('gives an event up in the end, tries it once at least, and goes on with the next one', async () => {
    const { url, received } = await receiver((count) => ({ status: count < 3 ? 500 : 200 }))
    const { outbox, add, rows } = memoryOutbox()
    add('a', 'incident.opened', Date.now() - 90_000_000)
    add('a', 'incident.closed')
    const { results, lines } = sender(url, outbox)
    await until('it to happen', () => rows.length === 0)
    expect(received.map(({ headers }) => headers['ce-id'])).to.deep.equal(['a-opened-1', 'a-closed-1', 'a-closed-1'])
    expect(results).to.deep.equal([
      'backfill incident.opened failure',
      'backfill incident.opened given_up',
      'backfill incident.closed failure',
      'backfill incident.closed success',
    ])
    expect(lines.some((line) => line.startsWith('hook event given up'))).to.equal(true)
  })

  it('gives up at once on 410', async () => {
    const { url, received } = await receiver(() => ({ status: 410 }))
    const { outbox, add, rows } = memoryOutbox()
    add('a', 'incident.opened')
    const { results } = sender(url, outbox)
    await until('it to happen', () => rows.length === 0)
    expect(received).to.have.lengthOf(1)
    expect(results.at(-1)).to.equal('backfill incident.opened given_up')
  })

  /** A lease that the test gives and takes. */
  function testLease(fence: number | null) {
    let change: (fence: number | null) => void = () => {}
    const lease: Lease = {
      fence: () => fence,
      onChange(handler) {
        change = handler
        return () => {}
      },
    }
    /** @param isReported false: the process was paused, and its timers did not run yet */
    const set = (next: number | null, isReported = true) => {
      fence = next
      if (isReported) change(next)
    }
    return { lease, set }
  }

  it('sends nothing without the lease, and stops when it is lost', async () => {
    const { url, received } = await receiver(() => 'hang')
    const { outbox, add, rows } = memoryOutbox()
    add('a', 'incident.opened')
    const { lease, set } = testLease(null)
    const { sender: created, results } = sender(url, outbox, { lease })
    expect(created.oldestPending().size).to.equal(0)
    set(1)
    await until('it to happen', () => received.length === 1)
    expect(created.oldestPending().get('backfill')).to.equal(rows[0]!.at)
    set(null)
    await until('it to happen', () => servers[0]!.open() === 0)
    expect(results).to.deep.equal([])
    expect(rows).to.have.lengthOf(1)
  })

  for (const [what, lose] of [
    ['was lost', (set) => set(null)],
    ['ran out, which no timer has reported yet', (set) => set(null, false)],
    ['was lost and taken again', (set) => set(3)],
  ] as [string, (set: (fence: number | null, isReported?: boolean) => void) => void][]) {
    it(`does not send what it read before the lease ${what}`, async () => {
      const { url, received } = await receiver(() => ({}))
      const { outbox, add } = memoryOutbox()
      add('a', 'incident.opened')
      const { lease, set } = testLease(1)
      let reads = 0
      const pendingEvents: Outbox['pendingEvents'] = async (hook, limit) => {
        reads++
        const events = await outbox.pendingEvents(hook, limit)
        // Meanwhile another replica sends them and removes them.
        lose(set)
        return events
      }
      const { sender: created } = sender(url, { ...outbox, pendingEvents }, { lease })
      await until('the read', () => reads === 1)
      await created.stop(1_000)
      expect(received).to.deep.equal([])
    })
  }

  it('writes no request if the lease has run out while it connected', async () => {
    const { url, received } = await receiver(() => ({}))
    const { outbox, add, rows } = memoryOutbox()
    add('a', 'incident.opened')
    const { lease, set } = testLease(1)
    let prepared = 0
    const { sender: created, results } = sender(url, outbox, {
      lease,
      onAuthorize() {
        prepared++
        set(null, false)
      },
    })
    await until('the attempt', () => prepared === 1)
    await created.stop(1_000)
    expect(received).to.deep.equal([])
    expect(results).to.deep.equal([])
    expect(rows).to.have.lengthOf(1)
  })

  it('bounds a body to 20 KiB, and says that tenants are missing', () => {
    const tenants = Array.from({ length: 100 }, (_, index) => `${index}${'ü'.repeat(97)}`)
    const event = {
      hook: 'a',
      id: 'x',
      event: 'incident.closed',
      at: 1,
      incident: incident('x', { tenants }),
      recovery: null,
    } as const
    const { body } = hookMessage(event, FACTS, OPTIONS)
    expect(Buffer.byteLength(body)).to.be.at.most(MESSAGE_LIMIT)
    const { data } = JSON.parse(body)
    expect(data.tenants.length).to.be.within(40, 99)
    expect(data.tenantsComplete).to.equal(false)
  })

  it('measures the 24 hours by a clock that is never set', () => {
    const day = 86_400_000
    // The wall clock was set back an hour, or ahead by two days, since the event was written.
    const back = createLane({ sequence: 1 }, { now: 0, age: -3_600_000 })
    back.failed(0, undefined)
    expect([back.isOver(day - 1), back.isOver(day)]).to.deep.equal([false, true])
    const ahead = createLane({ sequence: 1 }, { now: 0, age: 2 * day })
    expect(ahead.isOver(0)).to.equal(false)
    ahead.failed(0, undefined)
    expect(ahead.isOver(0)).to.equal(true)
    // 1 s, doubled up to 5 minutes, with some jitter on top.
    const lane = createLane({ sequence: 1 }, { now: 0, age: 0, random: () => 0 })
    const waits = Array.from({ length: 11 }, () => lane.failed(0, undefined) / 1_000)
    expect(waits).to.deep.equal([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300])
    expect(lane.failed(0, 400_000)).to.equal(400_000)
    expect(lane.failed(0, 2 * day)).to.equal(day)
    // Up to a fifth, so that the retries of many incidents do not come in step.
    const jittered = createLane({ sequence: 1 }, { now: 0, age: 0, random: () => 0.5 })
    expect(jittered.failed(0, undefined)).to.equal(1_100)
    const firsts = Array.from({ length: 20 }, () =>
      createLane({ sequence: 1 }, { now: 0, age: 0 }).failed(0, undefined),
    )
    expect(new Set(firsts).size).to.be.above(1)
  })

  it('reads Retry-After as seconds or as a date', () => {
    expect(parseRetryAfter('120', 0)).to.equal(120_000)
    expect(parseRetryAfter('Thu, 01 Jan 1970 00:01:00 GMT', 0)).to.equal(60_000)
    expect(parseRetryAfter('Thu, 01 Jan 1970 00:01:00 GMT', 90_000)).to.equal(0)
    expect(parseRetryAfter('-5', 0)).to.equal(undefined)
    expect(parseRetryAfter('soon', 0)).to.equal(undefined)
  })
})
