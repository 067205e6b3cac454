import { expect } from 'chai'
import { internalAuthorities, probePlans } from '../../src/service/probe-plans.ts'
import { endpoint, read } from './probing-stage.ts'

describe('probePlans()', () => {
  it('takes probe.url, else the only exact URL, else nothing', () => {
    const targets = probePlans(
      [
        endpoint('own', { url: 'https://own.example/health' }, ['https://own.example/*']),
        endpoint('exact'),
        endpoint('rest', {}, ['https://rest.example/*']),
        endpoint('segment', {}, ['https://segment.example/{id}/x']),
        endpoint('two', {}, ['https://two.example/', 'https://three.example/']),
        endpoint('inside', { internalUrl: 'http://app/' }, ['https://inside.example/*']),
      ],
      read,
    ).flatMap(({ endpoint: name, views }) => views.map(({ vantage, url }) => [name, vantage, url]))
    expect(targets).to.deep.equal([
      ['own', 'public', 'https://own.example/health'],
      ['exact', 'public', 'https://exact.example/'],
      ['inside', 'internal', 'http://app/'],
    ])
  })

  it('reads secrets again for each probe', async () => {
    let value = 'old'
    const [plan] = probePlans(
      [endpoint('a', { headers: [{ name: 'Authorization', env: 'T' }], caFile: '/ca.pem', expect: ['2xx'] })],
      async ({ file, env }) => `${file ?? env} ${value}`,
    )
    expect(await plan!.views[0]!.prepare()).to.deep.include({ headers: { Authorization: 'T old' }, ca: '/ca.pem old' })
    value = 'new'
    expect(await plan!.views[0]!.prepare()).to.deep.include({ headers: { Authorization: 'T new' }, ca: '/ca.pem new' })
  })
})

describe('internalAuthorities()', () => {
  it('names host and port of each internalUrl', () => {
    const endpoints = ['http://App/x', 'https://app', 'http://app:8080/', 'http://[::1]:9/'].map((internalUrl, index) =>
      endpoint(`e${index}`, { internalUrl }),
    )
    expect(internalAuthorities(endpoints)).to.deep.equal(['app:80', 'app:443', 'app:8080', '[::1]:9'])
  })
})
