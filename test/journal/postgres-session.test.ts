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
