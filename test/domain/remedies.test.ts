import { expect } from 'chai'
import { calledFor, remediesFor } from '../../src/domain/remedies/remedies.ts'

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

describe('remediesFor', () => {
  it('begins with the size for a 413, and keeps all checks', () => {
    const facts = { endpoint: 'orders', url: 'https://shop.example/hooks' }
    const [first, ...rest] = remediesFor('rejected', { ...facts, code: 413 }).checks
    const others = remediesFor('rejected', { ...facts, code: 422 }).checks
    expect(first).to.include('limits the size of a body').and.include('client_max_body_size')
    expect(others[0]).to.include('validation error')
    expect([first, ...rest].toSorted()).to.deep.equal(others.toSorted())
  })
})
