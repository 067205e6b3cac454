import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { readPlan } from '../../src/cli/outage/plan.ts'
import { runCommand } from '../support/cli.ts'
import { type Service, startService, stopServices } from '../support/service.ts'
import { freePort, tempFolder, until } from '../support/temp.ts'

const read = (path: string): string => readFileSync(join(import.meta.dirname, '../..', path), 'utf8')

describe('simulate outage', () => {
  let service: Service
  const env = { SIMULATION_SECRET: 'simulation-secret-of-the-test-012345' }
  before(async () => {
    const config = { sources: { retm: { auth: 'none' } }, simulation: { secret: { env: 'SIMULATION_SECRET' } } }
    service = await startService({ config, env })
  })
  after(stopServices)

  const outage = (plan: string, ...more: string[]) => {
    const file = join(tempFolder(), 'plan.yaml')
    writeFileSync(file, plan)
    const urls = ['--ingest', service.ingest, '--admin', service.admin]
    const args = ['--plan', file, ...urls, ...more, '--config', join(service.folder, 'config.yaml')]
    return runCommand(['simulate', 'outage', ...args], env)
  }

  it('reports everything that is wrong with a plan in one message, without control characters', async () => {
    const plan = [
      'real: maybe',
      'colour: red',
      'steps:',
      '  - fault: "no\\e[31mne"',
      '  - deliver: { count: 0, expect: gone, often: 1 }',
      '  - expect: { what: incidnt, cause: rain, within: soon }',
      '  - wait: never',
      '  - { say: a, wait: 1s }',
      '  - say: { a: b }',
      '  - nope',
    ]
    const { code, out, err } = await outage(plan.join('\n'))
    expect({ code, out }).to.deep.equal({ code: 2, out: '' })
    const places = err.split('\n').map((line) => /^ {2}([^: ]+): /.exec(line)?.[1])
    expect(places.filter(Boolean)).to.have.members([
      'real',
      'colour',
      'steps[0].fault',
      'steps[1].deliver.count',
      'steps[1].deliver.expect',
      'steps[1].deliver.often',
      'steps[2].expect.what',
      'steps[2].expect.cause',
      'steps[2].expect.within',
      'steps[3].wait',
      'steps[4]',
      'steps[5].say',
      'steps[6]',
    ])
    expect(err).to.include('no\\u{1b}[31mne')
  })

  for (const [what, plan, expected] of [
    ['text that is not YAML', 'steps: [', /is not YAML/],
    ['an empty plan', '', /must be a mapping/],
    ['no steps', 'steps: []', /steps: must be a list of at least one step/],
    ['a simulated plan that expects an incident', 'steps: [{expect: incident}]', /simulated reports open none/],
  ] as const)
    it(`refuses ${what}`, async () => {
      const { code, out, err } = await outage(plan)
      expect({ code, out }).to.deep.equal({ code: 2, out: '' })
      expect(err).to.match(expected)
    })

  it('accepts the plan of the documentation and that of the demo', () => {
    const [, example] = /^```yaml\n(.*?)^```/ms.exec(read('docs/simulate.md'))!
    expect(readPlan(example!, 'docs').steps).to.have.length(7)
    expect(readPlan(read('src/cli/outage/demo.yaml'), 'demo').real).to.equal(true)
  })

  it('sends to this machine only, unless a host is allowed', async () => {
    for (const flag of ['--ingest', '--admin', '--url']) {
      const { code, out, err } = await outage('steps: [{deliver: }]', flag, 'http://192.0.2.1/')
      expect({ code, out }, flag).to.deep.equal({ code: 2, out: '' })
      expect(err, flag).to.include('unless --allow 192.0.2.1 is given')
    }
  })

  it('opens no incident by simulated reports', async () => {
    const plan = `
      steps:
        - deliver: { count: 2 }
        - fault: '503'
        - say: It breaks.
        - deliver: { expect: lost }
        - expect: { what: nothing, within: 1s }`
    const { code, out, err } = await outage(plan)
    expect({ code, err }, out).to.deep.equal({ code: 0, err: '' })
    expect(out).to.match(/reports are simulated.*\n {2}no incident was opened within 1s\n/s)
    expect(out.match(/: 200 OK .*; delivered$/gm)).to.have.length(2)
  })

  it('does not say that nothing was opened where the service does not answer', async () => {
    const plan = `
      steps:
        - fault: '503'
        - deliver: { expect: lost }
        - expect: { what: nothing, within: 1s }`
    const { code, out } = await outage(plan, '--admin', `http://127.0.0.1:${await freePort()}`)
    expect(code, out).to.equal(1)
    expect(out).to.include('nothing: whether an incident was opened is not known').and.not.include('no incident was')
  })

  it('follows a real plan to the incident, and fails where something else happens', async () => {
    const plan = `
      real: true
      steps:
        - fault: tls-expired
        - deliver: { expect: lost }
        - expect: incident
        - expect: { what: verdict, cause: tls }
        - expect: notification
        - expect: { what: closed, within: 1s }
        - expect: { what: nothing, within: 1s }
        - deliver: { expect: delivered }`
    const { code, out, err } = await outage(plan)
    expect({ code, err }, out).to.deep.equal({ code: 1, err: '' })
    expect(out)
      .to.match(/\n {2}incident open: http.*\n {2}verdict: .*an expired certificate.*\n {2}notification: not checked\n/)
      .and.match(/\nNot as expected:\nclosed: did not come within 1s\nincident open: .*\na delivery was lost\n$/)
    const [, link] = /incident open: (\S+)/.exec(out)!
    expect((await fetch(link!, { headers: { accept: 'text/html' } })).status).to.equal(200)
  })

  it('delivers to the URL it is given, and takes the notifications of Alertmanager', async () => {
    const [port, notifications] = [await freePort(), await freePort()]
    const plan = `
      real: true
      steps:
        - fault: '404'
        - deliver: { expect: lost }
        - expect: notification
        - fault: none
        - deliver:
        - expect: resolved`
    const url = `http://127.0.0.1:${port}/elsewhere`
    const ports = ['--port', String(port), '--notifications-port', String(notifications)]
    const running = outage(plan, '--url', url, ...ports)
    const notify = (status: string) => {
      const alerts = [{ status, labels: { alertname: 'A' }, annotations: { headline: `it is ${status}` } }]
      return fetch(`http://127.0.0.1:${notifications}/`, { method: 'POST', body: JSON.stringify({ alerts }) })
    }
    await until('the receiver of notifications', async () => (await notify('firing')).ok)
    await notify('resolved')
    const { code, out, err } = await running
    expect({ code, err }, out).to.deep.equal({ code: 0, err: '' })
    expect(out)
      .to.include(`delivers to ${url}; reports are real`)
      .and.match(/404 Not Found .*the platform gives up/)
      .and.match(/\n {2}notification [\d.]+ s after the report: it is firing\n/)
      .and.match(/\n {2}resolved notification [\d.]+ s after the fix: it is resolved\n/)
  })
})
