import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { HopResult } from '../../src/cli/verify/hop.ts'
import { runCommand } from '../support/cli.ts'
import { answer, scrape, sum } from '../support/http.ts'
import { startService, stopServices } from '../support/service.ts'
import { tempFolder } from '../support/temp.ts'
import { BREAKS, closed } from './breaks.ts'
import { type Chain, openChain, SECRETS, verifyWith } from './stage.ts'

const HOPS = [
  'verification possible',
  'report accepted',
  'stored and found in the API',
  'counted on /metrics',
  'scraped by Prometheus',
  'alerting rule loaded',
  'alert firing',
  'arrived in Alertmanager',
  'routed to a receiver',
  'trace found',
  'resolved through the API',
]

describe('verify', function () {
  this.timeout(120_000)
  let chain: Chain
  const isFull = process.env['VERIFY_FULL'] !== undefined

  before(async function () {
    chain = await openChain(this)
  })
  after(async () => {
    await chain?.stop()
    await stopServices()
  })

  const table = (results: readonly HopResult[]) =>
    results.map(({ name, status, detail }) => `${name}: ${status}: ${detail}`).join('\n')

  it('is green on every hop of the real chain, prints a table and JUnit, and leaves nothing open', async () => {
    const junit = join(tempFolder(), 'verify.xml')
    const flags = Object.entries(chain.options).flatMap(([name, value]) => [`--${name}`, String(value)])
    const config = ['--config', join(chain.service.folder, 'config.yaml')]
    const { code, out, err } = await runCommand(['verify', ...flags, ...config, '--junit', junit], SECRETS)
    expect({ code, err }, out).to.deep.equal({ code: 0, err: '' })
    const lines = out.trimEnd().split('\n')
    expect(lines).to.have.length(HOPS.length)
    for (const [index, name] of HOPS.entries())
      expect(lines[index]).to.match(new RegExp(`^ok {11}${name} +\\d+\\.\\d\\d s {2}\\S`))
    expect(out)
      .to.match(/routed to a receiver .* {2}none\n/)
      .and.not.include('\x1b')
    expect(readFileSync(junit, 'utf8')).to.include(`tests="${HOPS.length}" failures="0" skipped="0"`)
    const text = await scrape(chain.service.admin, { authorization: `Bearer ${SECRETS.METRICS_TOKEN}` })
    expect(sum(text, 'webhook_incident_open', 'webhook-verify')).to.equal(0)
    expect(sum(text, 'webhook_incidents_total', 'webhook-verify')).to.equal(1)
  })

  for (const { what, hop, reason, options, env, isCostly } of BREAKS) {
    const test = isCostly && !isFull ? it.skip : it
    test(`is red at “${hop}” where ${what}`, async () => {
      const broken = { ...chain.options, ...(await options?.(chain)) }
      const timeout = isCostly || hop === 'arrived in Alertmanager' ? 8_000 : 10_000
      const results = await verifyWith(chain, broken, { timeout, ...(env && { env }) })
      const red = results.filter(({ status }) => status === 'failed')
      expect(red, table(results)).to.have.length(1)
      expect(red[0]?.name).to.equal(hop)
      expect(red[0]?.detail).to.match(reason)
      expect(red[0]?.fix).not.to.equal('')
    })
  }

  it('checks what it is given, and sends nothing without a secret', async () => {
    const results = await verifyWith(chain, { admin: chain.service.admin, 'retry-for': '0s' })
    expect(results.map(({ status }) => status)).to.deep.equal(['ok', ...HOPS.slice(1).map(() => 'not checked')])
    const plain = await startService({ config: { sources: { retm: { auth: 'none' } } } })
    const config = ['--config', join(plain.folder, 'config.yaml')]
    const { code, err } = await runCommand(['verify', '--ingest', plain.ingest, ...config])
    expect(code).to.equal(2)
    expect(err).to.include('no secret, so the verification would be a real report')
    expect((await answer(fetch(`${plain.admin}/api/v1/failures`))).body.failures).to.deep.equal([])
  })

  it('prints JSON and exits with 1 where a hop fails', async () => {
    const config = ['--config', join(chain.service.folder, 'config.yaml')]
    const flags = ['--ingest', await closed(), '--admin', chain.service.admin, '--json']
    const { code, out } = await runCommand(['verify', ...flags, ...config], SECRETS)
    expect(code).to.equal(1)
    const { ok, hops } = JSON.parse(out)
    expect(ok).to.equal(false)
    expect(hops.map(({ name }: HopResult) => name)).to.deep.equal(HOPS)
  })
})
