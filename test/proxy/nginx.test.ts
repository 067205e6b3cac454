import { mkdirSync, writeFileSync } from 'node:fs'
import type { OutgoingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import { expect } from 'chai'
import { type Nginx, runNginx } from '../support/nginx.ts'
import { type Program, requireProgram } from '../support/programs.ts'
import { type Answer, deliver, startProxyStage } from '../support/proxy-stage.ts'
import { freePort, removeTempFolders, tempFolder } from '../support/temp.ts'
import { MODES } from './stages.ts'

/** Requests that nginx answers each in a way of its own. */
const REQUESTS: readonly (readonly [what: string, path: string, options?: object])[] = [
  ['a file', '/file', { method: 'GET' }],
  ['HEAD', '/file', { method: 'HEAD' }],
  ['304', '/file', { method: 'GET', headers: { 'If-Modified-Since': new Date(Date.now() + 9e5).toUTCString() } }],
  ['206', '/file', { method: 'GET', headers: { Range: 'bytes=3-9' } }],
  ['206 in parts', '/file', { method: 'GET', headers: { Range: 'bytes=0-1,4-5' } }],
  ['416', '/file', { method: 'GET', headers: { Range: 'bytes=999999999-' } }],
  ['gzip', '/text.txt', { method: 'GET', headers: { 'Accept-Encoding': 'gzip' } }],
  ['an empty file', '/empty', { method: 'GET' }],
  ['4 MiB', '/large', { method: 'GET' }],
  ['204', '/none'],
  ['204 to HEAD', '/none', { method: 'HEAD' }],
  ['a redirect', '/moved'],
  ['405', '/file', { method: 'DELETE' }],
  ['404', '/missing'],
  ['500', '/broken'],
  ['a reset', '/reset'],
  ['413', '/none', { body: Buffer.alloc(50_000) }],
  ['several headers of one name', '/headers'],
  ['Expect', '/none', { headers: { Expect: '100-continue' }, body: 'x'.repeat(100) }],
]
/** They differ per moment or per connection; parts of a range have a random boundary. */
const VARYING = /^(?:date|connection|keep-alive|transfer-encoding)$/i

describe('the proxy between nginx and nginx', function () {
  this.timeout(60_000)
  let program: Program
  let nginx: Pick<Nginx, 'errors' | 'stop'> | undefined
  before(async function () {
    program = await requireProgram(this, 'nginx')
  })
  afterEach(async () => {
    await nginx?.stop()
    removeTempFolders()
  })

  for (const retry of MODES)
    it(`changes no answer, with ${retry}`, async () => {
      const folder = tempFolder()
      mkdirSync(join(folder, 'files'))
      const files = { file: 'a file', empty: '', large: 'x'.repeat(4_194_304), 'text.txt': 'some text '.repeat(500) }
      for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'files', name), text)
      const [application, ingress] = [await freePort(), await freePort()]
      const stage = await startProxyStage({ upstream: `http://127.0.0.1:${application}`, path: '/*', retry })
      nginx = await runNginx(
        program,
        folder,
        `gzip on;
  upstream service { server ${new URL(stage.origin).host}; keepalive 8; }
  server {
    listen 127.0.0.1:${ingress};
    location / {
      proxy_pass http://service;
      proxy_http_version 1.1;
      proxy_request_buffering off;
      proxy_pass_request_headers on;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_pass_header Server;
    }
  }
  server {
    listen 127.0.0.1:${application};
    keepalive_requests 3;
    client_max_body_size 10k;
    root ${folder}/files;
    location = /none { return 204; }
    location = /moved { return 302 /elsewhere; }
    location = /broken { return 500; }
    location = /reset { return 444; }
    location = /headers { add_header X-A 1; add_header X-A 2; add_header Set-Cookie a=b; add_header Set-Cookie c=d; return 200 ok; }
  }`,
        async () => (await deliver(`http://127.0.0.1:${application}`)) !== undefined,
      )
      const ask = async (port: number, path: string, options: object) => {
        const answer = await deliver(`http://127.0.0.1:${port}`, { path, ...options })
        return answer && shown(answer)
      }
      try {
        for (const [what, path, options = {}] of REQUESTS) {
          const direct = await ask(application, path, { ...options, headers: headersOf(options) })
          // Three times: on a new connection, on one that was used, and on its last request.
          for (let time = 0; time < 3; time++) {
            const proxied = await ask(ingress, path, { ...options, headers: headersOf(options) })
            if (what === 'a reset') expect(proxied?.status, what).to.equal(502)
            else expect(proxied, `${what}, ${time}`).to.deep.equal(direct)
          }
        }
        expect(stage.faults).to.deep.equal([])
        expect(stage.inFlight()).to.equal(0)
      } finally {
        await stage.stop()
      }
    })
})

const headersOf = (options: { headers?: OutgoingHttpHeaders }) => ({ Host: 'shop.example', ...options.headers })

const shown = ({ status, rawHeaders, body }: Answer) => ({
  status,
  headers: rawHeaders
    .flatMap((name, index) => (index % 2 === 0 && !VARYING.test(name) ? [`${name}: ${rawHeaders[index + 1]}`] : []))
    .map((line) => line.replace(/boundary=\d+/, 'boundary=B'))
    // The ingress moves its own to the front; those of one name stay in order.
    .sort((a, b) => a.split(':')[0]!.localeCompare(b.split(':')[0]!)),
  body: body.toString('latin1').replace(/^--\d{20}/gm, '--B'),
})
