import { join } from 'node:path'
import { expect } from 'chai'
import { HOOK_SECRET, type HookReceiver, hookReceiver } from '../support/hook-receiver.ts'
import { answer, report } from '../support/http.ts'
import { startPostgres, stopPostgres } from '../support/postgres.ts'
import { requirePostgres } from '../support/postgres-programs.ts'
import { startService, stopServices } from '../support/service.ts'
import { removeTempFolders, tempFolder, until } from '../support/temp.ts'

describe('hooks of a failure that waited in the spill', function () {
  this.timeout(90_000)
  let receiver: HookReceiver | undefined
  afterEach(async () => {
    await stopServices()
    await receiver?.close()
    await stopPostgres()
    removeTempFolders()
  })

  it('are sent its incident once it is in the database, once', async function () {
    await requirePostgres(this)
    const server = await startPostgres()
    receiver = await hookReceiver()
    const { ingest } = await startService({
      config: {
        journal: { url: await server.createDatabase(), spill: { path: join(tempFolder(), 'spill.db') } },
        hooks: [{ name: 'all', url: receiver.url, secret: { env: 'HOOK_SECRET' } }],
      },
      env: { HOOK_SECRET, LOG_LEVEL: 'info' },
    })
    await server.stop('immediate')
    const { status, body } = await until('the spill to take over', async () => {
      const it = await answer(report(ingest))
      return it.status === 202 && it
    })
    expect(status).to.equal(202)
    expect(receiver.events).to.deep.equal([])
    await server.start()
    const [opened] = await until('the event', () => receiver!.events.length > 0 && receiver!.events, 60_000)
    expect(opened!.id).to.match(/-opened-1$/)
    expect(opened!.body.data).to.include({ state: 'open', failures: 1 })
    expect(typeof body.id).to.equal('string')
    expect(new Set(receiver.events.map(({ id }) => id)).size).to.equal(1)
  })
})
