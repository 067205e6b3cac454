import { chmodSync, chownSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { PostgresJournal, PostgresJournalOptions } from '../../src/journal/postgres/journal.ts'
import { type Authority, authority } from '../support/certificates.ts'
import { type PostgresServer, startPostgres, stopPostgres } from '../support/postgres.ts'
import { requirePostgres } from '../support/postgres-programs.ts'
import { tempFolder, until } from '../support/temp.ts'
import { quickJournal } from './postgres-load.ts'

describe('openPostgresJournal, getting access', () => {
  let folder: string
  const journals: PostgresJournal[] = []
  let server: PostgresServer
  let ca: Authority
  let clientCa: Authority

  const file = (name: string, content: string): string => {
    const path = join(folder, name)
    writeFileSync(path, content)
    return path
  }
  /** @param rest of the URL from the parameters on */
  const open = async (
    user: string,
    rest: string,
    options: Partial<PostgresJournalOptions> = {},
    host = 'localhost',
  ) => {
    const journal = quickJournal(`postgres://${user}@${host}:${server.port}/postgres?${rest}`, options)
    journals.push(journal)
    await journal.open()
    return journal
  }
  const serve = async (notAfter = new Date(Date.now() + 3_600_000)) => {
    const { cert, key } = await ca.issue({ names: ['localhost'], notAfter })
    const { uid, gid } = statSync(server.data)
    for (const [name, content] of [
      ['server.crt', cert],
      ['server.key', key],
      ['clients.crt', clientCa.cert],
    ] as const) {
      const path = join(server.data, name)
      writeFileSync(path, content)
      chownSync(path, uid, gid)
      chmodSync(path, 0o600)
    }
    server.reload()
  }

  before(async function () {
    folder = tempFolder()
    this.timeout(60_000)
    ca = await authority('the CA')
    clientCa = await authority('the CA of clients')
    await requirePostgres(this)
    server = await startPostgres({
      access: [
        'host all postgres 127.0.0.1/32 trust',
        'host all postgres ::1/128 trust',
        'hostssl all with_cert all cert',
        'hostssl all with_password all scram-sha-256',
        'hostnossl all plain_only all trust',
      ],
    })
    await server.query('CREATE ROLE with_cert SUPERUSER LOGIN')
    await server.query(`CREATE ROLE with_password SUPERUSER LOGIN PASSWORD 'first'`)
    await server.query('CREATE ROLE plain_only SUPERUSER LOGIN')
    server.configure({ ssl_ca_file: 'clients.crt' })
    await serve()
    server.configure({ ssl: 'on' })
    server.reload()
    file('ca.crt', ca.cert)
    file('other.crt', clientCa.cert)
    await until('TLS', () => server.query('SHOW ssl').then(([row]) => row.ssl === 'on'))
  })
  afterEach(async () => {
    await Promise.all(journals.splice(0).map((journal) => journal.close(1_000)))
  })
  after(stopPostgres)

  it('takes the password from the URL or from a file', async () => {
    expect((await open('with_password:first', 'sslmode=require')).status().up).to.equal(true)
    const passwordFile = file('password', 'first\n')
    expect((await open('with_password', 'sslmode=require', { passwordFile })).status().up).to.equal(true)
    const refused = (await open('with_password:wrong', 'sslmode=require')).status().fault
    expect(refused?.kind).to.equal('permission')
    expect(refused?.detail).to.not.include('wrong')
  })

  it('reads a rotated password at the next connection', async () => {
    const passwordFile = file('rotated', 'first')
    const journal = await open('with_password', 'sslmode=require', { passwordFile })
    await server.query(`ALTER ROLE with_password PASSWORD 'second'`)
    expect(journal.status().up).to.equal(true)
    await server.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'with_password'`)
    await until('the refusal', () => journal.status().fault?.kind === 'permission')
    file('rotated', 'second')
    await until('the journal to come back', () => journal.status().up)
    await server.query(`ALTER ROLE with_password PASSWORD 'first'`)
  })

  it('reads a password that was rotated in the file of its URL', async () => {
    const url = (password: string) => `postgresql://with_password:${password}@localhost:${server.port}/postgres`
    const urlFile = file('url', url('first'))
    const journal = await open('with_password:first', 'sslmode=require', { urlFile })
    await server.query(`ALTER ROLE with_password PASSWORD 'second'`)
    file('url', `${url('second')}\n`)
    await server.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'with_password'`)
    await until('the journal to come back', () => journal.status().up)
    await journal.close(1_000)
    expect((await open('with_password:first', 'sslmode=require', { urlFile })).status().up).to.equal(true)
    await server.query(`ALTER ROLE with_password PASSWORD 'first'`)
  })

  it('says which file it cannot read, and reads it once it is there', async () => {
    const journal = await open('with_password', 'sslmode=require', { passwordFile: join(folder, 'late') })
    expect(journal.status().fault?.detail).to.include('late').and.include('ENOENT')
    file('late', 'first')
    await until('the journal to open', () => journal.status().up)
  })

  it('honours each sslmode', async () => {
    const up = async (user: string, rest: string, host?: string) => (await open(user, rest, {}, host)).status().up
    const root = `sslrootcert=${join(folder, 'ca.crt')}`
    const other = `sslrootcert=${join(folder, 'other.crt')}`
    expect(await up('plain_only', 'sslmode=disable')).to.equal(true)
    expect(await up('with_password:first', 'sslmode=disable')).to.equal(false)
    expect(await up('with_password:first', '')).to.equal(true)
    expect(await up('with_password:first', 'sslmode=require')).to.equal(true)
    expect(await up('with_password:first', `sslmode=require&${other}`)).to.equal(false)
    expect(await up('with_password:first', `sslmode=verify-ca&${root}`, '127.0.0.1')).to.equal(true)
    expect(await up('with_password:first', `sslmode=verify-full&${root}`)).to.equal(true)
    expect(await up('with_password:first', `sslmode=verify-full&${root}`, '127.0.0.1')).to.equal(false)
    expect(await up('with_password:first', 'sslmode=verify-full&sslrootcert=system')).to.equal(false)
  })

  it('shows a client certificate, and reads a new one at the next connection', async () => {
    const good = await clientCa.issue({ names: ['with_cert'] })
    const stranger = await ca.issue({ names: ['with_cert'] })
    const rest = `sslmode=require&sslcert=${file('client.crt', stranger.cert)}&sslkey=${file('client.key', stranger.key)}`
    const journal = await open('with_cert', rest)
    expect(journal.status().up).to.equal(false)
    file('client.crt', good.cert)
    file('client.key', good.key)
    await until('the journal to open', () => journal.status().up)
  })

  it('refuses a server whose certificate has expired, says so, and comes back with a new one', async () => {
    const journal = await open('with_password:first', `sslmode=verify-full&sslrootcert=${join(folder, 'ca.crt')}`)
    expect(journal.status().up).to.equal(true)
    await serve(new Date(Date.now() - 1_000))
    await until('the server to show it', async () => {
      await server.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'with_password'`)
      return /CERT_HAS_EXPIRED/.test(journal.status().fault?.detail ?? '')
    })
    await serve()
    await until('the journal to come back', () => journal.status().up)
  })
})
