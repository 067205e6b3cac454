import { expect } from 'chai'
import { answer, report } from '../support/http.ts'
import { until } from '../support/temp.ts'
import type { IncidentApi } from './incident-api.ts'

/** Tests of the forms of an incident that people read. They share the service of incidents.test.ts. */
export function describeIncidentsForPeople({ service, auth, get, post, refused, fail }: IncidentApi): void {
  describe('for people', () => {
    const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
    const read = async (path: string, accept: string) => {
      const response = await fetch(`${service.admin}/api/v1/${path}`, { headers: { ...auth, Accept: accept } })
      return {
        type: response.headers.get('content-type'),
        vary: response.headers.get('vary'),
        text: await response.text(),
      }
    }
    const message = '<b>it</b> & "more"'
    let id: string
    before(async () => {
      id = (await answer(report(service.ingest, { code: 28, endpoint: 'https://people.example/x', message }))).body.id
      await until('the verdict', async () => (await get(`incidents/${id}`)).body.verdict)
    })

    it('is JSON for whoever names nothing, or names it first', async () => {
      for (const accept of ['*/*', 'application/json', 'application/json, text/plain;q=0.5']) {
        const { type, vary } = await read(`incidents/${id}`, accept)
        expect([type, vary], accept).to.deep.equal(['application/json; charset=utf-8', 'Accept'])
      }
    })

    it('is JSON for whoever accepts none of its forms', async () => {
      for (const accept of ['application/xml', 'image/png', 'text/csv, application/pdf;q=0.5', 'nonsense'])
        for (const path of ['incidents', `incidents/${id}`])
          expect((await read(path, accept)).type, `${accept} ${path}`).to.equal('application/json; charset=utf-8')
    })

    it('takes the form that the query names, whatever is accepted', async () => {
      for (const path of ['incidents', `incidents/${id}`]) {
        for (const [format, type] of [
          ['json', 'application/json; charset=utf-8'],
          ['text', 'text/plain; charset=utf-8'],
          ['html', 'text/html; charset=utf-8'],
        ] as const)
          for (const accept of ['application/json', 'text/plain', BROWSER])
            expect((await read(`${path}?format=${format}`, accept)).type, `${path} ${format}`).to.equal(type)
      }
      await refused(get(`incidents/${id}?format=yaml`), 400, 'invalid_request')
    })

    it('is a text with what, since when, which team, why, what to do and how it ends', async () => {
      for (const path of [`incidents/${id}`, 'incidents?limit=1&endpoint=https%3A%2F%2Fpeople.example%2Fx']) {
        const { type, text } = await read(path, 'text/plain')
        expect(type).to.equal('text/plain; charset=utf-8')
        expect(text.split('\n')[0]).to.match(/^https:\/\/people\.example\/x: The platform saw/)
        for (const line of [
          /^state +open since \S+Z \(/m,
          /^reports +1, the last at /m,
          /^team +not configured$/m,
          /^platform +code 28: <b>it<\/b> & "more"$/m,
          /^lost +from an unknown moment before the first failure until now$/m,
          /^ends +automatically: no report until \S+ \(counted from \S+\); not proven: the endpoint is not probed$/m,
          /^Check, in this order\n +1\. /m,
          /^Fix\n +1\. /m,
          /^Verify\n/m,
          /^ +curl .* "https:\/\/\$RETM_BUSINESS_ID\.retm\.sa\/api\/v2\/invoices\/list"$/m,
        ])
          expect(text).to.match(line)
      }
    })

    it('sends a browser to the page, with nothing of the report in its markup, and links that lead somewhere', async () => {
      const { type, text } = await read(`incidents/${id}`, BROWSER)
      expect(type).to.equal('text/html; charset=utf-8')
      expect(text).not.to.include('<b>')
      expect(text).to.include('&#60;b&#62;it')
      const links = [...text.matchAll(/href="([^"]+)"/g)].map(([, link]) => link!.replaceAll('&#38;', '&'))
      expect(links).to.include.members([
        `/api/v1/incidents/${id}?format=json`,
        '/endpoints/https%3A%2F%2Fpeople.example%2Fx',
      ])
      for (const link of links)
        expect((await fetch(`${service.admin}${link}`, { headers: auth })).status, link).to.equal(200)
    })

    it('links only what we made, whatever a report says', async () => {
      const hostile =
        'see https://evil.example/api/v1/incidents/x and /api/v1/failures?x=1 or http://evil.example/api/v1/a'
      const of = 'https://linked.example/api/v1/orders'
      const { body } = await answer(report(service.ingest, { code: 500, endpoint: of, message: hostile }))
      for (const path of [`incidents/${body.id}`, 'incidents', `incidents?endpoint=${encodeURIComponent(of)}`]) {
        const { text } = await read(path, BROWSER)
        const links = [...text.matchAll(/href="([^"]*)"/g)].map(([, link]) => link!)
        expect(links.length, path).to.be.at.least(2)
        for (const link of links) expect(link, path).to.match(/^(\/|#main$)/)
        expect(links.join(), path).not.to.include('evil')
        expect(links, path).not.to.include('/api/v1/failures?x=1')
      }
    })

    it('says in the past tense what a closed incident was, and when it closed', async () => {
      const of = 'https://past.example/x'
      const opened = await fail(of, 401)
      await until('the verdict', async () => (await get(`incidents/${opened}`)).body.verdict)
      await new Promise((resolve) => setTimeout(resolve, 1_100))
      const { body: closed } = await post(`incidents/${opened}/resolve`, '{"reason":"token renewed"}')
      const { sentence } = closed.verdict
      const { text } = await read(`incidents/${opened}`, 'text/plain')
      const [headline] = text.split('\n')
      expect(headline).to.include('had an incident').and.include(closed.closedAt).and.not.include(sentence)
      expect(text).to.include(`its last verdict, at ${closed.verdict.at}: ${sentence}`)
      // Two, so that they are listed.
      await fail('https://past.example/y')
      const list = (await read('incidents?limit=20', 'text/plain')).text
      expect(list).to.include(`${of}: closed at ${closed.closedAt}`).and.not.include(`closed at ${closed.openedAt}`)
      expect(list).to.match(/past\.example\/y: open since /)
    })

    it('says that there are older ones, and where', async () => {
      for (let index = 0; index < 3; index++) await fail(`https://older.example/${index}`)
      for (const limit of [1, 2]) {
        const path = `incidents?limit=${limit}&state=open`
        const { next, incidents } = (await get(path)).body
        const { text } = await read(path, 'text/plain')
        const more = /Older incidents\n +(\S+)\n$/.exec(text)![1]!
        expect(more).to.include(`cursor=${next}`).and.include('state=open').and.include(`limit=${limit}`)
        const following = (await get(more.slice('/api/v1/'.length))).body.incidents
        expect(following[0].id < incidents.at(-1).id).to.equal(true)
        expect((await read(path, BROWSER)).text).to.include(
          `href="${more.slice('/api/v1'.length).replaceAll('&', '&#38;')}"`,
        )
      }
      expect((await read('incidents?limit=1000', 'text/plain')).text).not.to.include('Older incidents')
    })

    it('lists several with the way to each, and says where none fits', async () => {
      const other = await fail('https://people.example/y')
      const { text } = await read('incidents?state=open', 'text/plain')
      for (const it of [id, other]) expect(text).to.include(`/api/v1/incidents/${it}\n`)
      expect((await read('incidents?endpoint=nobody', 'text/plain')).text).to.include('No incident matches')
    })
  })
}
