import { join } from 'node:path'
import { expect } from 'chai'
import { answer, report, scrape } from '../support/http.ts'
import { sample } from '../support/scrape.ts'
import { type Service, startService } from '../support/service.ts'
import { http } from '../support/sockets.ts'
import { tempFolder, until } from '../support/temp.ts'
import { get, useReceiver } from './receiver.ts'

const time = (text: string) => Date.parse(text)

describe('an incident, followed through on the real service', () => {
  const { receiver, config } = useReceiver()

  it('goes from first failure over probe, verdict, kill -9 and restart to a proven recovery, with an exact loss window', async () => {
    await receiver.start()
    const journal = { url: `sqlite:${join(tempFolder(), 'journal.db')}` }
    const options = { config: { ...config(), journal } }
    let service = await startService(options)
    const before = sample(await scrape(service.admin), 'webhook_incident_open{endpoint="orders"}')
    expect(before).to.equal(0)

    // A first, short incident leaves a proven good moment behind.
    await report(service.ingest, { code: 500, endpoint: receiver.url, message: '' })
    const good = await until('the first recovery', async () => {
      const { incidents } = await get(service, 'incidents?state=closed')
      return incidents[0]
    })
    expect(good.resolution).to.equal('proven')
    expect(good.verdict.confidence).to.equal('only_report')
    const lastGood = (await get(service, 'endpoints/orders')).lastGoodAt
    // Outside of the quiet time, so that the next failure opens another one.
    await until('the quiet time to pass', () => Date.now() - time(good.closedAt) > 2_100)

    receiver.status = 503
    const { body } = await answer(report(service.ingest, { code: 0, endpoint: receiver.url, message: '' }))
    const first = await until('a verdict', async () => {
      const { incidents } = await get(service, 'incidents?state=open')
      return incidents[0]?.verdict && incidents[0]
    })
    expect(first).to.include({ id: body.id, endpoint: 'orders', state: 'open', failures: 1, cause: 'unavailable' })
    expect(first.verdict.confidence).to.be.oneOf(['only_probe', 'differ', 'agree'])
    expect(first.verdict.sentence).to.match(/127\.0\.0\.1 answers 503/)
    expect(first.lossWindow).to.deep.equal({ from: lastGood, fromProof: 'path', until: null, untilProof: null })
    expect(sample(await scrape(service.admin), 'webhook_incident_open{endpoint="orders"}')).to.equal(1)

    await report(service.ingest, { code: 503, endpoint: receiver.url, message: '' })
    const known = await until('the verdict on the second report', async () => {
      const incident = await get(service, `incidents/${body.id}`)
      return incident.verdict.rule === 'agree' && incident
    })
    await service.stop('SIGKILL')

    service = await startService(options)
    const again = await get(service, `incidents/${body.id}`)
    for (const key of ['openedAt', 'failures', 'causes', 'lossWindow', 'firstFailureAt', 'lastFailureAt', 'cause'])
      expect(again[key], key).to.deep.equal(known[key])
    expect(again.failures).to.equal(2)
    const text = await scrape(service.admin)
    expect(sample(text, 'webhook_incident_open{endpoint="orders"}')).to.equal(1)
    expect(sample(text, 'webhook_incidents_total{endpoint="orders"}')).to.equal(2)
    expect(text).to.match(
      /^webhook_incident_info\{endpoint="orders",cause="unavailable",code="503",title="deliveries failing, no healthy application",summary="The platform saw [^"]+",check="[^"]+",proof="",recovery="Read again from retm[^"]+",remedy="unavailable"\} 1$/m,
    )

    receiver.status = 204
    const closed = await until('the recovery', async () => {
      const incident = await get(service, `incidents/${body.id}`)
      return incident.state === 'closed' && incident
    })
    const { probes } = await get(service, 'endpoints/orders')
    expect(closed.resolution).to.equal('proven')
    expect(closed.lossWindow).to.include({ from: lastGood, fromProof: 'path', untilProof: 'path' })
    expect(time(closed.lossWindow.until)).to.be.above(time(closed.lastFailureAt))
    expect(time(closed.lossWindow.until)).to.be.below(time(closed.closedAt))
    expect(time(closed.closedAt) - time(closed.lastFailureAt)).to.be.at.least(2_000)
    expect(probes.public.up).to.equal(true)
    // The verdict on what was wrong stands after the recovery.
    expect(closed.cause).to.equal('unavailable')
    expect(closed.verdict.rule).to.equal('agree')
    expect(closed.remedies.meaning).to.match(/no healthy application/)
    expect(closed.recoveryRequests[0].url).to.equal('https://$RETM_BUSINESS_ID.retm.sa/api/v2/invoices/list')
    expect(closed.recoveryRequests[0].note).to.include(closed.lossWindow.from).and.include(closed.lossWindow.until)
    const failures = await get(service, closed.failuresUrl.replace('/api/v1/', ''))
    expect(failures.failures.map((failure: { code: number }) => failure.code)).to.deep.equal([503, 0])
    const after = await scrape(service.admin)
    expect(sample(after, 'webhook_incident_open{endpoint="orders"}')).to.equal(0)
    expect(after).not.to.match(/webhook_incident_info\{endpoint="orders"[^}]*\} 1/)
    expect(new Set(receiver.requests)).to.deep.equal(new Set(['HEAD', 'GET']))
  })

  it('reopens the same incident where a failure comes within the quiet time', async () => {
    await receiver.start()
    const service = await startService({ config: { ...config(), incidents: { quietTime: '3s', goodProbes: 1 } } })
    await report(service.ingest, { code: 500, endpoint: receiver.url })
    const closed = await until('closing', async () => (await get(service, 'incidents?state=closed')).incidents[0])
    await report(service.ingest, { code: 500, endpoint: receiver.url })
    const { incidents } = await get(service, 'incidents')
    expect(incidents).to.have.length(1)
    expect(incidents[0]).to.include({ id: closed.id, state: 'open', reopened: 1, failures: 2, closedAt: null })
    expect(sample(await scrape(service.admin), 'webhook_incidents_total{endpoint="orders"}')).to.equal(1)
  })

  it('closes what cannot be probed after the quiet time, unproven', async () => {
    const service = await startService({ config: { incidents: { quietTime: '1s' } } })
    const endpoint = 'https://stranger.example/hook'
    await report(service.ingest, { code: 404, endpoint })
    const open = await until('a verdict', async () => (await get(service, 'incidents?state=open')).incidents[0])
    const closed = await until('closing', async () => {
      const { incidents } = await get(service, `incidents?state=closed&endpoint=${encodeURIComponent(endpoint)}`)
      return incidents[0]
    })
    expect(closed).to.include({ id: open.id, resolution: 'unproven', cause: 'not_found' })
    expect(closed.verdict).to.include({ rule: 'report_only', vantage: null })
    expect(closed.lossWindow).to.deep.equal({
      from: null,
      fromProof: null,
      until: closed.lastFailureAt,
      untilProof: 'quiet',
    })
    const one = await get(service, `endpoints/${encodeURIComponent(endpoint)}`)
    expect(one).to.include({ name: endpoint, configured: false, incident: null, incidents: 1, lastIncidentId: open.id })
  })

  it('goes on with the quiet time after a restart, without the time in which no report could arrive', async () => {
    const journal = { url: `sqlite:${join(tempFolder(), 'journal.db')}` }
    const options = { config: { incidents: { quietTime: '10s' }, journal } }
    const first = await startService(options)
    const { body } = await answer(report(first.ingest, { code: 404, endpoint: 'https://stranger.example/hook' }))
    const closing = async (service: Service) => (await get(service, `incidents/${body.id}`)).closing
    const planned = time((await closing(first)).quietUntil)
    expect((await closing(first)).quietReason).to.match(/^counted from \S+Z$/)
    // At least three tenths of it.
    await new Promise((resolve) => setTimeout(resolve, 4_500))
    await first.stop('SIGKILL')
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    const service = await startService(options)
    const { quietUntil, quietReason } = await closing(service)
    expect(time(quietUntil), 'the time in which it was down does not count').to.be.above(planned + 1_000)
    expect(time(quietUntil) - Date.now(), 'what had passed counts').to.be.below(7_500)
    expect(quietReason).to.include('without the time in which this receiver was down (no report could arrive)')
    const closed = await until('closing', async () => {
      const found = await get(service, `incidents/${body.id}`)
      return found.state === 'closed' && found
    })
    expect(time(closed.closedAt)).to.be.above(planned + 1_000)
    expect(closed.end.sentence).to.match(
      /^Closed: no report for \d+ seconds\. Not proven: the endpoint was not probed\.$/,
    )
  }).timeout(60_000)

  it('is not proven over by a probe that gets what the platform got, and says so', async () => {
    const answers: Readonly<Record<string, readonly [reported: number, head: number, get: number, end: string]>> = {
      missing: [404, 404, 404, 'the probe still got 404, as the platform did'],
      refused: [401, 401, 401, 'the probe still got 401, as the platform did'],
      large: [413, 413, 413, 'the probe still got 413, as the platform did'],
      // A HEAD that fails is asked again with GET before anything is concluded.
      odd: [401, 500, 401, 'the probe still got 401, as the platform did'],
      elsewhere: [404, 405, 405, 'the probe got 405, which does not contradict the reports'],
    }
    const app = await http(({ url = '', method }, response) => {
      const [, head, get] = answers[url.slice(1)]!
      response.writeHead(method === 'GET' ? get : head).end()
    })
    try {
      const urlOf = (name: string) => `http://127.0.0.1:${app.port}/${name}`
      const names = Object.keys(answers)
      const service = await startService({
        config: { ...config(), endpoints: names.map((name) => ({ name, urls: [urlOf(name)] })) },
      })
      for (const name of names) await report(service.ingest, { code: answers[name]![0], endpoint: urlOf(name) })
      const closed = await until('closing', async () => {
        const { incidents } = await get(service, 'incidents?state=closed')
        return incidents.length === names.length && incidents
      })
      for (const { endpoint, resolution, end, lossWindow } of closed) {
        expect(resolution, endpoint).to.equal('unproven')
        expect(end.sentence)
          .to.match(/^Closed: no report for \d+ seconds\. Not proven: /)
          .and.include(answers[endpoint]![3])
        expect(lossWindow.untilProof).to.equal('quiet')
      }
      const page = await (await fetch(`${service.admin}/incidents/${closed[0].id}`)).text()
      expect(page).to.include('Not proven: the probe')
      expect((await get(service, 'endpoints/odd')).lastGoodAt, 'no good moment').to.equal(null)
    } finally {
      await app.close()
    }
  })

  it('opens none for what is no URL', async () => {
    const service = await startService()
    await report(service.ingest, { code: 500, endpoint: 'javascript:alert(1)' })
    expect((await get(service, 'incidents')).incidents).to.deep.equal([])
    expect(await scrape(service.admin)).not.to.match(/webhook_incident_open\{/)
  })

  it('opens one by failed scheduled probes only where it is configured', async () => {
    await receiver.start()
    receiver.status = 500
    const service = await startService({
      config: {
        ...config({ probe: { interval: '10s' } }),
        incidents: { quietTime: '2s', goodProbes: 1, failedProbes: 1 },
      },
    })
    const { incidents } = await until('an incident', async () => {
      const page = await get(service, 'incidents?state=open')
      return page.incidents[0]?.verdict && page
    })
    expect(incidents[0]).to.include({ failures: 0, firstFailureAt: null, code: null, cause: 'server_error' })
    expect(incidents[0].verdict).to.include({ rule: 'probe_only', confidence: 'only_probe' })
  }).timeout(30_000)
})
