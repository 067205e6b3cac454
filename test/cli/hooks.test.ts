import { writeFileSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import { expect } from 'chai'
import { Webhook } from 'standardwebhooks'
import { stringify } from 'yaml'
import { runCommand } from '../support/cli.ts'
import { http, type Listening } from '../support/sockets.ts'
import { removeTempFolders, tempFolder } from '../support/temp.ts'

const SECRET = `whsec_${Buffer.alloc(24, 3).toString('base64')}`

describe('hooks in the configuration', function () {
  this.timeout(60_000)
  const servers: Listening[] = []
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close()
  })
  after(removeTempFolders)

  const hook = { name: 'backfill', url: 'http://127.0.0.1:1/', secret: { env: 'HOOK_SECRET' } }
  const run = (args: readonly string[], config: object, env: Record<string, string> = {}) => {
    const file = join(tempFolder(), 'config.yaml')
    writeFileSync(file, stringify(config))
    return runCommand([...args, '--config', file], { HOOK_SECRET: SECRET, ...env })
  }
  const faultsOf = async (config: object, env: Record<string, string> = {}) => {
    const { code, err } = await run(['check-config'], config, env)
    expect(code, err).to.equal(2)
    return err
  }

  it('accepts a hook, and its defaults', async () => {
    const { code, err } = await run(['check-config'], {
      hooks: [{ ...hook, events: ['incident.closed'], endpoints: ['orders'], teams: ['shop'], timeout: '5s' }],
      recovery: { overdueAfter: '2h' },
      endpoints: [{ name: 'orders', team: 'shop', urls: ['https://shop.example/hooks/orders'] }],
    })
    expect({ code, err }).to.deep.equal({ code: 0, err: '' })
  })

  it('reports what no schema can see', async () => {
    const err = await faultsOf(
      {
        hooks: [
          { ...hook, endpoints: ['nothing'], teams: ['nobody'] },
          { ...hook, url: 'http://169.254.169.254/latest' },
          { ...hook, name: 'third', url: 'http://[fe80::1]/', secret: { env: 'SHORT' } },
        ],
        outbound: { allow: ['169.254.169.254'] },
        endpoints: [{ name: 'orders', team: 'shop', urls: ['https://shop.example/hooks/orders'] }],
      },
      { SHORT: 'whsec_abc' },
    )
    expect(err).to.match(/hooks\[0\]\.endpoints\[0\]: nothing is not a configured endpoint; write one of: orders/)
    expect(err).to.match(/hooks\[0\]\.teams\[0\]: nobody is not the team of any endpoint; write one of: shop/)
    expect(err).to.match(/hooks\[1\]\.name: backfill appears twice/)
    expect(err).to.match(/hooks\[1\]\.url: 169\.254\.169\.254 is metadata/)
    expect(err).to.match(/hooks\[2\]\.url: fe80::1 is link-local/)
    expect(err).to.match(/hooks\[2\]\.secret\.env: the secret in SHORT .*openssl rand/)
  })

  it('names the events it knows', async () => {
    expect(await faultsOf({ hooks: [{ ...hook, events: ['incident.lost'] }] })).to.match(
      /hooks\[0\]\.events\[0\]: .*incident\.closed/,
    )
  })

  it('sends a signed webhook.test with verify --hook', async () => {
    let received: { headers: IncomingHttpHeaders; body: string } | undefined
    let status = 202
    const server = await http((request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => {
        received = { headers: request.headers, body }
        response.writeHead(status).end()
      })
    })
    servers.push(server)
    const config = {
      hooks: [{ ...hook, url: `http://localhost:${server.port}/in`, token: { env: 'TOKEN' } }],
      admin: { externalUrl: 'https://ops.example/webhooks/' },
    }
    const { code, out, err } = await run(['verify', '--hook', 'backfill'], config, { TOKEN: 'let-me-in' })
    expect({ code, err }).to.deep.equal({ code: 0, err: '' })
    expect(out).to.match(/^ok +hook backfill +[\d.]+ s {2}the receiver answered 202\n$/)
    const { headers, body } = received!
    expect(new Webhook(SECRET).verify(body, headers as Record<string, string>)).to.deep.include({
      type: 'webhook.test',
      data: { hook: 'backfill' },
    })
    expect(headers).to.include({
      'ce-type': 'webhook.test',
      'ce-source': 'https://ops.example/webhooks',
      authorization: 'Bearer let-me-in',
    })
    status = 500
    const failed = await run(['verify', '--hook', 'backfill', '--json'], config, { TOKEN: 'let-me-in' })
    expect(failed.code).to.equal(1)
    const { ok, hops } = JSON.parse(failed.out)
    expect(ok).to.equal(false)
    expect(hops[0]).to.include({ name: 'hook backfill', status: 'failed', detail: 'the receiver answered 500' })
    expect((await run(['verify', '--hook', 'other'], config, { TOKEN: 'x' })).err).to.match(
      /name of a configured hook \(backfill\)/,
    )
    const along = await run(['verify', '--hook', 'backfill', '--admin', 'http://127.0.0.1:1'], config, { TOKEN: 'x' })
    expect(along).to.include({ code: 2, out: '' })
    expect(along.err).to.include('--hook is checked alone; leave out --admin')
  })
})
