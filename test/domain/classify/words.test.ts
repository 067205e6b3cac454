import { expect } from 'chai'
import { MARK, words } from '../../../src/domain/classify/words.ts'

const read = (message: string) => words(message).texts.join(' ')

describe('words(message)', () => {
  it('reads all spellings of a name alike', () => {
    for (const spelling of ['ConnectionRefused', 'connection_refused', 'CONNECTION-REFUSED', 'connection refused']) {
      expect(read(spelling)).to.equal('connection refused')
    }
    expect(read('SSLHandshakeException')).to.equal('ssl handshake exception')
    expect(read('TLSv1.2 HTTPSConnectionPool sslv3')).to.equal('tlsv1 2 https connection pool sslv3')
  })

  it('folds accents, full-width forms, combining marks and apostrophes', () => {
    expect(read('Délai d’attente dépassé')).to.equal('delai dattente depasse')
    expect(read('De\u0301lai')).to.equal('delai')
    expect(read('ＨＴＴＰ　４０４')).to.equal('http 404')
    expect(read('İşlem bağlantı KIRIK')).to.equal('islem baglanti kirik')
    expect(read('Błąd połączenia ERRÓNEOS')).to.equal('blad polaczenia erroneos')
  })

  it('reads contracted and joined negations as two words', () => {
    for (const spelling of ['could not connect', "couldn't connect", 'COULDNT_CONNECT', 'couldn’t connect'])
      expect(words(spelling).texts, spelling).to.deep.equal(['could', 'not', 'connect'])
    for (const spelling of ["can't", 'cannot', 'can not']) expect(words(spelling).texts).to.deep.equal(['can', 'not'])
  })

  it('reads a span of time as a number and its unit', () => {
    for (const spelling of ['5s', '5 s']) expect(words(spelling).texts).to.deep.equal(['5', 's'])
    expect(words('10000ms').texts).to.deep.equal(['10000', 'ms'])
    expect(words('5xx h2 ipv6 0x1s').texts).to.deep.equal(['5xx', 'h2', 'ipv6', '0x1s'])
  })

  it('reads the plural of a noun as its singular', () => {
    expect(read('certificate errors, failed connections')).to.equal('certificate error failed connection')
    expect(read('no URLs or IPs')).to.equal(read('no urls or ips'))
  })

  it('takes a Chinese, Japanese or Korean character for a word', () => {
    expect(read('连接超时 timeout')).to.equal('连 接 超 时 timeout')
  })

  it('reads nothing of URLs, paths, hosts and addresses', () => {
    expect(read('Post "https://expired.example/not-found?x=1": EOF')).to.equal('post https  eof')
    expect(words('timeout.example.com /refused/404 10.0.0.1').texts).to.deep.equal(['', '', '10.0.0.1'])
    expect(read('SSL/TLS i/o')).to.equal('ssl tls i o')
  })

  it('reads the dotted names of classes', () => {
    expect(read('java.net.UnknownHostException')).to.equal('java net unknown host exception')
    expect(read('socket.timeout')).to.equal('socket timeout')
  })

  it('marks a minus, brackets and what is part of a longer token', () => {
    const marks = (message: string) => words(message).marks.at(-1)
    expect(marks('errno: -104')).to.equal(MARK.NEGATIVE)
    expect(marks('error (503)')).to.equal(MARK.PARENTHESES)
    expect(marks('order-404')).to.equal(MARK.GLUED)
    expect(marks('status 404')).to.equal(0)
  })

  it('marks what leads to something else: before a colon and white space, and at the end of a line', () => {
    const leading = (message: string) => {
      const { texts, marks } = words(message)
      return texts.filter((_, index) => (marks[index]! & MARK.LEADS) !== 0)
    }
    expect(leading('Delivery failed: see below\nhost:443 at 10:30\r\nEOF')).to.deep.equal(['failed', 'below', '30'])
  })

  it('takes each member of JSON for a statement', () => {
    expect(words('{"error":"not sent","id":7,"at":"now"}').texts.join(' ')).to.equal('error not sent | id 7 | at now')
    expect(words('host, port').texts).to.not.include('|')
  })
})
