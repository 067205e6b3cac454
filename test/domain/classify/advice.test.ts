import { expect } from 'chai'
import { withoutAdvice } from '../../../src/domain/classify/advice.ts'
import { classify } from '../../../src/domain/classify/classify.ts'
import { words } from '../../../src/domain/classify/words.ts'

const read = (message: string, guesses = false) =>
  withoutAdvice(words(message), guesses)
    .filter((text) => text !== '')
    .join(' ')

const cause = (message: string) => classify({ code: 0, message }).cause

describe('withoutAdvice(texts)', () => {
  it('leaves out what the reader is asked to do, to the end of the sentence', () => {
    expect(read('It failed. Please check your SSL certificate. It is down')).to.equal('it failed | please | it is down')
    expect(read('Make sure the URL is public')).to.equal('')
    expect(read('Try again later')).to.equal('')
  })

  it('ends advice where it announces the error: at a colon, and with its line', () => {
    expect(read('check the detailed error for more information\nconnect ECONNREFUSED')).to.equal('connect econnrefused')
    expect(read('Please try again later: read ECONNRESET')).to.equal('please read econnreset')
    expect(read('Please check the following: the DNS, the certificate')).to.equal('please')
    expect(read('<p>Please check that your\ncertificate is valid</p>')).to.equal('p please')
    expect(read('verify your localhost:8080 is not blocked')).to.equal('')
  })

  it('leaves out what follows in some case, and lists of what it may be', () => {
    expect(read('It failed. If it goes on, it will be removed. Bye')).to.equal('it failed | | bye')
    expect(read('It failed. Either it is down or blocked', true)).to.equal('it failed |')
    expect(read('refused by either host', true)).to.equal('refused by either host')
  })

  it('keeps an account that has the same verbs', () => {
    for (const account of [
      'certificate verify failed',
      'check failed',
      'retry limit reached',
      'verify that you are human',
    ])
      expect(read(account)).to.equal(account)
  })

  it('leaves out guesses where it is asked to', () => {
    const guess = 'could not connect, maybe a firewall'
    expect(read(guess)).to.equal('could not connect maybe a firewall')
    expect(read(guess, true)).to.equal('could not connect')
    expect(read('this may be a DNS problem', true)).to.equal('this')
    expect(read('no connection could be made', true)).to.equal('no connection could be made')
  })
})

describe('classify(report) on advice and guesses', () => {
  it('finds no reason in advice', () => {
    expect(cause('A network error occurred. Please check your internet connection.')).to.equal('unknown')
    expect(cause('Delivery failed. Make sure that your certificate is valid.')).to.equal('unknown')
  })

  it('prefers what happened to what may have caused it, and takes a guess where there is nothing else', () => {
    expect(cause('Can not connect to shop.example, maybe because of a firewall')).to.equal('connection_refused')
    expect(cause('It failed. This may be due to an expired certificate.')).to.equal('tls')
    expect(cause('The connection was rejected. Either it is not running or a firewall is blocking.')).to.equal(
      'connection_refused',
    )
  })

  it('finds the reason that advice announces', () => {
    expect(
      cause('ERROR: UNKNOWN ERROR - check the detailed error for more information\nconnect ECONNREFUSED'),
    ).to.equal('connection_refused')
    expect(cause('Please try again later: getaddrinfo ENOTFOUND shop.example')).to.equal('dns')
    expect(cause('If your webhook continues to fail, your application will not receive any more.')).to.equal('unknown')
  })
})
