import { expect } from 'chai'
import { REPORT, report } from '../support/http.ts'
import { startService, stopServices } from '../support/service.ts'
import { until } from '../support/temp.ts'
import { databases } from './postgres-databases.ts'

/** Ways to make a server forget what it acknowledged: how it is told, and how it is told back. */
const WAYS = [
  { where: 'the server', setting: 'fsync' },
  { where: 'the server', setting: 'synchronous_commit' },
  { where: 'the database', setting: 'synchronous_commit' },
  { where: 'the role', setting: 'synchronous_commit' },
  { where: 'the role in the database', setting: 'synchronous_commit' },
] as const

describe('a PostgreSQL server that may forget what it acknowledged', () => {
  const base = databases()
  let url: string

  const tell = async ({ where, setting }: (typeof WAYS)[number]): Promise<void> => {
    if (where === 'the server') {
      base.server.configure({ [setting]: 'off' })
      base.server.reload()
      await until('the setting', async () => (await base.server.query(`SHOW ${setting}`))[0][setting] === 'off')
    } else {
      const subject = {
        'the database': `DATABASE ${base.name}`,
        'the role': 'ROLE reporter',
        'the role in the database': `ROLE reporter IN DATABASE ${base.name}`,
      }[where]
      await base.server.query(`ALTER ${subject} SET ${setting} = off`)
    }
  }
  const check = async (journal: Record<string, unknown>) => {
    const service = await startService({ config: { journal }, args: ['check-config', '--deep'], wait: false })
    const { code } = await service.exited
    return { code, said: [...service.stdout, ...service.stderr].join('\n') }
  }

  before(() => base.server.query('CREATE ROLE reporter LOGIN SUPERUSER'))
  beforeEach(() => {
    url = base.url.replace('postgres@', 'reporter@')
  })
  afterEach(async () => {
    await stopServices()
    await base.server.query('ALTER ROLE reporter RESET ALL')
    base.server.configure({ fsync: 'on', synchronous_commit: 'on' })
    base.server.reload()
    await until('the settings', async () => (await base.server.query('SHOW fsync'))[0].fsync === 'on')
  })

  it('is none where both settings are on', async () => {
    expect(await check({ url })).to.deep.equal({ code: 0, said: 'the configuration is valid' })
  })

  for (const way of WAYS) {
    it(`is refused by check-config --deep and while it serves: ${way.setting} off, by ${way.where}`, async function () {
      this.timeout(60_000)
      await tell(way)
      const refused = await check({ url })
      expect(refused.code).to.equal(1)
      expect(refused.said).to.include(`${way.setting} = off`).and.include('journal.allowUnsafeDurability')

      // Faults of a journal never end the process: it stays unready, and says why.
      const service = await startService({ config: { journal: { url } } })
      const answer = await report(service.ingest, REPORT)
      expect(answer.status).to.equal(503)
      expect(Number(answer.headers.get('retry-after'))).to.be.greaterThan(0)
      const ready = await fetch(`${service.admin}/readyz`)
      expect(ready.status).to.equal(503)
      expect(await ready.text()).to.include(`${way.setting} = off`)
      await service.stop()

      expect(await check({ url, allowUnsafeDurability: true })).to.include({ code: 0 })
      const allowed = await startService({ config: { journal: { url, allowUnsafeDurability: true } } })
      await until('a report to be taken', async () => (await report(allowed.ingest, REPORT)).status === 202)
    })
  }
})
