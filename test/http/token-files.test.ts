import { execFileSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { digestOf, type Token } from '../../src/http/shared/credentials.ts'
import { createTokenReader } from '../../src/http/shared/token-files.ts'
import { removeTempFolders, tempFolder, until } from '../support/temp.ts'

/** Every token of these tests, by its digest: the reader keeps no other form. */
const WORDS = new Map(
  ['one', 'two', 'three', 'old', 'new', 'own-a', 'own-b', 'leaked', 'kept', 'same'].map((word) => [
    digestOf(word),
    word,
  ]),
)

describe('createTokenReader', () => {
  const readers: { stop(): void }[] = []
  afterEach(() => {
    for (const reader of readers.splice(0)) reader.stop()
    removeTempFolders()
  })

  const reading = async (folder: string) => {
    const seen = { tokens: [] as readonly Token[], failures: 0, log: [] as string[] }
    const log = { info: () => {}, warn: (_: object, text: string) => seen.log.push(text) }
    const reader = createTokenReader(
      { files: [], folder, fixed: [] },
      {
        log: log as never,
        owner: 'sources.retm',
        onTokens: (tokens) => {
          seen.tokens = tokens
        },
        onFailure: () => seen.failures++,
        interval: 5,
      },
    )
    readers.push(reader)
    await reader.start()
    return seen
  }
  const values = (seen: { tokens: readonly Token[] }) =>
    seen.tokens.map(({ tenant, digest }) => `${tenant}=${WORDS.get(digest)}`)

  it('reads a file a tenant and a token a line, whatever the editor did to the ends of lines', async () => {
    const folder = tempFolder()
    writeFileSync(join(folder, 'a'), '\ufeffone\r\ntwo\r\n\r\n')
    writeFileSync(join(folder, 'b'), ' three')
    expect(values(await reading(folder))).to.deep.equal(['a=one', 'a=two', 'b=three'])
  })

  it('follows the symbolic links of a mounted Secret', async () => {
    const folder = tempFolder()
    const version = (name: string, token: string) => {
      mkdirSync(join(folder, name))
      writeFileSync(join(folder, name, 'a'), token)
      symlinkSync(name, join(folder, '..data_tmp'))
      renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
    }
    version('..1', 'old')
    symlinkSync('..data/a', join(folder, 'a'))
    const seen = await reading(folder)
    expect(values(seen)).to.deep.equal(['a=old'])
    version('..2', 'new')
    rmSync(join(folder, '..1'), { recursive: true })
    await until('the new token', () => values(seen)[0] === 'a=new')
    expect(values(seen)).to.deep.equal(['a=new'])
  })

  it('lets nobody in with a token that two tenants have, and says so', async () => {
    const folder = tempFolder()
    writeFileSync(join(folder, 'a'), 'same\nsame-too\nown-a')
    writeFileSync(join(folder, 'b'), 'same\nsame-too\nown-b')
    const seen = await reading(folder)
    expect(values(seen)).to.deep.equal(['a=own-a', 'b=own-b'])
    expect(seen.failures).to.equal(1)
    expect(seen.log.join())
      .to.match(/tenants a, b/)
      .and.not.include('same-too')
  })

  it('drops only the shared token: a revocation takes effect while one is shared, and the warning is logged once', async () => {
    const folder = tempFolder()
    // In one step: a read between truncation and writing would find an empty file, and warn of it.
    const write = (tenant: string, ...tokens: string[]) => {
      writeFileSync(join(folder, `.${tenant}`), tokens.join('\n'))
      renameSync(join(folder, `.${tenant}`), join(folder, tenant))
    }
    write('a', 'same', 'own-a')
    write('b', 'own-b')
    write('c', 'leaked', 'kept')
    const seen = await reading(folder)
    write('b', 'same', 'own-b')
    await until('the shared token to be dropped', () => !values(seen).includes('a=same'))
    write('c', 'kept')
    await until('the revocation', () => !values(seen).includes('c=leaked'))
    expect(values(seen)).to.deep.equal(['a=own-a', 'b=own-b', 'c=kept'])
    rmSync(join(folder, 'c'))
    await until('the removal', () => !values(seen).includes('c=kept'))
    expect(seen.log).to.have.length(1)
    expect(seen.log[0]).to.match(/tenants a, b share one token; give each tenant its own/)
    write('b', 'own-b')
    await until('the token to count again', () => values(seen).includes('a=same'))
  })

  it('is not held up by a pipe among the files', async () => {
    const folder = tempFolder()
    execFileSync('mkfifo', [join(folder, 'pipe')])
    writeFileSync(join(folder, 'a'), 'own-a')
    expect(values(await reading(folder))).to.deep.equal(['a=own-a'])
  })
})
