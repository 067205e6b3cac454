import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import { sqlState } from '../../src/journal/postgres/fault.ts'
import { Session } from '../../src/journal/postgres/session.ts'
import { databases } from './postgres-databases.ts'

describe('Session', () => {
  const base = databases()
  const connect = () =>
    Session.connect({
      host: '127.0.0.1',
      port: base.server.port,
      user: 'postgres',
      database: base.name,
      password: undefined,
      connectTimeout: 3_000,
      applicationName: 'test',
    })

  it('keeps no rows of earlier results, not even until the next full collection', async () => {
    const session = await connect()
    try {
      const rows: WeakRef<object>[] = []
      for (let count = 0; count < 100; count++)
        rows.push(new WeakRef(await session.query('SELECT $1::text FROM generate_series(1, 100)', ['x'.repeat(20)])))
      await turn()
      collectYoung()
      collectYoung()
      await turn()
      expect(rows.filter((each) => each.deref()).length).to.be.lessThan(5)
    } finally {
      session.end()
    }
  })

  it('reports what failed first in a rolled back transaction, not what was refused because of it', async () => {
    const session = await connect()
    try {
      const error = await session
        .transaction(async (last) => {
          last(session.execute('SELECT 1 / 0'))
          await session.query('SELECT 1')
        })
        .catch((reason: unknown) => reason)
      expect(sqlState(error)).to.equal('22012')
      expect(await session.query('SELECT 1')).to.deep.equal([[1]])
    } finally {
      session.end()
    }
  })
})

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as (options: { readonly type: 'minor' }) => void
const collectYoung = () => collect({ type: 'minor' })
