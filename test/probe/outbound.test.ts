import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { promises as dns } from 'node:dns'
import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import { expect } from 'chai'
import { parseAllowance } from '../../src/domain/ports/outbound.ts'
import { createOutboundClient } from '../../src/outbound/client.ts'
import { outboundGuard } from '../../src/outbound/guard.ts'
import { createProber } from '../../src/probe/prober.ts'
import { http, type Listening, listening } from '../support/sockets.ts'
import { NAMES, SPELLINGS } from './address-spellings.ts'

const lookup = async (host: string): Promise<readonly string[]> =>
  NAMES[host.replace(/\.$/, '')] ?? (await dns.lookup(host, { all: true })).map(({ address }) => address)

describe('outboundGuard()', () => {
  const free = outboundGuard({ allow: [], internal: [] })

  describe('in front of a probe', () => {
    let four: Listening
    let six: Listening | undefined
    let dialled = 0
    const count = (message: unknown) => {
      const { socket } = message as { socket: Socket }
      socket.on('connectionAttempt', (_address: string, port: number) => {
        if (port === four.port) dialled += 1
      })
    }
    const probe = (spelling: string, guard = free) =>
      createProber({ client: createOutboundClient({ guard, lookup }) }).probe({
        endpoint: 'orders',
        vantage: 'public',
        url: spelling.replaceAll(':P', `:${four.port}`),
        timeout: 2_000,
      })

    before(async () => {
      four = await http((_, response) => response.end(), '0.0.0.0')
      six = await listening(
        createServer((_, response) => response.end()),
        '::1',
        four.port,
      ).catch(() => undefined)
      // Every client socket of the process passes here, wherever it leads: not only those that find a listener of ours.
      // All spellings carry the listener's port, so nobody else's are counted.
      subscribe('net.client.socket', count)
    })
    after(async () => {
      unsubscribe('net.client.socket', count)
      await Promise.all([four.close(), six?.close()])
    })

    it('makes no connection for any spelling of a forbidden address', async () => {
      const answered: string[] = []
      const causes: Record<string, number> = {}
      expect(new Set(SPELLINGS).size).to.equal(SPELLINGS.length)
      const valid = SPELLINGS.filter((spelling) => URL.canParse(spelling.replace(':P', ':1')))
      expect(valid.length).to.be.at.least(100)
      for (const spelling of SPELLINGS) {
        const { cause, up, phases } = await probe(spelling)
        causes[cause ?? 'up'] = (causes[cause ?? 'up'] ?? 0) + 1
        if (up || phases.connect !== undefined || (cause !== 'blocked' && cause !== 'dns')) answered.push(spelling)
      }
      console.log(
        `      ${SPELLINGS.length} spellings, ${valid.length} of them valid URLs: ${JSON.stringify(causes)}, ${dialled} sockets dialled`,
      )
      expect(answered).to.deep.equal([])
      expect([dialled, four.accepted(), six?.accepted() ?? 0]).to.deep.equal([0, 0, 0])
    })

    it('shows by the same spellings, once allowed, that the listener counts', async () => {
      const open = outboundGuard({ allow: ['127.0.0.0/8', '::1/128', '0.0.0.0/8'], internal: [] })
      // Names such as localhost may resolve to ::1 first, as Debian's default /etc/hosts says.
      const accepted = () => four.accepted() + (six?.accepted() ?? 0)
      const before = accepted()
      let up = 0
      for (const spelling of SPELLINGS.slice(0, 60)) if ((await probe(spelling, open)).up) up += 1
      expect(up).to.be.above(40)
      expect(accepted() - before).to.be.at.least(up)
      expect(dialled).to.be.at.least(up)
    })
  })

  const refusal = (address: string, leave: { allow?: string[]; internal?: string[] } = {}, host = 'app.internal') =>
    outboundGuard({ allow: [], internal: [], ...leave }).refusal(host, 8080, address)

  it('lets public addresses pass, those in translated form included', () => {
    for (const address of [
      '8.8.8.8',
      '1.1.1.1',
      '172.32.0.1',
      '2606:4700::1111',
      '::ffff:8.8.8.8',
      '64:ff9b::808:808',
    ]) {
      expect(refusal(address), address).to.equal(undefined)
    }
  })

  it('reports what a forbidden address is', () => {
    expect(refusal('127.0.0.1')).to.equal('loopback')
    expect(refusal('10.2.3.4')).to.equal('private')
    expect(refusal('100.64.1.1')).to.equal('shared')
    expect(refusal('fe80::1%eth0')).to.equal('link_local')
    expect(refusal('64:ff9b::a9fe:a9fe')).to.equal('metadata')
    expect(refusal('::')).to.equal('unspecified')
    expect(refusal('127.1')).to.equal('invalid')
  })

  it('gives leave by address, network, host name, and host name with port', () => {
    for (const allow of ['10.2.3.4', '10.0.0.0/8', 'app.internal', 'APP.internal.', 'app.internal:8080', '0.0.0.0/0']) {
      expect(refusal('10.2.3.4', { allow: [allow] }), allow).to.equal(undefined)
      expect(refusal('::ffff:10.2.3.4', { allow: [allow] }), allow).to.equal(undefined)
    }
    for (const allow of ['10.2.3.5', '10.3.0.0/16', 'internal', 'b.app.internal', 'app.internal:8081', 'fd00::/8']) {
      expect(refusal('10.2.3.4', { allow: [allow] }), allow).to.equal('private')
    }
    expect(refusal('fd00::5', { allow: ['fd00::/8'] })).to.equal(undefined)
  })

  it('wants the very address for a metadata service, and a network within them for link-local addresses', () => {
    for (const allow of ['app.internal', '0.0.0.0/0', '169.254.0.0/16', '100.64.0.0/10']) {
      expect(refusal('169.254.169.254', { allow: [allow] }), allow).to.equal('metadata')
      expect(refusal('100.100.100.200', { allow: [allow] }), allow).to.equal('metadata')
    }
    expect(refusal('fd00:ec2::254', { allow: ['fd00::/8'] })).to.equal('metadata')
    expect(refusal('169.254.169.254', { allow: ['169.254.169.254'] })).to.equal(undefined)
    expect(refusal('169.254.1.1', { allow: ['0.0.0.0/0'] })).to.equal('link_local')
    expect(refusal('169.254.1.1', { allow: ['169.254.0.0/16'] })).to.equal(undefined)
    expect(refusal('fe80::1', { allow: ['::/0'] })).to.equal('link_local')
    expect(refusal('fe80::1', { allow: ['fe80::/10'] })).to.equal(undefined)
  })

  it('takes an internalUrl as leave for that host and port alone, never for link-local or metadata', () => {
    const internal = ['app.internal:8080']
    expect(refusal('10.2.3.4', { internal })).to.equal(undefined)
    expect(refusal('127.0.0.1', { internal })).to.equal(undefined)
    expect(refusal('10.2.3.4', { internal }, 'db.internal')).to.equal('private')
    expect(refusal('10.2.3.4', { internal: ['app.internal:80'] })).to.equal('private')
    expect(refusal('169.254.1.1', { internal })).to.equal('link_local')
    expect(refusal('169.254.169.254', { internal })).to.equal('metadata')
    expect(refusal('::1', { internal: ['[::1]:8080'] }, '::1')).to.equal(undefined)
  })
})

describe('an address with a port in outbound.allow', () => {
  const refusal = (allow: string[], port: number, address: string) =>
    outboundGuard({ allow, internal: [] }).refusal('app', port, address)

  it('permits that port alone, also of link-local and metadata addresses', () => {
    for (const [entry, address, use] of [
      ['127.0.0.1:9000', '127.0.0.1', 'loopback'],
      ['127.0.0.1:9000', '::ffff:127.0.0.1', 'loopback'],
      ['[::1]:9000', '::1', 'loopback'],
      ['169.254.169.254:9000', '169.254.169.254', 'metadata'],
    ] as const) {
      expect(refusal([entry], 9000, address), entry).to.equal(undefined)
      expect(refusal([entry], 9001, address), entry).to.equal(use)
    }
    expect(refusal(['127.0.0.1:9000'], 9000, '127.0.0.2')).to.equal('loopback')
  })
})

describe('parseAllowance()', () => {
  it('reads addresses, networks, host names, and addresses and host names with a port', () => {
    for (const text of [
      '10.0.0.1',
      '10.0.0.0/8',
      '::1',
      '[::1]',
      'fd00::/8',
      'app',
      'app.svc.cluster.local',
      'a:80',
      '127.0.0.1:80',
      '[::1]:80',
    ]) {
      expect(parseAllowance(text), text).not.to.equal(undefined)
    }
  })

  it('refuses what it would have to guess', () => {
    for (const text of [
      '',
      '*',
      '*.internal',
      '10.0.0.0/33',
      '10.1',
      '0x7f.1',
      '127.1:80',
      '10.0.0.0/8:80',
      'http://a',
      'a:0',
      'a:70000',
      'a b',
    ]) {
      expect(parseAllowance(text), text).to.equal(undefined)
    }
  })
})
