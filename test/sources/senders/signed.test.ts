import { createHmac } from 'node:crypto'
import { request } from 'node:http'
import { expect } from 'chai'
import { answer, scrape, sum } from '../../support/http.ts'
import { type Service, startService, stopServices } from '../../support/service.ts'
import { SAMPLES } from './samples.ts'
import { SECRETS, SIGNERS, secretsOf, TWILIO_URL } from './signing.ts'

type Field = readonly [name: string, value: string]
interface Request {
  readonly name: string
  readonly headers: readonly Field[]
  readonly body: string
  readonly query?: string
}

const URL_OF = 'https://shop.example/hooks/orders'
const SECRET = 'secret-of-the-signed-source'
const KEY = `whsec_${Buffer.from(SECRET).toString('base64')}`
const FORM = 'application/x-www-form-urlencoded'
const hmac = (text: string) => createHmac('sha256', SECRET).update(text).digest('hex')
const map = { id: '/id', endpoint: '/url', code: '/code', message: '/why', tenant: '/tenant', time: '/at' }
const generic = (auth: Readonly<Record<string, unknown>>, more: object) => ({
  kind: 'generic',
  secrets: [{ env: auth['kind'] === 'standard-webhooks' ? 'OWN_KEY' : 'OWN' }],
  auth,
  map: more,
})

const now = () => `${Math.floor(Date.now() / 1_000)}`
const event = (more: object = {}) =>
  JSON.stringify({ id: 'e1', url: URL_OF, code: 503, why: 'down', tenant: 'cafe', at: '2026-01-01T00:00:00Z', ...more })
const SHOP = { url: URL_OF, code: '503' }
const COUNTED = { code: 503, url: URL_OF }

/** Each scheme with a genuine request: by the kind of source, and by what a mapping can be made of. */
const SOURCES: Readonly<Record<string, { section: object; genuine: () => Omit<Request, 'name'>; facts?: object }>> = {
  ...Object.fromEntries(
    ['outpost', 'convoy', 'svix', 'standard-webhooks', 'twilio'].map((source) => {
      const { body } = SAMPLES.find(
        ({ sender, expected }) => sender === source && typeof expected === 'object' && expected['code'] !== 0,
      ) ?? { body: {} }
      const { body: given } =
        source === 'standard-webhooks' ? SAMPLES.find(({ sender }) => sender === source)! : { body }
      const text = given instanceof URLSearchParams ? `${given}` : JSON.stringify(given)
      const type = given instanceof URLSearchParams ? FORM : 'application/json'
      const variable = { outpost: 'OUTPOST', convoy: 'CONVOY', svix: 'SVIX', twilio: 'TWILIO' }[source] ?? 'STANDARD'
      return [
        source,
        {
          section: { secrets: [{ env: variable }], ...(source === 'twilio' && { url: TWILIO_URL }) },
          genuine: () => ({
            headers: [['Content-Type', type], ...Object.entries(SIGNERS[source]!(text, secretsOf(source)[0]!))],
            body: text,
          }),
        },
      ]
    }),
  ),
  'of-the-body': {
    section: generic({ kind: 'hmac', header: 'X-Sign' }, map),
    genuine: () => ({
      headers: [
        ['Content-Type', 'application/json'],
        ['X-Sign', hmac(event())],
      ],
      body: event(),
    }),
    facts: { ...COUNTED, tenant: 'cafe', message: 'down' },
  },
  'of-id-and-time': {
    section: generic(
      {
        kind: 'hmac',
        header: 'X-Sign',
        signed: '{id}.{timestamp}.{body}',
        idHeader: 'X-Id',
        timestampHeader: 'X-Time',
      },
      { ...map, id: 'header:X-Id' },
    ),
    genuine: () => ({
      headers: [
        ['Content-Type', 'application/json'],
        ['X-Id', 'm1'],
        ['X-Time', now()],
        ['X-Sign', hmac(`m1.${now()}.${event()}`)],
      ],
      body: event(),
    }),
    facts: COUNTED,
  },
  // Id and body side by side in a form: text can move between them.
  'of-id-and-form': {
    section: generic(
      { kind: 'hmac', header: 'X-Sign', signed: '{id}&{body}', idHeader: 'X-Id' },
      { id: 'header:X-Id', endpoint: 'form:url', code: 'form:code', message: 'text:it failed' },
    ),
    genuine: () => {
      const body = `a=1&${new URLSearchParams(SHOP)}`
      return {
        headers: [
          ['Content-Type', FORM],
          ['X-Id', 'm1'],
          ['X-Sign', hmac(`m1&${body}`)],
        ],
        body,
      }
    },
    facts: COUNTED,
  },
  // The body begins with what could be the time: a longer id, this time, and the rest of the body.
  'of-id-time-and-form': {
    section: generic(
      {
        kind: 'hmac',
        header: 'X-Sign',
        signed: '{id}.{timestamp}.{body}',
        idHeader: 'X-Id',
        timestampHeader: 'X-Time',
      },
      { id: 'header:X-Id', endpoint: 'form:url', code: 'form:code', message: 'text:it failed' },
    ),
    genuine: () => {
      const body = `${now()}.a=1&${new URLSearchParams(SHOP)}`
      return {
        headers: [
          ['Content-Type', FORM],
          ['X-Id', 'm1'],
          ['X-Time', now()],
          ['X-Sign', hmac(`m1.${now()}.${body}`)],
        ],
        body,
      }
    },
    facts: COUNTED,
  },
  'of-standard-webhooks-and-form': {
    section: generic(
      { kind: 'standard-webhooks' },
      { id: 'header:webhook-id', endpoint: 'form:url', code: 'form:code', message: 'text:it failed' },
    ),
    genuine: () => {
      const body = `${now()}.a=1&${new URLSearchParams(SHOP)}`
      return {
        headers: [['Content-Type', FORM], ...Object.entries(SIGNERS['standard-webhooks']!(body, KEY))],
        body,
      }
    },
    facts: COUNTED,
  },
  // The id ends with digits that could be the time's.
  'of-id-beside-time': {
    section: generic(
      { kind: 'hmac', header: 'X-Sign', signed: '{id}{timestamp}.{body}', idHeader: 'X-Id', timestampHeader: 'X-Time' },
      { ...map, id: 'header:X-Id' },
    ),
    genuine: () => ({
      headers: [
        ['X-Id', 'm10'],
        ['X-Time', now()],
        ['X-Sign', hmac(`m10${now()}.${event()}`)],
      ],
      body: event(),
    }),
  },
  'of-a-cloud-event': {
    section: generic({ kind: 'hmac', header: 'X-Sign' }, { id: 'header:ce-id', endpoint: '/url', code: '/code' }),
    genuine: () => {
      const body = JSON.stringify({ specversion: '1.0', id: 'c1', source: '/s', type: 't', data: JSON.parse(event()) })
      return {
        headers: [
          ['Content-Type', 'application/cloudevents+json'],
          ['X-Sign', hmac(body)],
        ],
        body,
      }
    },
    facts: COUNTED,
  },
  // Its values are in no member: a body that is read as something else would still be a report, without an id.
  'of-literals': {
    section: generic({ kind: 'hmac', header: 'X-Sign' }, { id: '/id', ref: 'text:orders', message: 'text:it failed' }),
    genuine: () => ({
      headers: [
        ['Content-Type', 'application/json'],
        ['X-Sign', hmac(event())],
      ],
      body: event(),
    }),
  },
  retm: {
    section: { auth: { kind: 'hmac', header: 'X-Sign', signed: '{id}.{body}' }, secrets: [{ env: 'OWN' }] },
    genuine: () => {
      const body = JSON.stringify({ code: 503, endpoint: URL_OF, message: 'down' })
      return {
        headers: [
          ['Content-Type', 'application/json'],
          ['webhook-id', 'r1'],
          ['X-Sign', hmac(`r1.${body}`)],
        ],
        body,
      }
    },
    facts: COUNTED,
  },
  knative: {
    section: { auth: { kind: 'hmac', header: 'X-Sign' }, secrets: [{ env: 'OWN' }] },
    genuine: () => {
      const { body: sample } = SAMPLES.find(({ name }) => name === 'structured mode')!
      const body = JSON.stringify(sample)
      return {
        headers: [
          ['Content-Type', 'application/cloudevents+json'],
          ['X-Sign', hmac(body)],
        ],
        body,
      }
    },
    facts: { code: 404 },
  },
}

const CLOUD_EVENT: readonly Field[] = [
  ['ce-specversion', '1.0'],
  ['ce-id', 'forged'],
  ['ce-source', '/forged'],
  ['ce-type', 'endpoint.enabled'],
  ['ce-knativeerrordest', 'https://forged.example/'],
]
/** Headers that some kind of source or another part of the service reads. */
const ADDED: readonly (readonly Field[])[] = [
  [['webhook-id', 'forged']],
  [['svix-id', 'forged']],
  [
    ['Webhook-Id', 'forged'],
    ['webhook-timestamp', now()],
  ],
  [['svix-timestamp', now()]],
  [['webhook-signature', 'v1,AAAA']],
  [['svix-signature', 'v1,AAAA']],
  [['Idempotency-Key', 'forged']],
  [
    ['X-Tenant', 'forged'],
    ['X-Id', 'forged'],
  ],
  [['X-Twilio-Webhooks-Signature-Settings', 'key=x,algorithm=HMAC_SHA1']],
  [['X-HTTP-Method-Override', 'OPTIONS']],
  [['webhook-simulation', `simulation,${now()},${'x'.repeat(20)},${'x'.repeat(43)}`]],
  [['webhook-canary-nonce', 'x'.repeat(20)]],
  [['Content-Encoding', 'gzip']],
  CLOUD_EVENT,
  ...CLOUD_EVENT.map((field) => [field]),
]
const TYPES = [
  'application/json',
  'application/json; charset=utf-16',
  FORM,
  'application/cloudevents+json',
  'application/cloudevents-batch+json',
  'text/plain',
  'multipart/form-data; boundary=x',
  '',
]

/** Every way to change one thing of a request. */
function changes({ headers, body, query = '' }: Omit<Request, 'name'>): Request[] {
  const all: Request[] = []
  const add = (name: string, more: Partial<Request>) => all.push({ name, headers, body, query, ...more })
  for (const [index, [name, value]] of headers.entries()) {
    const others = headers.toSpliced(index, 1)
    const put = (what: string, ...fields: Field[]) => add(`${name} ${what}`, { headers: [...fields, ...others] })
    put('removed')
    put('empty', [name, ''])
    for (const other of ['forged', `${value}x`, `x${value}`, `${value}0`, `0${value}`, value.slice(0, -1)])
      put(`as ${other}`, [name, other])
    put('twice, the forged one first', [name, 'forged'], [name, value])
    put('twice, the forged one last', [name, value], [name, 'forged'])
    put('twice', [name, value], [name, value])
    if (!/^content-type$/i.test(name)) continue
    for (const type of TYPES) put(`as ${type}`, ...(type === '' ? [] : [[name, type] as const]))
  }
  // The same set of headers by its other names.
  const swapped = headers.map(([name, value]): Field => {
    const other = name.startsWith('svix-') ? name.replace('svix-', 'webhook-') : name.replace('webhook-', 'svix-')
    return [other, value]
  })
  for (const fields of [...headers, ...swapped].map((field) => [field]))
    add(`${fields[0]![0]} again`, { headers: [...headers, ...fields] })
  for (const fields of ADDED) {
    const name = fields.map(([each, value]) => `${each}: ${value}`).join(', ')
    add(`${name} first`, { headers: [...fields, ...headers] })
    add(`${name} last`, { headers: [...headers, ...fields] })
  }
  for (const text of ['id=forged', 'bodySHA256=00', 'Sid=NO1', '']) add(`?${text}`, { query: `?${text}` })
  for (const text of [` ${body}`, `${body} `, `${body}&`, `[${body}]`, `\ufeff${body}`]) add(text, { body: text })
  const isForm = headers.some(([, value]) => value === FORM)
  if (isForm) for (const form of forms(body)) add(form, { body: form })
  else for (const text of documents(JSON.parse(body))) add(text, { body: text })
  const x = headers.find(([name]) => name === 'X-Id')
  const time = headers.find(([name]) => name === 'X-Time')
  const withValue = (of: Field, value: string) => headers.map((field): Field => (field === of ? [of[0], value] : field))
  // The same text, split at other dots.
  const [ofId, ofTime] = [/^(x|webhook)-id$/i, /^(x-time|webhook-timestamp)$/i].map((pattern) =>
    headers.find(([name]) => pattern.test(name)),
  )
  const parts = ofId && ofTime ? `${ofId[1]}.${ofTime[1]}.${body}`.split('.') : []
  for (let cut = 1; cut < Math.min(parts.length - 1, 6); cut++) {
    const [id, moved, rest] = [parts.slice(0, cut).join('.'), parts[cut]!, parts.slice(cut + 1).join('.')]
    const split = headers.map((field): Field => [field[0], field === ofId ? id : field === ofTime ? moved : field[1]])
    if (id !== ofId![1]) add(`split before dot ${cut}`, { headers: split, body: rest })
  }
  // Text that moves between what is signed side by side.
  for (let cut = 1; x && cut <= 10; cut++) {
    const longer = `${x[1]}&${body.slice(0, cut)}`
    if (body[cut] === '&')
      add('the id takes from the body', { headers: withValue(x, longer), body: body.slice(cut + 1) })
    if (!time || cut > x[1].length - 1) continue
    const [id, moved] = [x[1].slice(0, -cut), x[1].slice(-cut)]
    const shifted = headers.map(
      ([name, value]): Field => [name, name === 'X-Id' ? id : name === 'X-Time' ? moved + value : value],
    )
    add(`the time takes ${moved} from the id`, { headers: shifted })
  }
  return all
}

/** A document with each of its members changed, removed, or given twice. */
function documents(value: unknown): string[] {
  const variants = (at: unknown): unknown[] => {
    if (typeof at !== 'object' || at === null) return [typeof at === 'number' ? at + 1 : `${at}x`, null]
    return Object.entries(at).flatMap(([key, member]) => {
      const { [key]: _, ...rest } = at as Record<string, unknown>
      return [rest, ...variants(member).map((other) => ({ ...at, [key]: other }))]
    })
  }
  const text = JSON.stringify(value)
  return [...variants(value).map((each) => JSON.stringify(each)), text.replace('{', '{"id":"forged",')]
}

/** A form with each field changed, and every way to move text between names and values that leaves what is signed as it is. */
function forms(body: string): string[] {
  const fields = [...new URLSearchParams(body)]
  const sorted = fields.toSorted(([a], [b]) => (a < b ? -1 : 1))
  const written = (list: readonly Field[]) => `${new URLSearchParams(list.map(([name, value]) => [name, value]))}`
  const all = fields.flatMap(([name, value], index) =>
    [
      [],
      [[name, `${value}x`]],
      [[`${name}x`, value]],
      [
        [name, value],
        [name, 'forged'],
      ],
      [
        [name, 'forged'],
        [name, value],
      ],
    ].map((put) => written(fields.toSpliced(index, 1, ...(put as [string, string][])))),
  )
  for (const [index, [name, value]] of sorted.entries()) {
    const text = name + value
    for (let cut = 0; cut <= text.length; cut++) {
      all.push(written(sorted.toSpliced(index, 1, [text.slice(0, cut), text.slice(cut)])))
      if (cut > name.length)
        all.push(written(sorted.toSpliced(index, 1, [name, value.slice(0, cut - name.length)], [text.slice(cut), ''])))
    }
    const next = sorted[index + 1]
    if (next) all.push(written(sorted.toSpliced(index, 2, [name, value + next.join('')])))
  }
  return all
}

describe('whatever the service uses of a signed request was signed', () => {
  let service: Service
  before(async () => {
    const sections = Object.entries(SOURCES).map(([name, { section }]) => [name, section])
    service = await startService({
      config: { sources: Object.fromEntries(sections) },
      env: { ...SECRETS, OWN: SECRET, OWN_KEY: KEY },
    })
  })
  after(stopServices)

  const send = (source: string, { headers, body, query = '' }: Request) =>
    new Promise<{ status: number; body: { id?: string; ids?: string[] } }>((resolve, reject) => {
      const { port } = new URL(service.ingest)
      const fields = [['Host', 'errors.example'], ['Content-Length', `${Buffer.byteLength(body)}`], ...headers]
      request(
        {
          port,
          method: 'POST',
          path: `/webhooks/${source === 'retm' ? 'error' : source}${query}`,
          headers: fields.flat(),
        },
        (response) => {
          let text = ''
          response.on('data', (chunk) => {
            text += chunk
          })
          response.on('end', () => resolve({ status: response.statusCode!, body: JSON.parse(text) }))
        },
      )
        .on('error', reject)
        .end(body)
    })

  for (const [source, { genuine, facts = {} }] of Object.entries(SOURCES))
    it(`${source}: one changed thing is refused, or changes nothing`, async () => {
      const real = { name: 'the genuine one', ...genuine() }
      const given = [...changes(real), real, ...changes(real)]
      const accepted: [name: string, id: string | undefined][] = []
      for (const forged of given) {
        const { status, body } = await send(source, forged)
        if (status === 202) accepted.push([forged.name, body.id])
        else expect(status, `${forged.name}: ${JSON.stringify(body)}`).to.be.within(400, 422)
      }
      const [, id] = accepted.find(([name]) => name === real.name)!
      expect(id).to.be.a('string')
      expect(accepted.filter(([, other]) => other !== id)).to.deep.equal([])
      const { body: page } = await answer(fetch(`${service.admin}/api/v1/failures?source=${source}`))
      expect(page.failures).to.have.length(1)
      expect(page.failures[0]).to.include(facts)
      expect(JSON.stringify(page)).not.to.include('forged')
      const metrics = await scrape(service.admin)
      expect(sum(metrics, 'webhook_exporter_reports_total', `"${source}"`, '"recorded"')).to.equal(1)
      for (const outcome of ['ignored', 'simulated', 'canary'])
        expect(sum(metrics, 'webhook_exporter_reports_total', `"${source}"`, `"${outcome}"`), outcome).to.equal(0)
    })
})
