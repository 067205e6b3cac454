import { expect } from 'chai'
import { type Broken, type Expected, type Message, type MessageAlert, score } from './score.ts'

const MINUTE = 60_000
const EXPECTED: Expected = {
  namespace: 'shop',
  endpoint: 'orders',
  alerts: /^WebhookEndpointFailing$/,
  receiver: /^sales-pager$/,
  at: 0,
  within: MINUTE,
}
const BROKEN: Broken = { namespace: 'shop', endpoint: 'orders', from: 0, until: 5 * MINUTE }
const alert = (status: MessageAlert['status'], endpoint = 'orders'): MessageAlert => ({
  status,
  startsAt: '2026-12-03T00:00:00Z',
  labels: { namespace: 'shop', endpoint, alertname: 'WebhookEndpointFailing' },
})
const message = (at: number, ...alerts: readonly MessageAlert[]): Message => ({
  at,
  receiver: 'sales-pager',
  alerts,
  text: '',
})
const counts = (...messages: readonly Message[]) => {
  const { right, late, missed, wrong, repeated, falselyResolved } = score(messages, [EXPECTED], [BROKEN])
  return [right, late, missed, wrong, repeated, falselyResolved].map(({ length }) => length)
}

describe('the score of a staged outage', () => {
  it('counts a page as right, late or missed', () => {
    expect(counts(message(MINUTE, alert('firing')))).to.deep.equal([1, 0, 0, 0, 0, 0])
    expect(counts(message(MINUTE + 1, alert('firing')))).to.deep.equal([0, 1, 0, 0, 0, 0])
    expect(counts()).to.deep.equal([0, 0, 1, 0, 0, 0])
  })

  it('counts as false what nothing explains, and as repeated what says nothing new', () => {
    const first = message(MINUTE, alert('firing'))
    expect(counts(first, message(2 * MINUTE, alert('firing'), alert('firing', 'menu')))).to.deep.equal([
      1, 0, 0, 1, 0, 0,
    ])
    expect(counts(first, message(2 * MINUTE, alert('firing')))).to.deep.equal([1, 0, 0, 0, 1, 0])
  })

  it('counts a resolved while the endpoint fails, unless it says that nothing proves it', () => {
    const first = message(MINUTE, alert('firing'))
    expect(counts(first, message(4 * MINUTE, alert('resolved')))).to.deep.equal([1, 0, 0, 0, 0, 1])
    const honest = { ...message(4 * MINUTE, alert('resolved')), text: 'Not proven: the probe still gets 404' }
    expect(counts(first, honest)).to.deep.equal([1, 0, 0, 0, 0, 0])
    expect(counts(first, message(6 * MINUTE, alert('resolved')))).to.deep.equal([1, 0, 0, 0, 0, 0])
  })
})
