import { join } from 'node:path'
import { expect } from 'chai'
import { answer, report, scrape } from '../support/http.ts'
import { sample } from '../support/scrape.ts'
import { startService, stopServices } from '../support/service.ts'
import { tempFolder, until } from '../support/temp.ts'

describe('incidents, with the service killed under load', () => {
  afterEach(stopServices)

  it('count exactly the failures that the journal holds, over three kills', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `https://e${index}.example/hook`)
    const options = { config: { journal: { url: `sqlite:${join(tempFolder(), 'journal.db')}` } } }
    let acknowledged = 0
    for (const _ of [1, 2, 3]) {
      const service = await startService(options)
      let alive = true
      const before = acknowledged
      const sender = async (): Promise<void> => {
        while (alive) {
          const endpoint = names[Math.floor(Math.random() * names.length)]!
          const response = await report(service.ingest, { code: 500, endpoint, message: '' }).catch(() => undefined)
          if (response?.status === 202) acknowledged++
        }
      }
      const senders = Array.from({ length: 16 }, sender)
      await until('some load', () => acknowledged - before > 300)
      await service.stop('SIGKILL')
      alive = false
      await Promise.all(senders)
    }
    const service = await startService(options)
    const { incidents } = (await answer(fetch(`${service.admin}/api/v1/incidents?state=open`))).body
    const stored = new Map<string, number>()
    const lines = await (
      await fetch(`${service.admin}/api/v1/failures`, { headers: { Accept: 'application/x-ndjson' } })
    ).text()
    for (const line of lines.trim().split('\n')) {
      const { endpoint } = JSON.parse(line) as { endpoint: string }
      stored.set(endpoint, (stored.get(endpoint) ?? 0) + 1)
    }
    const counted = new Map(
      incidents.map((each: { endpoint: string; failures: number }) => [each.endpoint, each.failures]),
    )
    expect(counted).to.deep.equal(stored)
    expect(counted.size).to.equal(20)
    expect([...stored.values()].reduce((sum, count) => sum + count, 0)).to.be.at.least(acknowledged)
    const text = await scrape(service.admin)
    for (const endpoint of names) {
      expect(sample(text, `webhook_incident_open{endpoint="${endpoint}"}`)).to.equal(1)
      expect(sample(text, `webhook_incidents_total{endpoint="${endpoint}"}`)).to.equal(1)
    }
  }).timeout(60_000)
})
