import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { CAUSES } from '../src/domain/cause.ts'
import { MEASURES } from '../src/domain/measures/catalogue.ts'
import { measuresFor } from '../src/domain/measures/measures.ts'
import { readAgain } from '../src/domain/measures/retm.ts'
import { pages } from './support/docs.ts'

describe('docs made from tables', () => {
  for (const [path, text] of Object.entries(pages())) {
    it(`${path} is as the tables are; else run node test/support/docs.ts`, () => {
      expect(readFileSync(join(import.meta.dirname, '..', path), 'utf8') === text).to.equal(true)
    })
  }
})

describe('MEASURES', () => {
  it('say of each cause what it means, what to check, how to mend it and how to know', () => {
    for (const cause of CAUSES) {
      const { meaning, checks, mends, mended } = MEASURES[cause]
      expect(
        [meaning, ...checks, ...mends, mended].every((text) => text.length > 10),
        cause,
      ).to.equal(true)
      expect(checks, cause).not.to.have.length(0)
    }
  })
  it('leave no placeholder open, and name the concrete place', () => {
    for (const cause of CAUSES) {
      const filled = measuresFor(cause, { endpoint: 'orders', url: 'http://shop.example:8080/hooks', code: 502 })
      expect(JSON.stringify(filled), cause).not.to.match(/\{\w+\}/)
    }
    const { checks } = measuresFor('connection_refused', { endpoint: 'orders', url: 'http://shop.example:8080/hooks' })
    expect(checks.join()).to.include('8080').and.include('shop.example')
  })
  it('do not break at a canonical URL that holds {id}', () => {
    const { mended } = measuresFor('redirect', { endpoint: 'orders', url: 'https://shop.example/t/{id}/hooks' })
    expect(mended).to.include('https://shop.example/t/{id}/hooks')
  })
})

describe('readAgain()', () => {
  const names = (event: string) => readAgain(event, { from: null, until: null }).map(({ resource }) => resource)
  it('lists what the event family lost, all where it is not known, nothing for synchronous calls', () => {
    expect(names('order.created')).to.deep.equal(['invoices', 'orders'])
    expect(names('customer.created, customer.deleted')).to.deep.equal(['customers'])
    expect(names('menu.updated')).to.deep.equal(['menu'])
    expect(names('')).to.deep.equal(['invoices', 'orders', 'menu', 'customers'])
    expect(names('something else')).to.deep.equal(['invoices', 'orders', 'menu', 'customers'])
    expect(names('loyalty')).to.deep.equal([])
  })
  it('names the window, or says that its beginning is not known', () => {
    const [known] = readAgain('menu', { from: 0, until: 60_000 })
    expect(known!.note).to.include('1970-01-01T00:00:00.000Z').and.include('1970-01-01T00:01:00.000Z')
    expect(readAgain('menu', { from: null, until: null })[0]!.note).to.include('no good moment is known')
  })
  it('holds no secret', () => {
    for (const { headers, url } of readAgain('', { from: null, until: null })) {
      expect(headers['Authorization']).to.equal('Bearer $RETM_TOKEN')
      expect(url).to.match(/^https:\/\/\$RETM_BUSINESS_ID\.retm\.sa\/api\/v2\/\w+\/list$/)
    }
  })
})
