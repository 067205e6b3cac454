import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { longSecret, secretReader } from '../../src/probe/secrets.ts'

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

describe('longSecret()', () => {
  const LONG = 'x'.repeat(32)

  it('rejects a short or unreadable one with one log line, and keeps the last good one', async () => {
    const logged: string[] = []
    let text: string | undefined = 'short'
    const secret = longSecret({
      owner: 'canary.secret',
      read: async () => {
        if (text === undefined) throw new Error('ENOENT: /secrets/canary')
        return text
      },
      log: { warn: (_: object, line: string) => logged.push(line) } as never,
    })
    expect(await secret().catch((error: Error) => error.message)).to.match(/has 5 characters; write at least 32/)
    text = LONG
    expect(await secret()).to.equal(LONG)
    for (const bad of ['brief', undefined] as const) {
      text = bad
      expect(await secret()).to.equal(LONG)
      expect(await secret()).to.equal(LONG)
    }
    text = `${LONG}y`
    expect(await secret()).to.equal(`${LONG}y`)
    expect(logged).to.have.length(3)
    expect(logged[0]).to.match(/^canary\.secret: rejected: the secret has 5 characters/)
    expect(logged[1]).to.match(/the previous secret stays in use$/)
    expect(logged[2]).to.match(/ENOENT.*the previous secret stays in use$/)
    expect(logged.join()).not.to.match(/short|brief/)
  })
})
