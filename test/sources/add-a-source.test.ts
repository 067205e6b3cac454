import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'
import { answer, scrape, sum } from '../support/http.ts'
import { type Service, startService, stopServices } from '../support/service.ts'
import { programWithKind } from './with-kind.ts'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/add-a-source.md'), 'utf8')
const blocks = [...page.matchAll(/^```(ts|yaml)\n([\s\S]*?)^```$/gm)].map(([, , text]) => text!)
const [code = '', registration = '', config = ''] = blocks

describe('docs/add-a-source.md', () => {
  let folder: string
  let service: Service
  before(async () => {
    folder = programWithKind('acme', code, registration)
    service = await startService({ main: join(folder, 'src/main.ts'), config: parse(config) })
  })
  after(stopServices)

  const send = (body: unknown) =>
    answer(
      fetch(`${service.ingest}/webhooks/acme`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      }),
    )
  const event = (id: string, more: object = {}) => ({
    id,
    type: 'delivery.failed',
    endpoint: 'ep_1',
    status: 503,
    error: 'Service Unavailable',
    ...more,
  })

  it('adds a source that type-checks', () => {
    const tsc = join(root, 'node_modules/.bin/tsc')
    const files = join(folder, 'tsconfig.src.json')
    writeFileSync(files, '{"extends":"./tsconfig.json","include":["src"]}')
    execFileSync(tsc, ['-p', files])
  })

  it('adds a source whose signals are recorded under the configured endpoint', async () => {
    const { status, body } = await send({ events: [event('1'), event('2'), { type: 'user.created' }] })
    expect(status).to.equal(202)
    expect(body.ids).to.have.length(2)
    expect(body.ignored).to.equal(1)
    const { body: failure } = await answer(fetch(`${service.admin}/api/v1/failures/${body.ids[0]}`))
    expect(failure).to.include({ source: 'acme', endpoint: 'orders', url: 'acme:ep_1', code: 503 })
    expect(sum(await scrape(service.admin), 'webhook_endpoint_failures_total', 'acme', 'orders')).to.equal(2)
  })

  it('adds a source that is in the OpenAPI document, and is the only one', async () => {
    const { body } = await answer(fetch(`${service.admin}/api/v1/openapi.json`))
    expect(Object.keys(body.paths).filter((path) => path.startsWith('/webhooks/'))).to.deep.equal(['/webhooks/acme'])
    expect(body.components.schemas.AcmeEvents.properties).to.have.property('events')
  })

  it('adds a source whose faulty bodies are answered 422 with the field', async () => {
    const { status, body } = await send({ events: 5 })
    expect(status).to.equal(422)
    expect(body.errors).to.deep.equal([{ pointer: '/events', detail: 'must be a list' }])
  })
})
