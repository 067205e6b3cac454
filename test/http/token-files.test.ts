import { execFileSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Token } from '../../src/http/credentials.ts'
import { createTokenReader } from '../../src/http/token-files.ts'
import { removeTempFolders, tempFolder, until } from '../support/temp.ts'

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
  const values = (seen: { tokens: readonly Token[] }) => seen.tokens.map(({ tenant, value }) => `${tenant}=${value}`)

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

  it('keeps the last good set while a later look finds a shared token, and tells it once', async () => {
    const folder = tempFolder()
    writeFileSync(join(folder, 'a'), 'own-a')
    const seen = await reading(folder)
    writeFileSync(join(folder, 'b'), 'own-a')
    await until('three faulty looks', () => seen.failures > 2)
    expect(values(seen)).to.deep.equal(['a=own-a'])
    expect(seen.log).to.have.length(1)
    writeFileSync(join(folder, 'b'), 'own-b')
    await until('both', () => values(seen).length === 2)
  })

  it('is not held up by a pipe among the files', async () => {
    const folder = tempFolder()
    execFileSync('mkfifo', [join(folder, 'pipe')])
    writeFileSync(join(folder, 'a'), 'own-a')
    expect(values(await reading(folder))).to.deep.equal(['a=own-a'])
  })
})
