import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { tempFolder } from '../support/temp.ts'

const root = join(import.meta.dirname, '../..')

/**
 * A copy of the program with one more kind of source, as docs/add-a-source.md says.
 * @param registration the lines for src/sources/index.ts: an import, and the list
 * @returns the folder
 */
export function programWithKind(kind: string, code: string, registration: string): string {
  const folder = tempFolder()
  cpSync(join(root, 'src'), join(folder, 'src'), { recursive: true })
  for (const file of ['package.json', 'tsconfig.json']) cpSync(join(root, file), join(folder, file))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const file = join(folder, 'src/sources', kind, 'index.ts')
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, code)
  const index = join(folder, 'src/sources/index.ts')
  const text = readFileSync(index, 'utf8')
  const [, imports, list] = /^(import .+\n)(const KINDS.+)$/m.exec(registration)!
  const named = text.replace(/^const KINDS.+$/m, list!)
  expect(named).not.to.equal(text)
  writeFileSync(index, `${imports}${named}`)
  return folder
}

const KINDS = /^const KINDS.+\]$/m.exec(readFileSync(join(root, 'src/sources/index.ts'), 'utf8'))![0]

export const registrationOf = (kind: string): string =>
  `import { ${kind} } from './${kind}/index.ts'\n${KINDS.slice(0, -1)}, ${kind}]`
