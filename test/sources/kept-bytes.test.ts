import { expect } from 'chai'
import { openMapping } from '../../src/sources/mapping/open.ts'
import { retm } from '../../src/sources/retm/index.ts'
import type { SourceDeps } from '../../src/sources/source.ts'

const KEPT = 65_536
const REQUEST = { headers: { 'content-type': 'application/json' } }
const body = Buffer.from(
  JSON.stringify({ code: 500, endpoint: 'https://shop.example/', message: 'm', more: 'x'.repeat(900_000) }),
)

/** A bound in bytes counts nothing but these: what waits for the journal must not keep more in memory. */
describe('what is kept of a body that is larger', () => {
  it('is the beginning of it, and nothing else', async () => {
    const mapping = openMapping({ endpoint: '/endpoint', code: '/code' }, 'part')
    const deps = { bodyLimit: 2 ** 20, openAuth: async () => ({ authentication: {} }) } as unknown as SourceDeps
    const source = await retm.open({ auth: 'none' }, deps)
    for (const [signal] of [mapping.read(body, REQUEST), source.read(body, REQUEST)]) {
      const { raw } = signal as { readonly raw: Uint8Array }
      expect(Buffer.from(raw).equals(body.subarray(0, KEPT))).to.equal(true)
      expect(raw.buffer.byteLength).to.equal(KEPT)
    }
  })
})
