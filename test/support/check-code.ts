import type { TSchema } from 'typebox'
import { Code } from 'typebox/compile'

/** A check that is to be generated. */
export interface Check {
  readonly name: string
  /** What the schema is called. */
  readonly of: string
  readonly schema: TSchema
  /** The module that exports it, if the check is to narrow the type. */
  readonly from?: string
}

/** What the library's code refers to, without importing the library. */
const HELPERS: Readonly<Record<string, string>> = {
  'Guard.CodePointCount': 'const Guard = { CodePointCount: (text) => [...text].length }',
  'Hashing.Hash': 'const Hashing = { Hash: (value) => JSON.stringify(value) }',
}

/**
 * Functions that say whether a value is as a schema says, from the code that TypeBox compiles it to: the service checks with
 * them and loads TypeBox only to say what is wrong.
 * @throws Error if the code needs something that is not known here
 */
export function checkModule(checks: readonly Check[]): string {
  const imports = new Set<string>()
  const functions = checks.map(({ name, of, schema, from }) => {
    const { context, type } = shared(schema)
    const { Code: code, External } = Code(context, type)
    const externals = (External.variables as readonly unknown[]).map((value) => {
      if (value instanceof RegExp) return String(value)
      if (typeof value !== 'function' || value.name !== 'IsDateTime') throw new Error(`${name} needs ${value}`)
      imports.add("import { IsDateTime } from 'typebox/format'\n")
      return value.name
    })
    if (from !== undefined) {
      imports.add("import type { Static } from 'typebox'\n")
      imports.add(`import type { ${of} } from '${from}'\n`)
    }
    const [, body, entry] = /^export function SetExternal.*\n([\s\S]*)^export function Check\(value\) \{ (.*) \}/m.exec(
      code,
    )!
    return `/** Whether a value is as \`${of}\` says. */
export const ${name}: (value: unknown) => ${from === undefined ? 'boolean' : `value is Static<typeof ${of}>`} = (() => {
const External = [${externals.join(', ')}]
${body!.replaceAll(/^\/\/ @ts-ignore\n|^\n/gm, '')}return (value) => { ${entry} }
})()
`
  })
  const text = functions.join('\n')
  const used = new Set(text.match(/\b(?:Guard|Hashing|CheckContext)\b(?:\.\w+)?/g))
  const unknown = [...used].filter((name) => !HELPERS[name])
  if (unknown.length > 0) throw new Error(`the code of the checks needs ${unknown.join(', ')}`)
  return `// @ts-nocheck
// Generated from the schemas by \`npm run generate\`; do not edit.
${[...imports].join('')}${[...used].map((name) => `${HELPERS[name]}\n`).join('')}
${text}`
}

type Plain = Record<string, unknown>
const NOTES = /^(?:description|examples|default|title|\$schema|x-.*)$/
/** Characters of JSON from which a function of its own is shorter than a copy. */
const SHARED = 80

/** The schema with each part that occurs twice as a reference, so that its code is written once. */
function shared(schema: TSchema): { context: Record<string, TSchema>; type: TSchema } {
  const counts = new Map<string, number>()
  const plain = (part: Plain): Plain => {
    const bare = mapped(part, plain)
    counts.set(JSON.stringify(bare), (counts.get(JSON.stringify(bare)) ?? 0) + 1)
    return bare
  }
  const names = new Map<string, string>()
  const context: Record<string, TSchema> = {}
  const refer = (part: Plain): Plain => {
    const text = JSON.stringify(part)
    if (counts.get(text)! < 2 || text.length < SHARED) return mapped(part, refer)
    if (!names.has(text)) {
      names.set(text, `part${names.size}`)
      context[names.get(text)!] = mapped(part, refer) as TSchema
    }
    return { $ref: names.get(text) }
  }
  const type = mapped(plain(schema as Plain), refer) as TSchema
  return { context, type }
}

/** A copy with other parts, and without what a check does not need. */
function mapped(schema: Plain, each: (part: Plain) => Plain): Plain {
  const isPart = (value: unknown): value is Plain =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key]) => !NOTES.test(key))
      .map(([key, value]) => {
        if (/^(?:p|patternP)roperties$/.test(key))
          return [
            key,
            Object.fromEntries(Object.entries(value as Plain).map(([name, part]) => [name, each(part as Plain)])),
          ]
        if (Array.isArray(value)) return [key, value.map((part) => (isPart(part) ? each(part) : part))]
        return [key, isPart(value) ? each(value) : value]
      }),
  )
}
