import { expect } from 'chai'
import { calledFor } from '../../src/domain/remedies/remedies.ts'

describe('calledFor', () => {
  const urlOf = (endpoint: string) => (endpoint === 'orders' ? 'https://shop.example/hooks' : undefined)
  const incident = { endpoint: 'orders', cause: 'tls', verdict: null } as const

  it('is what the newest verdict says', () => {
    const verdict = { remedy: 'tls_expired', url: 'https://shop.example/new' } as const
    expect(calledFor({ ...incident, verdict }, urlOf)).to.deep.equal(verdict)
  })

  it('is the cause and the URL of the endpoint before there is a verdict, and where an old one says neither', () => {
    const expected = { remedy: 'tls', url: 'https://shop.example/hooks' }
    expect(calledFor(incident, urlOf)).to.deep.equal(expected)
    expect(calledFor({ ...incident, verdict: {} }, urlOf)).to.deep.equal(expected)
    const endpoint = 'https://stranger.example/'
    expect(calledFor({ ...incident, endpoint }, urlOf)).to.deep.equal({ remedy: 'tls', url: endpoint })
  })
})
