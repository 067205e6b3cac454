import { expect } from 'chai'
import { type TSchema, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { Value } from 'typebox/value'
import { isValid } from '../src/config/config.ts'
import { shapeFor } from '../src/config/document-shape.ts'
import { exampleOf } from '../src/config/expectation.ts'
import { nameSources } from '../src/config/named-sources.ts'
import { ConfigSchema, configSchemaFor, withoutDefaulted } from '../src/config/schema.ts'
import { withDefaults } from '../src/config/shape.ts'
import { AUTH_KINDS, authForm } from '../src/sources/auth/config.ts'
import { KEYS } from '../src/sources/auth/keys.ts'
import { sourceKinds } from '../src/sources/index.ts'
import { schemasOf } from '../src/sources/schemas.ts'

type Part = TSchema & {
  readonly properties?: Record<string, Part>
  readonly items?: Part
  readonly maxProperties?: number
}
type Document = Record<string, unknown>

/** A valid value with every key. */
function full(schema: Part): unknown {
  const { properties, items, maxProperties } = schema
  if (items) return [full(items)]
  if (!properties) return exampleOf(schema as Document)
  const entries = Object.entries(properties).slice(0, maxProperties)
  return Object.fromEntries(entries.map(([key, member]) => [key, full(member)]))
}

/** One document per section, and per kind of source and form of `auth`: under the kind's name, and under another. */
function* documents(): Generator<Document> {
  yield {}
  const { sources: _, ...sections } = ConfigSchema.properties
  for (const [name, section] of Object.entries(sections)) yield { [name]: full(section as Part) }
  const forms = [
    'none',
    'bearer',
    ...AUTH_KINDS.map((kind) => full(Type.Object({ kind: Type.Literal(kind), ...KEYS[kind] }))),
  ]
  for (const kind of sourceKinds.values()) {
    const config = full(Type.Object(schemasOf(kind).config)) as object
    yield { sources: { [kind.kind]: null } }
    yield { sources: { other: { kind: kind.kind } } }
    for (const auth of forms) {
      yield { sources: { [kind.kind]: { ...config, auth } } }
      yield { sources: { other: { kind: kind.kind, path: '/other', ...config, auth } } }
    }
  }
}

const ODD = [null, true, -1, 7, 1e12, '', 'x', '5s', 'x'.repeat(5_000), [], ['x'], {}, { kind: 'hmac' }, { x: 1 }]

/** The value with one place changed, for each place and change: something odd, nothing, or an unknown key beside it. */
function* changed(value: unknown): Generator<unknown> {
  yield* ODD
  if (typeof value !== 'object' || value === null) return
  for (const [key, member] of Object.entries(value)) {
    const others = Object.entries(value).filter(([name]) => name !== key)
    if (Array.isArray(value)) for (const item of changed(member)) yield [item]
    else {
      yield Object.fromEntries(others)
      for (const item of changed(member)) yield { ...value, [key]: item }
    }
  }
  if (!Array.isArray(value)) yield { ...value, unknown: 1 }
}

describe('the generated checks of the configuration', () => {
  it('accept what the schemas accept, and fill in the same defaults', function () {
    this.timeout(60_000)
    const seen = { valid: 0, invalid: 0 }
    const oracles = new Map<string, { schema: TSchema; check: (value: unknown) => boolean }>()
    for (const original of documents())
      for (const document of changed(original)) {
        if (typeof document !== 'object' || document === null || Array.isArray(document)) continue
        const { sources, named } = nameSources((document as Document)['sources'])
        const given = { ...document, sources }
        const key = JSON.stringify(
          [...named].map(([name, { kind, written }]) => [
            name,
            kind.kind,
            authForm((written as Document)['auth'], kind.auth!),
          ]),
        )
        let oracle = oracles.get(key)
        if (!oracle) {
          const schema = configSchemaFor(named)
          const compiled = Compile(withoutDefaulted(schema))
          oracle = { schema, check: (value) => compiled.Check(value) }
          oracles.set(key, oracle)
        }
        const valid = oracle.check(given)
        expect(isValid(given), JSON.stringify(given)).to.equal(valid)
        seen[valid ? 'valid' : 'invalid']++
        if (valid)
          expect(withDefaults(shapeFor(named), given), JSON.stringify(given)).to.deep.equal(
            Value.Default(oracle.schema, structuredClone(given)),
          )
      }
    console.log(`      ${seen.valid} valid and ${seen.invalid} invalid documents`)
    expect(Math.min(seen.valid, seen.invalid)).to.be.above(1_000)
  })
})
