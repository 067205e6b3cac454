import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { secretReader } from '../../src/probe/secrets.ts'

describe('secretReader()', () => {
  const dir = mkdtempSync(join(tmpdir(), 'secrets-'))
  after(() => rmSync(dir, { recursive: true }))
  const failure = (place: { file?: string; env?: string }): Promise<string> =>
    secretReader({})(place).then(
      () => 'none',
      (error: Error) => error.message,
    )

  it('reads a file anew each time, and a variable, without white space at the ends', async () => {
    const file = join(dir, 'token')
    const read = secretReader({ TOKEN: ' from-env\n' })
    writeFileSync(file, 'one\n')
    expect(await read({ file })).to.equal('one')
    writeFileSync(file, '\ntwo ')
    expect(await read({ file })).to.equal('two')
    expect(await read({ env: 'TOKEN' })).to.equal('from-env')
  })

  it('names the file or variable that it cannot read', async () => {
    expect(await failure({ file: join(dir, 'missing') })).to.contain('missing')
    expect(await failure({ env: 'ABSENT' })).to.contain('ABSENT')
    expect(await failure({ file: '/dev/zero' })).to.contain('larger than 1 MiB')
  })
})
