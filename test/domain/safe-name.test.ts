import { expect } from 'chai'
import { refIdentifier } from '../../src/domain/report/endpoint-refs.ts'
import { safeName } from '../../src/domain/text/safe-name.ts'

describe('safeName', () => {
  const ids = [
    'svix:ep_1srOrx2ZWZBpBUvZwXKQmoEYga2',
    'app_1srOrx2ZWZBpBUvZwXKQmoEYga2',
    'AC0123456789abcdef0123456789abcdef',
    'pubsub:projects/shop-prod-4711/subscriptions/orders',
    'eventbridge:arn:aws:events:us-east-1:123456789012:rule/orders',
  ]
  for (const id of ids) it(`keeps the id ${id}`, () => expect(safeName(id, 255)).to.equal(id))

  for (const [text, shown] of [
    ['sk_live_4eC39HqLyjWDarjtT1zdp7dc', '***'],
    ['cafe:password:r54Rn67e', 'cafe:password:***'],
    ['https://user:pass@shop.example/?token=1', 'https://shop.example/'],
    ['g:\u001b[31m\u202eevil\u0000\n', 'g:\\u{1b}[31m\\u{202e}evil\uFFFD\\n'],
    ['Bearer r54Rn67eQq31xZ0pWv9', 'Bearer ***'],
  ] as const)
    it(`masks ${text}`, () => expect(safeName(text, 255)).to.equal(shown))

  it('keeps two endpoints apart that a platform names by ids of its own', () => {
    const identify = refIdentifier([])
    expect(identify('svix:ep_1srOrx2ZWZBpBUvZwXKQmoEYga2').endpoint).not.to.equal(
      identify('svix:ep_2AbCdEfGhIjKlMnOpQrStUvWxYz').endpoint,
    )
  })
})
