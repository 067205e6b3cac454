import { expect } from 'chai'
import { classify } from '../../../src/domain/classify/classify.ts'
import { isHostRefusal } from '../../../src/domain/classify/refusal.ts'

describe('isHostRefusal()', () => {
  const REFUSALS: readonly (readonly [code: number, message: string])[] = [
    [0, 'connect ECONNREFUSED 203.0.113.7:443'],
    [0, 'dial tcp 203.0.113.7:443: connect: connection refused'],
    [7, 'Failed to connect to shop.example port 443 after 12 ms: Connection refused'],
    [0, 'No connection could be made because the target machine actively refused it'],
    [0, 'Verbindung verweigert'],
    [111, ''],
    [-111, ''],
    [10_061, ''],
    [0, '[Errno 61] Connection refused'],
  ]
  const OTHERS: readonly (readonly [code: number, message: string])[] = [
    [0, 'could not connect'],
    [0, 'Could not connect to server'],
    [7, 'server is down'],
    [0, 'the server is down: could not connect'],
    [0, 'unable to contact host'],
    [0, 'unable to contact shop.example'],
    [0, 'failed to connect to all addresses'],
    [0, 'cannot reach the endpoint'],
    [7, ''],
    [7, "Couldn't connect to server"],
    [0, 'destination_unavailable'],
  ]

  for (const [code, message] of REFUSALS)
    it(`sees one in ${code} ${message}`, () => {
      expect(classify({ code, message }).cause).to.equal('connection_refused')
      expect(isHostRefusal(code, message)).to.equal(true)
    })
  for (const [code, message] of OTHERS)
    it(`sees none in ${code} ${message}, whose cause stays`, () => {
      expect(classify({ code, message }).cause).to.equal('connection_refused')
      expect(isHostRefusal(code, message)).to.equal(false)
    })
  it('sees none where something else failed', () => {
    expect(isHostRefusal(60, 'certificate has expired')).to.equal(false)
  })
})
