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

export interface TestKind {
  readonly kind: string
  /** Of the body, for the API document. */
  readonly contentType: string
  /** Lines of import that its code needs, beyond those of every kind. */
  readonly imports?: string
  /** Code of the method `authenticate`. */
  readonly authenticate: string
  /** Code of its other methods: `read`, and `verify` if it has one. */
  readonly methods: string
}

/** A copy of the program with a kind of source for tests, which takes any JSON and names no URL. @returns the folder */
export const programWithTestKind = ({ kind, contentType, imports = '', authenticate, methods }: TestKind): string =>
  programWithKind(
    kind,
    `
${imports}
import { Type } from 'typebox'
import { defineSource } from '../source.ts'

export const ${kind} = defineSource({
  kind: '${kind}',
  description: 'A source for tests.',
  config: {},
  body: { name: 'Body_${kind}', schema: Type.Any(), contentType: '${contentType}' },
  namesUrls: false,
  open: (_, { bodyLimit }) => ({
    contentTypes: ['*'],
    bodyLimit,
    authentication: {
      isBearer: false,
      ${authenticate},
      status: () => ({ ok: true, detail: 'for tests' }),
      reload: async () => {},
      stop() {},
    },
    ${methods}
  }),
})
`,
    `import { ${kind} } from './${kind}/index.ts'\n${KINDS.slice(0, -1)}, ${kind}]`,
  )
