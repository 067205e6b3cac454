import { expect } from 'chai'
import { withoutAdvice } from '../../../src/domain/classify/advice.ts'
import { classify } from '../../../src/domain/classify/classify.ts'
import { words } from '../../../src/domain/classify/words.ts'

const read = (message: string, guesses = false) =>
  withoutAdvice(words(message).texts, guesses)
    .filter((text) => text !== '')
    .join(' ')

const cause = (message: string) => classify({ code: 0, message }).cause

describe('withoutAdvice(texts)', () => {
  it('leaves out what the reader is asked to do, to the end of the sentence', () => {
    expect(read('It failed. Please check your SSL certificate. It is down')).to.equal('it failed | please | it is down')
    expect(read('Make sure the URL is public')).to.equal('')
    expect(read('Try again later')).to.equal('')
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
  })
})
