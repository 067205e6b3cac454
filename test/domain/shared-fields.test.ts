import { expect } from 'chai'
import { haveSameSharedFields, SHARED_FIELDS, type SharedFields } from '../../src/domain/report/failure.ts'

const FAILURE: SharedFields = {
  source: 'retm',
  tenant: '',
  endpoint: 'orders',
  url: 'https://shop.example/hooks/orders',
  code: 503,
  cause: 'unavailable',
  message: 'Service Unavailable',
}

describe('haveSameSharedFields()', () => {
  it('holds for two failures that are alike', () => {
    expect(haveSameSharedFields(FAILURE, { ...FAILURE })).to.equal(true)
  })

  for (const field of SHARED_FIELDS)
    it(`sees another ${field}`, () => {
      expect(haveSameSharedFields(FAILURE, { ...FAILURE, [field]: 'another' })).to.equal(false)
    })
})
