import { expect } from 'chai'
import { classify } from '../../src/domain/classify/classify.ts'
import { answerCause, isUp } from '../../src/probe/status.ts'

describe('answerCause(status)', () => {
  it('says what a report with the same status says, for every status that is not up', () => {
    const differ = Array.from({ length: 400 }, (_, index) => 200 + index).filter(
      (status) => !isUp(status, undefined) && answerCause(status) !== classify({ code: status, message: '' }).cause,
    )
    expect(differ).to.deep.equal([])
  })

  it('knows the statuses of proxies and load balancers', () => {
    const causes = [407, 495, 496, 497, 502, 504, 511, 520, 524, 525, 527, 530, 561].map(answerCause)
    expect(causes).to.deep.equal([
      'authentication',
      'tls',
      'tls',
      'protocol',
      'unavailable',
      'timeout',
      'authentication',
      'unavailable',
      'timeout',
      'tls',
      'unavailable',
      'unavailable',
      'authentication',
    ])
  })

  it('takes what is no status of HTTP for another protocol, and a success that is not expected for no reason', () => {
    expect([0, 101, 600, 999].map(answerCause)).to.deep.equal(['protocol', 'protocol', 'protocol', 'protocol'])
    expect(answerCause(204)).to.equal('unknown')
  })
})

describe('isUp(status)', () => {
  it('takes a refusal of a bare request for health, but not one that the application had no part in', () => {
    expect([200, 204, 400, 401, 403, 404, 405, 422].every((status) => isUp(status, undefined))).to.equal(true)
    expect([301, 407, 408, 410, 429, 495, 496, 497, 500, 503].some((status) => isUp(status, undefined))).to.equal(false)
  })

  it('lets the expectation alone decide', () => {
    expect(isUp(503, ['5xx'])).to.equal(true)
    expect(isUp(200, [204])).to.equal(false)
  })
})
