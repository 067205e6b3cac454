import { expect } from 'chai'
import { idempotencyOf } from '../../src/domain/report/idempotency.ts'

describe('idempotencyOf', () => {
  const key = (id: string) => idempotencyOf(id, Buffer.from('{}')).key

  it('keeps plain ids, and hashes long ones and others', () => {
    expect(key('msg_1')).to.equal('msg_1')
    expect(key('x'.repeat(255))).to.equal('x'.repeat(255))
    for (const id of ['x'.repeat(256), 'a b', 'é', 'a\0']) expect(key(id)).to.match(/^sha256:[\w-]{43}$/)
  })

  it('tells ids apart that differ in a lone surrogate alone', () => {
    const ids = ['\ud800', '\ud801', '\udc00', '\ufffd', 'a\ud800', '\u{10000}']
    expect(new Set(ids.map(key)).size).to.equal(ids.length)
  })
})
