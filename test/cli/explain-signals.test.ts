import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { stringify } from 'yaml'
import { LIST_MAPPING } from '../sources/senders/mapping.ts'
import { runCommand } from '../support/cli.ts'
import { removeTempFolders, tempFolder } from '../support/temp.ts'

const CONFIG = {
  sources: {
    platform: { kind: 'generic', map: LIST_MAPPING },
    knative: {},
    twilio: {},
    signed: {
      kind: 'generic',
      auth: { kind: 'hmac', header: 'X-Sign', signed: '{id}.{body}', idHeader: 'X-Id' },
      map: { id: 'header:X-Id', ref: '/ref', message: 'header:ce-subject' },
    },
  },
  endpoints: [{ name: 'orders', urls: ['https://shop.example/hooks'] }],
}

describe('explain --source NAME < sample.json', () => {
  let file: string
  before(() => {
    file = join(tempFolder(), 'config.yaml')
    writeFileSync(file, stringify(CONFIG))
  })
  after(removeTempFolders)

  const explain = (source: string, stdin: string, ...args: string[]) =>
    runCommand(['explain', '--source', source, ...args], { CONFIG_FILE: file }, { stdin })
  const EVENTS = {
    type: 'failed',
    events: [
      { id: 1, url: 'https://shop.example/hooks?key=4f9a8b7c6d5e4f3a2b1c0d9e', status: '503', error: 'down' },
      { id: 2, url: {} },
      { id: 3, url: 'https://shop.example/hooks', type: 'ok' },
      { id: 4, type: 'else' },
    ],
  }

  it('prints each signal, and where each value was found', async () => {
    const { code, out } = await explain('platform', JSON.stringify(EVENTS), '--header', 'X-Tenant: cafe')
    expect(code).to.equal(0)
    expect(out).to.match(/^signal 1: lost\n {2}endpoint: orders\n/)
    expect(out).to.include('cause: unavailable').and.include('code = 503 (from /events/0/status)')
    expect(out).to.include('type = failed (from /type)').and.include('tenant = cafe (from header:X-Tenant)')
    expect(out).to.include('signal 2: rejected').and.include('pointer: /events/1/url')
    expect(out).to.include('signal 3: recovered').and.include('signal 4: ignored')
    expect(out).not.to.include('4f9a8b7c6d5e')
  })

  it('prints the same as JSON', async () => {
    const { code, out } = await explain('platform', JSON.stringify(EVENTS), '--json')
    expect(code).to.equal(0)
    const { signals } = JSON.parse(out)
    expect(signals.map(({ type }: { type: string }) => type)).to.deep.equal([
      'lost',
      'rejected',
      'recovered',
      'ignored',
    ])
    expect(signals[0]).to.include({ endpoint: 'orders', code: 503, message: 'down', cause: 'unavailable' })
    expect(signals[0].values).to.deep.include({ name: 'id', at: '/events/0/id', value: '1' })
  })

  it('reads headers and forms as the service does', async () => {
    const attributes = [
      'specversion: 1.0',
      'id: 1',
      'source: /s',
      'type: t',
      'knativeerrordest: http://a.example/',
      'knativeerrorcode: 404',
    ]
    const binary = await explain('knative', '', ...attributes.flatMap((each) => ['--header', `ce-${each}`]))
    expect(binary.out).to.include('signal: lost').and.include('cause: not_found')
    const payload = JSON.stringify({ error_code: '11200', webhook: { request: { url: 'https://shop.example/hooks' } } })
    const form = new URLSearchParams({ Sid: 'NO1', Timestamp: '2026-01-01T00:00:00Z', Payload: payload })
    expect((await explain('twilio', `${form}`)).out)
      .to.include('endpoint: orders')
      .and.include('code: 11200')
  })

  it('reads of a signed source what is signed: by its bytes, and no other header', async () => {
    const event = JSON.stringify({
      specversion: '1.0',
      id: '1',
      source: '/s',
      type: 't',
      subject: 'down',
      data: { ref: 'a' },
    })
    const headers = ['X-Id: 7', 'ce-subject: forged', 'Content-Type: text/plain']
    const { out } = await explain('signed', event, '--json', ...headers.flatMap((each) => ['--header', each]))
    expect(JSON.parse(out).signals[0].values).to.deep.equal([
      { name: 'id', at: 'header:X-Id', value: '7' },
      { name: 'ref', at: '/data/ref', value: 'a' },
      { name: 'message', at: 'header:ce-subject', value: 'down' },
    ])
  })

  it('says what is wrong with a sample, with the exit code 2', async () => {
    expect(await explain('platform', '{"type":"failed"}')).to.deep.include({ code: 2, out: '' })
    expect((await explain('platform', '{"type":"failed"}')).err).to.include('events is missing')
    expect((await explain('platform', '{')).code).to.equal(2)
    expect((await explain('platform', '{}', '--header', 'nonsense')).err).to.include("--header takes 'Name: value'")
  })
})
