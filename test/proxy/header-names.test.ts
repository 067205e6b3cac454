import { expect } from 'chai'
import { headerName } from '../../src/proxy/header-names.ts'

describe('headerName()', () => {
  it('decodes each name as it was written, whatever came before it', () => {
    // Far more names than are kept, many with the same length and ends.
    const names = Array.from({ length: 3_000 }, (_, index) => `X-${index.toString(36)}-Id`)
    for (const name of [...names, ...names.toReversed(), 'x-ABC-id', 'X-Abc-Id', 'x-abc-id'])
      expect(headerName(Buffer.from(name))).to.deep.equal({ name, key: name.toLowerCase() })
  })

  it('takes no name for another one that it begins with, or that differs in a byte', () => {
    for (const name of ['', 'a', 'aa', 'aaa', 'ab-cd', 'ab_cd', 'Content-Type', 'Content-Tipe', `x${'y'.repeat(200)}z`])
      expect(headerName(Buffer.from(name)).name).to.equal(name)
  })

  it('reads bytes above 127 as ISO 8859-1', () => {
    const bytes = Buffer.from([0x58, 0xe4, 0xc4, 0x58])
    for (let round = 0; round < 2; round++) expect(headerName(bytes)).to.deep.equal({ name: 'XäÄX', key: 'xääx' })
  })
})
