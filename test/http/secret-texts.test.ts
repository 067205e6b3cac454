import { expect } from 'chai'
import { SECRET_FORMATS, secretPart, shownPart } from '../domain/secret-formats.ts'
import { HOOK_SECRET, hookReceiver } from '../support/hook-receiver.ts'
import { answer } from '../support/http.ts'
import { startOtlpSink } from '../support/otlp-sink.ts'
import { type Service, startService, stopServices } from '../support/service.ts'
import { until } from '../support/temp.ts'

const TOKEN = 'api-token-of-the-test-0123456789'
/** What no shape and no name gives away: letters, digits and signs without an order, as a person's password has. */
const UNKNOWABLE = ['Django key']
const SECRETS = Object.entries(SECRET_FORMATS)
  .filter(([name]) => !UNKNOWABLE.includes(name))
  .map(([name, secret]) => ({ name, secret: secret(name) }))

describe('credentials in texts from outside', () => {
  let service: Service
  let sink: Awaited<ReturnType<typeof startOtlpSink>>
  let hook: Awaited<ReturnType<typeof hookReceiver>>
  const auth = { Authorization: `Bearer ${TOKEN}` }

  /** Each text in which one of the credentials can be read. */
  const leaks = (texts: readonly string[]): string[] =>
    SECRETS.flatMap(({ name, secret }) => {
      const part = secretPart(secret)
      const shown = texts.filter((text) => shownPart(part, text) >= Math.min(15, part.length))
      return shown.map((text) => `${name}: ${text.slice(0, 300)}`)
    })

  before(async () => {
    sink = await startOtlpSink()
    hook = await hookReceiver()
    service = await startService({
      config: {
        admin: { apiToken: { env: 'API_TOKEN' } },
        outbound: { allow: ['127.0.0.1'] },
        hooks: [{ name: 'ops', url: hook.url, secret: { env: 'HOOK_SECRET' } }],
        sources: {
          shop: {
            kind: 'generic',
            auth: 'none',
            map: {
              type: '/type',
              lost: ['lost'],
              failing: ['failing'],
              disabled: ['disabled'],
              recovered: ['recovered'],
              id: 'header:idempotency-key',
              endpoint: '/endpoint',
              code: '/code',
              message: '/message',
              event: '/event',
            },
          },
        },
      },
      env: {
        API_TOKEN: TOKEN,
        HOOK_SECRET,
        OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
        OTEL_BSP_SCHEDULE_DELAY: '100',
      },
    })
    const send = (path: string, body: unknown, headers: Record<string, string> = {}) =>
      answer(
        fetch(`${service.ingest}${path}`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', ...headers },
          body: typeof body === 'string' ? body : JSON.stringify(body),
        }),
      )
    for (const [at, { secret }] of SECRETS.entries()) {
      const line = secret.replaceAll('\n', ' ')
      const inPath = encodeURIComponent(secretPart(secret))
      const headers = {
        'User-Agent': `agent/1 ${line}`,
        'Idempotency-Key': `${line} ${at}`,
        traceparent: `00-${'4'.repeat(32)}-${'5'.repeat(16)}-01`,
        tracestate: `vendor=${secret.replace(/[^!-+\--<>-~]/g, '')}`,
        Authorization: `Bearer ${line}`,
      }
      const url = `https://shop.example/${at % 3}/${inPath}?k=${inPath}#${inPath}`
      const shared = { endpoint: url, message: `connect failed: ${secret} was refused`, event: secret }
      for (const type of ['failing', 'lost', 'disabled', 'recovered'])
        await send(
          '/webhooks/shop',
          { type, code: 500, ...shared },
          { ...headers, 'Idempotency-Key': `${line} ${type}` },
        )
      await send('/webhooks/shop', { type: 'lost', ...shared, endpoint: secret }, headers)
      // What is refused: words in the place of other values, text that is no JSON, an unknown path, credential and method.
      await send('/webhooks/shop', { type: 'lost', code: [secret], endpoint: 1, [secret]: 1 }, headers)
      await send('/webhooks/shop', `{"message":"${secret}"`, headers)
      await send(`/webhooks/shop/${inPath}?k=${inPath}`, {}, headers)
      await fetch(`${service.admin}/api/v1/failures?endpoint=${inPath}&${inPath}=1`, { headers })
    }
    await until('the spans of all', () => sink.spans.length >= 9 * SECRETS.length)
  })
  after(async () => {
    await stopServices()
    await hook.close()
    await sink.close()
  })

  it('are not in spans', () => {
    expect(leaks(sink.spans.map(text))).to.deep.equal([])
    expect(sink.spans.map(text).join()).to.include('agent/1 ***')
  })

  it('are not in the log, nor in metrics', async () => {
    expect(leaks(service.stdout)).to.deep.equal([])
    const metrics = await (await fetch(`${service.admin}/metrics`)).text()
    expect(leaks(metrics.split('\n'))).to.deep.equal([])
  })

  it('are not in the API, on pages, nor in what hooks are sent', async () => {
    const read = async (path: string, accept: string) =>
      (await fetch(`${service.admin}${path}`, { headers: { ...auth, Accept: accept } })).text()
    const lists = ['/', '/api/v1/endpoints', '/api/v1/failures?limit=1000', '/api/v1/incidents?limit=1000']
    const { incidents } = JSON.parse(await read('/api/v1/incidents?limit=1000', 'application/json'))
    expect(incidents).not.to.be.empty
    const paths = [...lists, ...incidents.slice(0, 40).map(({ id }: { id: string }) => `/api/v1/incidents/${id}`)]
    for (const accept of ['application/json', 'text/plain', 'text/html'])
      for (const path of paths) expect(leaks([await read(path, accept)]), `${path} as ${accept}`).to.deep.equal([])
    await until('hooks', () => hook.events.length > 0)
    expect(leaks(hook.events.map(({ text }) => text))).to.deep.equal([])
  })
})

const text = (span: object): string =>
  JSON.stringify(span, (_, value) => (typeof value === 'bigint' ? String(value) : value))
