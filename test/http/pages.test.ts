import { expect } from 'chai'
import { answer, report } from '../support/http.ts'
import { startOtlpSink } from '../support/otlp-sink.ts'
import { deliver } from '../support/proxy-stage.ts'
import { type Service, startService, stopServices } from '../support/service.ts'
import { http } from '../support/sockets.ts'
import { until } from '../support/temp.ts'
import { NOBODY, read, words } from './pages-support.ts'

describe('pages', () => {
  describe('without a token', () => {
    let service: Service
    let sink: Awaited<ReturnType<typeof startOtlpSink>>
    const get = async (path: string) => read(`${service.admin}${path}`)
    const fail = async (endpoint: string, code = 503, message = 'Service Unavailable'): Promise<string> =>
      (await answer(report(service.ingest, { code, endpoint, message }))).body.id

    before(async () => {
      sink = await startOtlpSink()
      service = await startService({
        config: {
          admin: { traceUrl: 'https://tempo.example/trace/{traceId}?a=1&b=2' },
          sources: { retm: { auth: 'none' } },
          endpoints: [
            { name: 'shop/orders new', event: 'order.created', team: 'shop', urls: ['https://shop.example/orders'] },
            { name: 'quiet', urls: ['https://quiet.example/*'] },
            {
              name: 'secret',
              urls: ['https://hooks.example/services/T024BE7LD/B024BE7LD/lLhvcXnN3fPsQwVzJr5uYdKb'],
              probe: { onReport: false, headers: [{ name: 'X-Api-Key', env: 'PROBE_KEY' }] },
            },
          ],
        },
        env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, PROBE_KEY: 'probe-key-that-nobody-may-see-01' },
      })
    })
    after(async () => {
      await stopServices()
      await sink.close()
    })

    it('begin with one sentence of state', async () => {
      expect(words((await get('/')).text)).to.include('No open incident. No report so far.')
      await fail('https://shop.example/orders')
      const { text } = await get('/')
      expect(words(/<h1>.*?<\/h1>/s.exec(text)![0])).to.match(
        /^ 1 open incident: shop\/orders new, .+\. Last report \d+ seconds? ago\. $/,
      )
    })

    it('show endpoints with what is known of each, those that fail first', async () => {
      const { text } = await get('/')
      const rows = [
        ...text
          .split('id="endpoints"')[1]!
          .split('</table>')[0]!
          .matchAll(/<tr><th scope="row">.*?<\/tr>/gs),
      ]
      expect(rows.map(([row]) => words(row).trim().split(' ')[0])).to.deep.equal(['shop/orders', 'quiet', 'secret'])
      expect(words(rows[0]![0])).to.match(/failing .* 1 1/)
      expect(words(rows[1]![0])).to.include('no open incident not probed not probed none known 0 0')
    })

    it('have one for an endpoint whose name has slashes, encoded or not, and for one that is not configured', async () => {
      for (const path of ['/endpoints/shop%2Forders%20new', '/endpoints/shop/orders%20new'])
        expect(words((await get(path)).text), path).to.include('shop/orders new: failing for')
      await fail('https://other.example/a//b')
      const { status, text } = await get(`/endpoints/${encodeURIComponent('https://other.example/a//b')}`)
      expect(status).to.equal(200)
      expect(words(text)).to.include('no: known from its failures')
      // What is counted without being an endpoint with incidents.
      await fail('not a URL')
      expect((await get('/endpoints/invalid')).status).to.equal(200)
      for (const name of ['nobody', '%ff', '%', 'a%00b', '..%2f..', `${'x'.repeat(5_000)}`])
        expect((await get(`/endpoints/${name}`)).status, name).to.equal(404)
    })

    it('show an incident: what to do, what happened when, and what to read again', async () => {
      const id = await fail('https://incident.example/x', 401, 'Unauthorized')
      await until('the verdict', async () => words((await get(`/incidents/${id}`)).text).includes('Verdict'))
      for (const path of [
        `/incidents/${id}`,
        `/incidents/${id.toUpperCase()}`,
        '/incidents?endpoint=https%3A%2F%2Fincident.example%2Fx',
      ]) {
        const { status, text } = await get(path)
        expect(status, path).to.equal(200)
        const said = words(text)
        for (const part of [
          'Check, in this order',
          'Fix',
          'Read again',
          'opened by a report',
          'retm: code 401',
          'Close it manually',
        ])
          expect(said, path).to.include(part)
      }
    })

    it('show a failure with its incident, and link its trace where admin.traceUrl says so', async () => {
      const id = await fail('https://traced.example/x', 500, 'm'.repeat(8_000))
      const { text } = await get(`/failures/${id}`)
      const { traceId } = (await answer(fetch(`${service.admin}/api/v1/failures/${id}`))).body
      expect(traceId).to.match(/^[0-9a-f]{32}$/)
      expect(text).to.include(`href="https://tempo.example/trace/${traceId}?a=1&#38;b=2"`)
      expect(text).to.include(`href="/incidents/${id}"`).and.include('m'.repeat(8_000))
      expect((await get(`/failures/${NOBODY}`)).status).to.equal(404)
      expect((await get('/failures/x')).status).to.equal(404)
    })

    it('list incidents and failures with the queries of the API', async () => {
      for (let index = 0; index < 3; index++) await fail(`https://listed.example/${index}`)
      const first = await get('/failures?limit=2&source=retm')
      const next = /href="(\/failures\?[^"]*cursor=[^"]*)"/.exec(first.text)![1]!.replaceAll('&#38;', '&')
      expect(next).to.include('source=retm')
      expect((await get(next)).status).to.equal(200)
      expect(words((await get('/incidents?state=closed')).text)).to.include('No incident matches.')
      for (const path of ['/failures?limit=0', '/incidents?state=maybe', '/failures?<b>=1']) {
        const { status, text } = await get(path)
        expect(status, path).to.equal(400)
        expect(text, path).to.include('<h1>Invalid request</h1>').and.not.include('<b>')
      }
    })

    it('show build, flags and the configuration in force, without secrets', async () => {
      const said = words((await get('/status')).text)
      expect(said).to.include('answerTimeout: 900ms').and.include('bodyLimit: 64KiB').and.include('env: PROBE_KEY')
      expect(said).to.include('Node.js v').and.include('CONFIG_FILE')
      expect(said).not.to.include('lLhvcXnN3fPsQwVzJr5uYdKb').and.not.include('nobody-may-see')
    })

    it('say when each source was last heard from', async () => {
      expect(words((await get('/')).text)).to.match(/retm retm \/webhooks\/error \d{4}-\d\d-\d\d \d\d:\d\d:\d\d/)
    })

    it('load nothing but their own script, and run nothing else', async () => {
      for (const path of ['/', '/incidents', '/failures', '/status', '/nowhere-of-ours/x', `/incidents/${NOBODY}`]) {
        const { headers, text } = await get(path)
        if (path.startsWith('/nowhere')) continue
        const policy = headers.get('content-security-policy')!
        expect(policy).to.include("default-src 'none'").and.include("script-src 'self'").and.not.include('unsafe')
        expect([...text.matchAll(/<script[^>]*>/g)].map(([tag]) => tag)).to.have.length(1)
        expect(headers.get('cache-control')).to.equal('no-store')
      }
      const script = await get('/refresh.js')
      expect(script.headers.get('content-type')).to.match(/^text\/javascript/)
      expect(script.text.trim().split('\n')).to.have.length.at.most(15)
    })

    it('are where browsers are sent from the API, while clients get what they always got', async () => {
      for (const [path, location] of [
        ['/api/v1/incidents?state=open&limit=3', '/incidents?state=open&limit=3'],
        [`/api/v1/incidents/${NOBODY}`, `/incidents/${NOBODY}`],
        [`/api/v1/incidents/${NOBODY}?format=html`, `/incidents/${NOBODY}`],
      ] as const) {
        const { status, headers } = await get(path)
        expect(status, path).to.equal(302)
        expect(new URL(headers.get('location')!, `${service.admin}${path}`).href).to.equal(
          `${service.admin}${location}`,
        )
      }
      expect((await read(`${service.admin}/api/v1/incidents?format=json`)).status).to.equal(200)
      const text = await read(`${service.admin}/api/v1/incidents`, { Accept: 'text/plain' })
      expect([text.status, text.headers.get('content-type')]).to.deep.equal([200, 'text/plain; charset=utf-8'])
    })

    it('take no form without the token that the first start made', async () => {
      const response = await fetch(`${service.admin}/incidents/${NOBODY}/resolve`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded', Origin: service.admin },
        body: 'reason=x',
      })
      expect(response.status).to.equal(401)
      expect(response.headers.get('www-authenticate')).to.include('Basic')
    })

    it('have health and readiness under the names that Prometheus has', async () => {
      for (const [path, same] of [
        ['/-/healthy', '/healthz'],
        ['/-/ready', '/readyz'],
      ])
        expect((await get(path!)).text, path).to.equal((await get(same!)).text)
    })
  })
  describe('while a sender invents URLs', () => {
    after(stopServices)

    it('show configured endpoints, critical ones first, and fold what was invented into one line', async () => {
      const endpoint = (name: string, severity: 'critical' | 'warning') => ({
        name,
        severity,
        urls: [`https://${name}.example/x`],
        probe: { onReport: false },
      })
      const critical = Array.from({ length: 11 }, (_, index) => `critical-${index}`)
      const { admin, ingest } = await startService({
        config: {
          sources: { retm: { auth: 'none' } },
          incidents: { unconfiguredLimit: 200 },
          endpoints: [
            ...critical.map((name) => endpoint(name, 'critical')),
            endpoint('minor', 'warning'),
            endpoint('healthy', 'warning'),
          ],
        },
      })
      const fail = (url: string) => report(ingest, { code: 503, endpoint: url, message: 'x' })
      const page = async () => (await read(`${admin}/`)).text
      const heading = (text: string) => words(/<h1>.*?<\/h1>/s.exec(text)![0])
      const rowsOf = (text: string, id: string) =>
        [
          ...(text.split(`id="${id}"`)[1] ?? '').split('</table>')[0]!.matchAll(/<tr><th scope="row">(.*?)<\/th>/gs),
        ].map(([, cell]) => words(cell!).trim())
      await fail('https://invented.example/first')
      expect(heading(await page())).to.include('No open incident of a configured endpoint. 1 of endpoints that are not')
      for (const name of critical) await fail(`https://${name}.example/x`)
      await fail('https://minor.example/x')
      for (let index = 0; index < 60; index++) await fail(`https://h${index}.invented.example/${'o'.repeat(60)}`)
      const text = await page()
      const newest = critical.toReversed()
      expect(heading(text)).to.include('12 open incidents: critical-10, ').and.include('; critical-8, ')
      expect(heading(text)).to.include('; and 9 more. 61 of endpoints that are not configured.')
      expect(heading(text)).not.to.include('invented')
      expect(rowsOf(text, 'open-incidents')).to.deep.equal([...newest, 'minor'])
      expect(rowsOf(text, 'endpoints').slice(0, 13)).to.deep.equal([...newest, 'minor', 'healthy'])
      const fold = /<details>.*?<\/details>/s.exec(text)![0]
      expect(fold).to.include('<summary>61 of endpoints that are not configured</summary>')
      expect(rowsOf(fold, 'unconfigured-incidents')[0]).to.include('invented.example')
      expect(text.split('<details>')[0]!.split('</h1>')[1]).not.to.include('invented.example')
    })
  })
  describe('with a proxy', () => {
    afterEach(stopServices)

    it('show the share of deliveries that arrived, where it is known', async () => {
      let requests = 0
      const app = await http((request, response) => {
        request.resume()
        response.writeHead(++requests === 3 ? 500 : 204).end()
      })
      const service = await startService({
        config: {
          endpoints: ['orders', 'quiet'].map((name) => ({ name, urls: [`https://${name}.example/x`] })),
          proxy: {
            port: 0,
            routes: [{ endpoint: 'orders', path: '/hooks/orders', upstream: `http://127.0.0.1:${app.port}` }],
          },
        },
      })
      const { port } = service.log().find(({ listener }) => listener === 'proxy')!
      for (let index = 0; index < 4; index++) await deliver(`http://127.0.0.1:${port}`)
      const said = await until('all deliveries', async () => {
        const text = words((await read(service.admin)).text)
        return text.includes('75.00 % of 4') && text
      })
      expect(said).to.match(/quiet no open incident .* not known/)
      await app.close()
    })
  })
})
