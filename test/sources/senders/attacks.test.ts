import { createHmac } from 'node:crypto'
import { expect } from 'chai'
import { answer, scrape, sum } from '../../support/http.ts'
import { type Service, startService, stopServices } from '../../support/service.ts'
import { SENDERS } from './configuration.ts'
import { SAMPLES } from './samples.ts'
import { SECRETS, SIGNERS, secretsOf } from './signing.ts'

type Headers = Record<string, string>
interface Attack {
  readonly name: string
  readonly body: string
  readonly headers: Headers
}

const SIGNED = ['outpost', 'convoy', 'svix', 'standard-webhooks', 'twilio'] as const
const tried: Record<string, number> = {}
let accepted = 0

/** The same header fields, each value changed by `change`. */
const changed = (headers: Headers, change: (value: string, name: string) => string): Headers =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, change(value, name)]))

/** Ways to send a body without having its secret, from one genuine request. */
function attacksOn(source: string, body: string): Attack[] {
  const [secret = '', next = ''] = secretsOf(source)
  const genuine = SIGNERS[source]!(body, secret)
  const signature = Object.keys(genuine).find((name) => /signature$/i.test(name))!
  const value = genuine[signature]!
  const withSignature = (text: string): Headers => ({ ...genuine, [signature]: text })
  const other = body.replace('shop', 'evil').replace('evt_', 'evx_').replace('atmpt', 'atmpx').replace('NO0', 'NO1')
  expect(other, source).not.to.equal(body)
  const attacks: Attack[] = []
  const add = (name: string, headers: Headers, text = body) => attacks.push({ name, headers, body: text })

  add(
    'no signature',
    changed(genuine, (text, name) => (name === signature ? '' : text)),
  )
  add('no header at all', {})
  for (const [name] of Object.entries(genuine)) {
    const { [name]: _, ...rest } = genuine
    add(`without ${name}`, rest)
  }
  add('another body', genuine, other)
  add('an added space', genuine, `${body} `)
  add('an empty body', genuine, '')
  add('a null byte', genuine, `${body}\u0000`)
  for (const key of ['', 'x', next.slice(0, -1), secret.toUpperCase(), Buffer.from(secret).toString('base64')]) {
    if (key === secret || key === next) continue
    try {
      add(`signed with ${JSON.stringify(key.slice(0, 8))}`, SIGNERS[source]!(other, key), other)
    } catch {
      // The library refuses the key.
    }
  }
  for (const each of SIGNED)
    if (each !== source)
      for (const foreign of secretsOf(each)) {
        // Two sources of the test share their second secret; what it signs is genuine for both.
        if (secretsOf(source).includes(foreign)) continue
        add(`signed for ${each}, by its own scheme`, SIGNERS[each]!(body, foreign))
        try {
          add(`signed with a secret of ${each}`, SIGNERS[source]!(body, foreign))
        } catch {
          // The library refuses the key.
        }
      }
  const start = value.search(/[,=](?=[A-Za-z0-9+/])/) + 1
  for (const length of [0, 1, 8, 16, value.length - start - 8, value.length - start - 4, value.length - start - 1])
    if (length >= 0) add(`truncated to ${length}`, withSignature(value.slice(0, start + length)))
  for (let at = start; at < value.length; at += 5) {
    const flipped = value[at] === 'A' || value[at] === 'a' ? 'b' : 'a'
    if (value[at]?.toLowerCase() !== flipped)
      add(`character ${at}`, withSignature(value.slice(0, at) + flipped + value.slice(at + 1)))
  }
  for (const text of [
    `${value}A`,
    `${value}==`,
    `x${value}`,
    value.replace(/^v\d[,=]/, 'v9,'),
    value.replace(/^v1,/, 'v1a,'),
    '0',
    'v1,',
    'v0=',
    'undefined',
    '[object Object]',
    'v1,'.repeat(2_000),
    ' '.repeat(10),
  ])
    if (text !== value) add(`as ${JSON.stringify(text.slice(0, 12))}`, withSignature(text))
  if (source === 'svix' || source === 'standard-webhooks') {
    for (const minutes of [-60, -6, 6, 60]) {
      const at = new Date(Date.now() + minutes * 60_000)
      add(`${minutes} minutes from now`, SIGNERS[source]!(body, secret, at))
    }
    const name = (part: string) => Object.keys(genuine).find((each) => each.endsWith(part))!
    const now = Math.floor(Date.now() / 1_000)
    for (const time of [
      `${now + 1}`,
      `${now - 1}`,
      `0${now}`,
      `${now}.0`,
      `+${now}`,
      `${now}e0`,
      '',
      'NaN',
      `${now}000`,
    ])
      if (time !== genuine[name('timestamp')]) add(`timestamp ${time}`, { ...genuine, [name('timestamp')]: time })
    add('another id', { ...genuine, [name('-id')]: 'msg_other' })
    // The dots could be shifted: id "a.1", time "2" against id "a", time "1.2".
    const id = genuine[name('-id')]!
    add('a shifted dot', { ...genuine, [name('-id')]: `${id}.${genuine[name('timestamp')]}` })
  }
  if (source === 'twilio') {
    const form = new URLSearchParams(body)
    add('as JSON', { ...genuine, 'Content-Type': 'application/json' }, '{}')
    for (const settings of [
      'algorithm=HMAC_SHA256',
      'key=x,algorithm=HMAC_SHA1',
      'algorithm=none',
      'key=,algorithm=',
      'algorithm=HMAC_SHA1,algorithm=HMAC_SHA1',
    ])
      add(`settings ${settings}`, { ...genuine, 'X-Twilio-Webhooks-Signature-Settings': settings })
    const sha256 = createHmac('sha256', secret).update(body).digest('base64')
    add('SHA-256 by the settings header', {
      [signature]: sha256,
      'X-Twilio-Webhooks-Signature-Settings': 'algorithm=HMAC_SHA256',
    })
    add('another host', { ...genuine, Host: 'evil.example', 'X-Forwarded-Host': 'evil.example' }, other)
    form.append('Extra', '1')
    add('an added field', genuine, `${form}`)
    form.delete('Extra')
    form.set('Sid', `${form.get('Sid')}Timestamp${form.get('Timestamp')}`)
    form.delete('Timestamp')
    add('fields shifted into one, which changes the id', genuine, `${form}`)
  }
  return attacks
}

describe('attacks on signatures', () => {
  let service: Service
  before(async () => {
    service = await startService({ config: SENDERS, env: { ...SECRETS } })
  })
  after(async () => {
    await stopServices()
    const total = Object.values(tried).reduce((all, count) => all + count, 0)
    console.log(
      `\nsignature attacks: ${total} tried (${Object.entries(tried)
        .map(([name, count]) => `${name} ${count}`)
        .join(', ')}), ${accepted} accepted\n`,
    )
  })

  for (const source of SIGNED)
    it(`on ${source} are all refused`, async () => {
      const sample = SAMPLES.find(({ sender, expected }) => sender === source && typeof expected === 'object')!
      const body = sample.body instanceof URLSearchParams ? `${sample.body}` : JSON.stringify(sample.body)
      const type = sample.body instanceof URLSearchParams ? 'application/x-www-form-urlencoded' : 'application/json'
      const post = (text: string, headers: Headers) =>
        answer(
          fetch(`${service.ingest}/webhooks/${source}`, {
            method: 'POST',
            headers: { 'Content-Type': type, ...headers },
            body: text,
          }),
        )
      const genuine = await post(body, SIGNERS[source]!(body, secretsOf(source)[0]!))
      expect(genuine.status, JSON.stringify(genuine.body)).to.equal(202)
      const attacks = attacksOn(source, body)
      tried[source] = attacks.length
      for (const { name, headers, body: text } of attacks) {
        const { status, body: problem } = await post(text, headers)
        if (status === 202) accepted++
        const isExpected =
          status === 401 ||
          (status === 415 && name === 'as JSON') ||
          (status === 422 && name.startsWith('fields shifted'))
        expect(isExpected, `${name}: ${status} ${JSON.stringify(problem)}`).to.equal(true)
        if (status === 401) expect(problem.code, name).to.match(/^signature_(missing|invalid|expired)$/)
      }
      expect(sum(await scrape(service.admin), 'webhook_exporter_reports_total', `"${source}"`, '"recorded"')).to.equal(
        1,
      )
    })

  it('count each refusal under its reason', async () => {
    const metrics = await scrape(service.admin)
    for (const reason of ['signature_missing', 'signature_invalid', 'signature_expired'])
      expect(sum(metrics, 'webhook_exporter_reports_total', '"svix"', `"${reason}"`), reason).to.be.greaterThan(0)
  })
})
