import { expect } from 'chai'
import { CAUSES } from '../src/domain/cause/cause.ts'
import type { LossWindow } from '../src/domain/incident/incident.ts'
import { REMEDIES } from '../src/domain/remedies/catalogue.ts'
import { remediesFor } from '../src/domain/remedies/remedies.ts'
import { REMEDY_IDS } from '../src/domain/remedies/remedy.ts'
import { recoveryRequests } from '../src/sources/retm/recovery.ts'

describe('REMEDIES', () => {
  it('say of each cause what it means, what to check, how to mend it and how to know', () => {
    for (const cause of REMEDY_IDS) {
      const { meaning, checks, fixes, verify } = REMEDIES[cause]
      expect(
        [meaning, ...checks, ...fixes, verify].every((text) => text.length > 10),
        cause,
      ).to.equal(true)
      expect(checks, cause).not.to.have.length(0)
    }
  })
  it('leave no placeholder open, and name the concrete place', () => {
    for (const cause of CAUSES) {
      const filled = remediesFor(cause, { endpoint: 'orders', url: 'http://shop.example:8080/hooks', code: 502 })
      expect(JSON.stringify(filled), cause).not.to.match(/\{\w+\}/)
    }
    const { checks } = remediesFor('connection_refused', { endpoint: 'orders', url: 'http://shop.example:8080/hooks' })
    expect(checks.join()).to.include('8080').and.include('shop.example')
  })
  it('have commands that can be pasted whatever a report named as its URL', () => {
    const url = "https://shop.example/$(touch /tmp/x)/it's"
    for (const id of REMEDY_IDS) {
      const { checks, fixes, verify } = remediesFor(id, { endpoint: 'orders', url })
      for (const text of [...checks, ...fixes, verify]) {
        if (!/`[^`]*(?:curl|openssl)/.test(text)) continue
        for (const { index } of text.matchAll(/https:\/\/shop/g)) expect(text[index - 1], text).to.equal("'")
        // Without a terminal it would wait for input, or for an answer for ever.
        if (text.includes('s_client')) expect(text).to.include('</dev/null')
        if (text.includes('curl ')) expect(text).to.include('--max-time')
        expect(text).not.to.include("it's")
      }
    }
  })
  it('do not break at a canonical URL that holds {id}', () => {
    const { verify } = remediesFor('redirect', { endpoint: 'orders', url: 'https://shop.example/t/{id}/hooks' })
    expect(verify).to.include('https://shop.example/t/{id}/hooks')
  })
})

describe('recoveryRequests()', () => {
  const request = (event: string, loss: Pick<LossWindow, 'from' | 'until'>, firstFailureAt: number | null = null) =>
    recoveryRequests({ event, loss, firstFailureAt })
  const names = (event: string) => request(event, { from: null, until: null }).map(({ resource }) => resource)
  it('lists what the event family lost, all where it is not known, nothing for synchronous calls', () => {
    expect(names('order.created')).to.deep.equal(['invoices', 'orders'])
    expect(names('customer.created, customer.deleted')).to.deep.equal(['customers'])
    expect(names('menu.updated')).to.deep.equal(['menu'])
    expect(names('')).to.deep.equal(['invoices', 'orders', 'menu', 'customers'])
    expect(names('something else')).to.deep.equal(['invoices', 'orders', 'menu', 'customers'])
    expect(names('loyalty')).to.deep.equal([])
  })
  it('names the window, or says that its beginning is not known', () => {
    const [known] = request('menu', { from: 0, until: 60_000 })
    expect(known!.note).to.include('1970-01-01T00:00:00.000Z').and.include('1970-01-01T00:01:00.000Z')
    expect(request('menu', { from: null, until: null })[0]!.note).to.include('no good moment is known')
  })
  it('names the first failure where no good moment is known, and has a command for a shell', () => {
    const [first] = request('menu', { from: null, until: null }, 60_000)
    expect(first!.note).to.include('before the first failure at 1970-01-01T00:01:00.000Z')
    expect(first!.command).to.match(
      /^curl .*"Authorization: Bearer \$RETM_TOKEN".* "https:\/\/\$RETM_BUSINESS_ID\.retm\.sa\/api\/v2\/menu\/list"$/,
    )
  })
  it('holds no secret', () => {
    for (const { headers, url } of request('', { from: null, until: null })) {
      expect(headers['Authorization']).to.equal('Bearer $RETM_TOKEN')
      expect(url).to.match(/^https:\/\/\$RETM_BUSINESS_ID\.retm\.sa\/api\/v2\/\w+\/list$/)
    }
  })
})
