import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { promises as dns } from 'node:dns'
import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import { domainToASCII } from 'node:url'
import { expect } from 'chai'
import { parseAllowance } from '../../src/domain/outbound.ts'
import { createOutboundClient } from '../../src/outbound/client.ts'
import { outboundGuard } from '../../src/outbound/guard.ts'
import { createProber } from '../../src/probe/prober.ts'
import { http, type Listening, listening } from '../support/sockets.ts'

/**
 * Spellings of addresses that must not be reached, as lists for testing such guards have them. `P` stands for the port
 * of the listener that counts; the rest goes to the same port of other addresses.
 */
const SPELLINGS = [
  // Loopback, in every number format that a URL's host can have.
  'http://127.0.0.1:P/',
  'http://127.0.0.1.:P/',
  'http://127.0.1:P/',
  'http://127.1:P/',
  'http://127.1.:P/',
  'http://127.000.000.001:P/',
  'http://127.127.127.127:P/',
  'http://127.255.255.254:P/',
  'http://2130706433:P/',
  'http://2130706433.:P/',
  'http://017700000001:P/',
  'http://0000017700000001:P/',
  'http://0177.0.0.1:P/',
  'http://0177.1:P/',
  'http://0177.0000.0000.0001:P/',
  'http://00000177.00.00.01:P/',
  'http://0x7f000001:P/',
  'http://0X7F000001:P/',
  'http://0x0000007f000001:P/',
  'http://0x7f.0x0.0x0.0x1:P/',
  'http://0x7f.1:P/',
  'http://0x7f.0.0x1:P/',
  'http://0x7F.0.0.0x01:P/',
  'http://127.0x1:P/',
  'http://127.0.0x0.01:P/',
  'http://0177.0x0.0.1:P/',
  'http://0x7f.0177.1:P/',
  'http://127.16777215:P/',
  'http://0:P/',
  'http://0.:P/',
  'http://0.0:P/',
  'http://0.0.0.0:P/',
  'http://00.0x0.0:P/',
  'http://0x0:P/',
  'http://0.0.0.1:P/',
  'http://0.255.255.255:P/',
  // Digits, dots and letters that normalise to the ones above.
  'http://１２７.０.０.１:P/',
  'http://127。0。0。1:P/',
  'http://127．0．0．1:P/',
  'http://127｡0｡0｡1:P/',
  'http://①②⑦.⓪.⓪.①:P/',
  'http://𝟏𝟐𝟕.𝟎.𝟎.𝟏:P/',
  'http://𝟙𝟚𝟟.𝟘.𝟘.𝟙:P/',
  'http://１２７.１:P/',
  'http://⓪x7f.1:P/',
  'http://０ｘ７ｆ.1:P/',
  'http://²¹³⁰⁷⁰⁶⁴³³:P/',
  'http://127.0.0.１:P/',
  'http://%31%32%37.0.0.1:P/',
  'http://127%2e0%2e0%2e1:P/',
  'http://12\t7.0.0.1:P/',
  'http://127.0.\n0.1:P/',
  'http://127.0.0.\u00ad1:P/',
  'http://127.0\u200b.0.1:P/',
  'http://\u2060127.0.0.1:P/',
  // Names of this host.
  'http://localhost:P/',
  'http://LOCALHOST:P/',
  'http://localhost.:P/',
  'http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:P/',
  'http://ｌｏｃａｌｈｏｓｔ:P/',
  'http://loc%61lhost:P/',
  'http://ŀocalhost:P/',
  'http://localhost.localdomain:P/',
  'http://sub.localhost:P/',
  'http://ip6-localhost:P/',
  'http://ip6-loopback:P/',
  // Other URL parts that look like a host.
  'http://8.8.8.8@127.0.0.1:P/',
  'http://8.8.8.8:80@127.0.0.1:P/',
  'http://8.8.8.8%40x:y@127.0.0.1:P/',
  'http://127.0.0.1:P\\@8.8.8.8/',
  'http:\\\\127.0.0.1:P/',
  'http:127.0.0.1:P/',
  'http:/127.0.0.1:P/',
  'http:////127.0.0.1:P/',
  ' http://127.0.0.1:P/ ',
  'hTTp://127.0.0.1:P/',
  'https://127.0.0.1:P/',
  'https://[::1]:P/',
  'http://127.0.0.1:P#@8.8.8.8/',
  'http://127.0.0.1:P?@8.8.8.8/',
  'http://8.8.8.8 &@127.0.0.1:P/',
  // IPv6.
  'http://[::1]:P/',
  'http://[0:0:0:0:0:0:0:1]:P/',
  'http://[0000:0000:0000:0000:0000:0000:0000:0001]:P/',
  'http://[::0001]:P/',
  'http://[0::1]:P/',
  'http://[::]:P/',
  'http://[0:0:0:0:0:0:0:0]:P/',
  'http://[::127.0.0.1]:P/',
  'http://[::7f00:1]:P/',
  'http://[::ffff:127.0.0.1]:P/',
  'http://[::FFFF:7F00:1]:P/',
  'http://[::ffff:7f00:0001]:P/',
  'http://[0:0:0:0:0:ffff:127.0.0.1]:P/',
  'http://[::ffff:0.0.0.0]:P/',
  'http://[::ffff:0:127.0.0.1]:P/',
  'http://[::ffff:10.0.0.1]:P/',
  'http://[::ffff:169.254.169.254]:P/',
  'http://[::ffff:a9fe:a9fe]:P/',
  'http://[64:ff9b::127.0.0.1]:P/',
  'http://[64:ff9b::7f00:1]:P/',
  'http://[64:ff9b::a9fe:a9fe]:P/',
  'http://[64:ff9b::10.0.0.1]:P/',
  'http://[64:ff9b:1::7f00:1]:P/',
  'http://[64:ff9b:1::8.8.8.8]:P/',
  'http://[2002:7f00:1::]:P/',
  'http://[2002:7f00:0001::1]:P/',
  'http://[2002:a9fe:a9fe::]:P/',
  'http://[2001::1]:P/',
  'http://[2001:0:7f00:1::]:P/',
  'http://[2001:0:0:0:0:0:80ff:fffe]:P/',
  'http://[2001:db8::1]:P/',
  'http://[3fff::1]:P/',
  'http://[100::1]:P/',
  'http://[5f00::1]:P/',
  'http://[4000::1]:P/',
  'http://[fc00::1]:P/',
  'http://[fd12:3456:789a::1]:P/',
  'http://[fe80::1]:P/',
  'http://[fe80::1%25lo]:P/',
  'http://[fe80::1%lo]:P/',
  'http://[::1%25lo]:P/',
  'http://[febf::1]:P/',
  'http://[fec0::1]:P/',
  'http://[ff02::1]:P/',
  'http://[ff05::1:3]:P/',
  // Metadata services.
  'http://169.254.169.254:P/',
  'http://169.254.169.254:P/latest/meta-data/',
  'http://2852039166:P/',
  'http://0xa9fea9fe:P/',
  'http://0xA9.0xFE.0xA9.0xFE:P/',
  'http://0251.0376.0251.0376:P/',
  'http://025177524776:P/',
  'http://169.254.43518:P/',
  'http://169.16689662:P/',
  'http://①⑥⑨.②⑤④.①⑥⑨.②⑤④:P/',
  'http://169。254。169。254:P/',
  'http://169.254.170.2:P/',
  'http://169.254.170.23:P/',
  'http://100.100.100.200:P/',
  'http://192.0.0.192:P/',
  'http://168.63.129.16:P/',
  'http://[fd00:ec2::254]:P/',
  'http://[fd00:0ec2:0:0:0:0:0:0254]:P/',
  'http://[fd20:ce::254]:P/',
  'http://[fe80::a9fe:a9fe]:P/',
  'http://metadata.google.internal:P/computeMetadata/v1/',
  'http://METADATA.google.internal.:P/',
  'http://instance-data:P/',
  // Private and special ranges, their first and last addresses.
  'http://10.0.0.0:P/',
  'http://10.255.255.255:P/',
  'http://10.1:P/',
  'http://012.1:P/',
  'http://100.64.0.1:P/',
  'http://100.127.255.255:P/',
  'http://169.254.0.1:P/',
  'http://172.16.0.1:P/',
  'http://172.31.255.255:P/',
  'http://192.0.0.1:P/',
  'http://192.0.2.1:P/',
  'http://192.88.99.1:P/',
  'http://192.168.0.1:P/',
  'http://192.168.255.255:P/',
  'http://3232235777:P/',
  'http://0xc0a80101:P/',
  'http://198.18.0.1:P/',
  'http://198.19.255.255:P/',
  'http://198.51.100.1:P/',
  'http://203.0.113.1:P/',
  'http://224.0.0.1:P/',
  'http://239.255.255.250:P/',
  'http://240.0.0.1:P/',
  'http://255.255.255.255:P/',
  'http://4294967295:P/',
  'http://4294967296:P/',
  'http://256.0.0.1:P/',
  // Names of others that lead here.
  'http://127.0.0.1.nip.example:P/',
  'http://127-0-0-1.sslip.example:P/',
  'http://7f000001.rebind.example:P/',
  'http://six.nip.example:P/',
  'http://mapped.nip.example:P/',
  'http://metadata.nip.example:P/',
  'http://private.nip.example:P/',
  'http://all.nip.example:P/',
  'http://xn--e1afmkfd.nip.example:P/',
  'http://пример.nip.example:P/',
  'http://zone.nip.example:P/',
  'http://odd.nip.example:P/',
]

/** What a hostile or unlucky name server says of these names; getaddrinfo is asked for all others. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  'metadata.google.internal': ['169.254.169.254'],
  'instance-data': ['169.254.169.254'],
  'localhost.localdomain': ['127.0.0.1'],
  'sub.localhost': ['127.0.0.1', '::1'],
  'ip6-localhost': ['::1'],
  'ip6-loopback': ['::1'],
  '127.0.0.1.nip.example': ['127.0.0.1'],
  '127-0-0-1.sslip.example': ['127.0.0.1'],
  '7f000001.rebind.example': ['127.0.0.1', '127.0.0.1'],
  'six.nip.example': ['::1'],
  'mapped.nip.example': ['::ffff:127.0.0.1'],
  'metadata.nip.example': ['169.254.169.254', 'fd00:ec2::254'],
  'private.nip.example': ['10.0.0.1', '192.168.0.1', 'fd00::1'],
  'all.nip.example': ['0.0.0.0', '::'],
  [`${domainToASCII('пример')}.nip.example`]: ['127.0.0.1'],
  'zone.nip.example': ['fe80::1%lo'],
  'odd.nip.example': ['0x7f.1', '2130706433', '127.1', ''],
}
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
