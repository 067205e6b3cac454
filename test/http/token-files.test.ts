import { execFileSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
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

  const reading = async (folder: string | undefined, ...files: string[]) => {
    const seen = { tokens: [] as readonly Token[], failures: 0, log: [] as string[], info: [] as string[] }
    const log = {
      info: (_: object, text: string) => seen.info.push(text),
      warn: (_: object, text: string) => seen.log.push(text),
    }
    const reader = createTokenReader(
      { files: files.map((file) => ({ tenant: basename(file), file })), ...(folder && { folder }), fixed: [] },
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
    // A read that was under way when the file went may have warned of that, too.
    const warnings = seen.log.filter((line) => line.includes('share one token'))
    expect(warnings).to.have.length(1)
    expect(warnings[0]).to.match(/tenants a, b share one token; give each tenant its own/)
    write('b', 'own-b')
    await until('the token to count again', () => values(seen).includes('a=same'))
  })

  it('revokes the tokens of a deleted file, and says so', async () => {
    const folder = tempFolder()
    for (const tenant of ['a', 'b']) writeFileSync(join(folder, tenant), `own-${tenant}`)
    const seen = await reading(undefined, join(folder, 'a'), join(folder, 'b'))
    rmSync(join(folder, 'a'))
    await until('the revocation', () => values(seen).join() === 'b=own-b')
    expect(seen.info.join()).to.include(
      `sources.retm: ${join(folder, 'a')} was deleted; its tokens are no longer accepted`,
    )
    await until('the fault to be counted', () => seen.failures > 0)
    expect(seen.log).to.deep.equal([`sources.retm: cannot read tokens from ${join(folder, 'a')}: ENOENT`])
  })

  it('revokes the last token of a mounted Secret, as a folder and as a file', async () => {
    const folder = tempFolder()
    mkdirSync(join(folder, '..1'))
    writeFileSync(join(folder, '..1', 'a'), 'own-a')
    symlinkSync('..1', join(folder, '..data'))
    symlinkSync('..data/a', join(folder, 'a'))
    const [mounted, single] = [await reading(folder), await reading(undefined, join(folder, 'a'))]
    expect([values(mounted), values(single)]).to.deep.equal([['a=own-a'], ['a=own-a']])
    rmSync(join(folder, 'a'))
    await until('both revocations', () => mounted.tokens.length === 0 && single.tokens.length === 0)
  })

  for (const [how, lose] of [
    ['is empty', (folder: string) => rmSync(join(folder, 'a'))],
    ['is gone', (folder: string) => rmSync(folder, { recursive: true })],
  ] as const)
    it(`keeps the tokens of a volume that ${how}, and counts and logs that`, async () => {
      const folder = join(tempFolder(), 'mount')
      mkdirSync(folder)
      writeFileSync(join(folder, 'a'), 'own-a')
      const both = [await reading(folder), await reading(undefined, join(folder, 'a'))]
      lose(folder)
      await until('both to notice it twice', () => both.every(({ failures }) => failures > 1))
      for (const seen of both) {
        expect(values(seen)).to.deep.equal(['a=own-a'])
        expect(seen.log).to.have.length(1)
        expect(seen.log[0]).to.match(
          /^sources\.retm: cannot read tokens from .*; the tokens read from it before stay in force$/,
        )
      }
    })

  it('is not held up by a pipe among the files', async () => {
    const folder = tempFolder()
    execFileSync('mkfifo', [join(folder, 'pipe')])
    writeFileSync(join(folder, 'a'), 'own-a')
    expect(values(await reading(folder))).to.deep.equal(['a=own-a'])
  })
})
