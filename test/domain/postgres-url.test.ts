import { expect } from 'chai'
import { parsePostgresUrl, postgresUrlFault, shownAddress } from '../../src/domain/ports/postgres-url.ts'

describe('parsePostgresUrl', () => {
  it('reads user, password, hosts, ports and database, with their escapes', () => {
    const address = parsePostgresUrl('postgres://us%40er:p%3Ass%2F@db-0:6432,[2001:db8::1],db-2/jour%20nal')
    expect(address).to.deep.include({ user: 'us@er', password: 'p:ss/', database: 'jour nal', sslmode: 'prefer' })
    expect(address.hosts).to.deep.equal([
      { host: 'db-0', port: 6432 },
      { host: '2001:db8::1', port: 5432 },
      { host: 'db-2', port: 5432 },
    ])
  })

  it('takes the folder of a socket, in the place of the host and as a parameter', () => {
    expect(parsePostgresUrl('postgresql://u@%2Frun%2Fpg:5433/d').hosts).to.deep.equal([{ host: '/run/pg', port: 5433 }])
    expect(parsePostgresUrl('postgres:///d?host=/run/pg&user=u').hosts).to.deep.equal([{ host: '/run/pg', port: 5432 }])
  })

  it('reads the parameters', () => {
    const url =
      'postgres://u@h/d?sslmode=verify-full&sslrootcert=/ca&sslcert=/c&sslkey=/k&connect_timeout=7&application_name=a&target_session_attrs=read-write'
    expect(parsePostgresUrl(url)).to.deep.include({
      sslmode: 'verify-full',
      sslrootcert: '/ca',
      sslcert: '/c',
      sslkey: '/k',
      connectTimeout: 7_000,
      applicationName: 'a',
    })
  })

  it('names the database for the user, and verifies fully with the system’s CAs, as libpq does', () => {
    expect(parsePostgresUrl('postgres://u@h').database).to.equal('u')
    expect(parsePostgresUrl('postgres://u@h?sslrootcert=system').sslmode).to.equal('verify-full')
  })

  for (const [url, reason] of [
    ['postgres://h/d', 'names no user'],
    ['postgres://u@/d', 'each host'],
    ['postgres://u@h:0/d', 'each host'],
    ['postgres://u@h:99999/d', 'each host'],
    ['postgres://u@h/d?sslmod=require', 'no parameter sslmod'],
    ['postgres://u@h/d?sslmode=no-verify', 'sslmode is one of'],
    ['postgres://u@h/d?sslcert=/c', 'go together'],
    ['postgres://u@h/d?sslmode=require&sslrootcert=system', 'goes with sslmode=verify-full'],
    ['postgres://u@h/d?target_session_attrs=standby', 'must be written'],
    ['postgres://u@h/d?connect_timeout=0', '1 to 60'],
    ['postgres://u:p%@h/d', 'write %25'],
    ['postgres://u:p@hunter2@h/d', 'more than one @; write %40'],
    ['postgres://u:5432?hunter2@h/d', 'no parameter of that name'],
  ] as const) {
    it(`refuses ${url}, says what to write, and shows no secret`, () => {
      const fault = postgresUrlFault(url.replace('u@', 'u:hunter2@'))
      expect(fault).to.include(reason)
      expect(fault).not.to.include('hunter2')
    })
  }
})

describe('shownAddress', () => {
  it('names hosts and database, and neither user nor password', () => {
    expect(shownAddress(parsePostgresUrl('postgres://u:secret@a,[::1]:1/d'))).to.equal('a:5432,[::1]:1/d')
  })
})
