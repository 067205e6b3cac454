import { createServer } from 'node:net'
import { expect } from 'chai'
import { answer, report } from '../support/http.ts'
import { BASIC, TOKEN } from '../support/pages-stage.ts'
import { type Service, startService, stopServices } from '../support/service.ts'
import { NOBODY, read, words } from './pages-support.ts'

const BEARER = { Authorization: `Bearer ${TOKEN}` }

describe('pages, their access and their limits', () => {
  describe('with a token', () => {
    let service: Service
    let id: string
    const basic = (password: string, user = 'anyone') => ({
      Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
    })
    const resolve = (headers: Record<string, string>, body = 'reason=moved+to+another+host', of = id) =>
      fetch(`${service.admin}/incidents/${of}/resolve`, {
        method: 'POST',
        redirect: 'manual',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
        body,
      })

    before(async () => {
      service = await startService({
        config: {
          admin: {
            apiToken: { env: 'API_TOKEN' },
            externalUrl: 'https://ops.example/webhooks',
            allowedHosts: ['status.example'],
          },
          sources: { retm: { auth: 'none' } },
        },
        env: { API_TOKEN: TOKEN },
      })
      id = (await answer(report(service.ingest, { code: 503, endpoint: 'https://a.example/x', message: 'x' }))).body.id
    })
    after(stopServices)

    it('take it as the password of HTTP Basic, with any user name, or as Bearer', async () => {
      const paths = ['/', '/incidents', `/incidents/${id}`, '/failures', `/failures/${id}`, '/endpoints/x', '/status']
      for (const path of paths) {
        for (const headers of [basic(TOKEN), basic(TOKEN, ''), BEARER])
          expect((await read(`${service.admin}${path}`, headers)).status, path).to.equal(
            path === '/endpoints/x' ? 404 : 200,
          )
        for (const headers of [
          {},
          basic('wrong'),
          basic(`${TOKEN} `),
          basic('x', TOKEN),
          { Authorization: 'Basic !' },
        ]) {
          const { status, headers: fields, text } = await read(`${service.admin}${path}`, headers)
          expect(status, path).to.equal(401)
          expect(fields.get('www-authenticate')).to.match(/^Basic realm=/)
          expect(text).not.to.include('a.example')
        }
      }
    })

    it('leave the API to Bearer: it asks for that alone, and takes writes only so', async () => {
      const api = `${service.admin}/api/v1`
      for (const path of ['failures', 'incidents?format=json', 'endpoints', 'openapi.json']) {
        expect((await read(`${api}/${path}`)).headers.get('www-authenticate'), path).to.match(/^Bearer /)
        expect((await read(`${api}/${path}`, BASIC)).status, path).to.equal(200)
      }
      const write = await fetch(`${api}/incidents/${id}/resolve`, {
        method: 'POST',
        headers: { ...BASIC, 'Content-Type': 'application/json' },
        body: '{"reason":"x"}',
      })
      expect(write.status).to.equal(401)
      expect(write.headers.get('www-authenticate')).to.match(/^Bearer /)
    })

    it('close an incident only for a form on our own page', async () => {
      const foreign = [
        {},
        { Origin: 'https://evil.example' },
        { Origin: 'null' },
        { Origin: 'http://127.0.0.1:1' },
        { 'Sec-Fetch-Site': 'cross-site', Origin: service.admin },
        { 'Sec-Fetch-Site': 'same-site', Origin: service.admin },
        { 'Sec-Fetch-Site': 'none' },
      ]
      for (const headers of foreign)
        expect((await resolve({ ...BASIC, ...headers })).status, JSON.stringify(headers)).to.equal(403)
      expect((await resolve({ Origin: service.admin })).status).to.equal(401)
      const own = { ...BASIC, Origin: service.admin }
      for (const body of ['', 'reason=', 'reason=++', `reason=${'x'.repeat(501)}`])
        expect((await resolve(own, body)).status, body).to.equal(400)
      expect((await resolve({ ...own, 'Content-Type': 'text/plain' })).status).to.equal(415)
      expect((await resolve(own, undefined, NOBODY)).status).to.equal(404)
      expect((await answer(fetch(`${service.admin}/api/v1/incidents/${id}`, { headers: BEARER }))).body.state).to.equal(
        'open',
      )

      const closed = await resolve(own)
      expect(closed.status).to.equal(303)
      const back = new URL(closed.headers.get('location')!, `${service.admin}/incidents/${id}/resolve`).href
      expect(back).to.equal(`${service.admin}/incidents/${id}`)
      expect(words((await read(back, BASIC)).text)).to.include('Closed manually: moved to another host. Not proven')
      expect((await resolve(own)).status).to.equal(409)
      for (const origin of ['https://ops.example', 'https://status.example']) {
        expect((await resolve({ ...BASIC, Origin: origin })).status, origin).to.equal(409)
      }
    })

    it('link to the external URL, and load their script relative to themselves', async () => {
      for (const [path, script] of [
        ['/', './refresh.js'],
        [`/incidents/${id}`, '../refresh.js'],
        ['/endpoints/https://a.example/x', '../../../../refresh.js'],
      ] as const) {
        const { text } = await read(`${service.admin}${path}`, BASIC)
        expect(text, path).to.include('href="https://ops.example/webhooks/incidents"').and.include(`src="${script}"`)
      }
    })
  })
  describe('without a journal', () => {
    afterEach(stopServices)

    it('say so and load, where it is down and where it hangs', async () => {
      const hanging = createServer(() => {})
      await new Promise<void>((done) => hanging.listen(0, '127.0.0.1', done))
      const { port } = hanging.address() as { port: number }
      for (const url of ['sqlite:/proc/no/such/journal.db', `postgres://u@127.0.0.1:${port}/d`]) {
        const { admin } = await startService({
          config: { journal: { url }, endpoints: [{ name: 'orders', urls: ['https://shop.example/orders'] }] },
        })
        const page = await read(`${admin}/`)
        expect(page.status, url).to.equal(200)
        expect(words(page.text), url).to.include('The journal is not available:').and.include('orders')
        expect((await read(`${admin}/status`)).status, url).to.equal(200)
        expect((await read(`${admin}/endpoints/orders`)).status, url).to.equal(200)
        for (const path of ['/incidents', `/incidents/${NOBODY}`, `/failures/${NOBODY}`]) {
          const { status, text } = await read(`${admin}${path}`)
          expect(status, `${url} ${path}`).to.equal(503)
          expect(words(text), `${url} ${path}`).to.include('Journal unavailable')
        }
      }
      hanging.close()
    })
  })
  describe('with 500 endpoints', () => {
    afterEach(stopServices)

    it('stay below 100 KiB, and lead to every endpoint, however many fail and however long their names are', async () => {
      const names = Array.from({ length: 500 }, (_, index) => `endpoint-${index}-${'n'.repeat(80)}`)
      const { admin, ingest } = await startService({
        config: {
          sources: { retm: { auth: 'none' } },
          metrics: { seriesLimit: 20_000 },
          endpoints: names.map((name, index) => ({
            name,
            urls: [`https://e${index}.example/x`],
            probe: { onReport: false },
          })),
        },
      })
      for (let index = 0; index < 200; index++)
        await report(ingest, { code: 503, endpoint: `https://e${index}.example/x`, message: '€<&'.repeat(1_000) })
      const seen = new Set<string>()
      for (let path: string | undefined = '/'; path; ) {
        const { text } = await read(`${admin}${path}`)
        expect(Buffer.byteLength(text), path).to.be.below(100 * 1_024)
        const table = text.split('id="endpoints"')[1]!.split('</table>')[0]!
        const shown = [...table.matchAll(/href="\/endpoints\/([^"]+)"/g)].map(([, name]) => name!)
        expect(shown.filter((name) => seen.has(name))).to.deep.equal([])
        for (const name of shown) seen.add(name)
        path = /href="([^"]+)">Next endpoints/.exec(text)?.[1]
      }
      expect(seen.size).to.equal(500)
    })
  })
})
