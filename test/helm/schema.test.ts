import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { CHART, valuesDocs } from '../../helm/tools/values-docs.ts'

// biome-ignore lint/suspicious/noExplicitAny: a schema is looked into freely.
type Any = any

describe('values.schema.json', () => {
  const schema = JSON.parse(readFileSync(join(CHART, 'values.schema.json'), 'utf8'))
  const { config: _, ...own } = schema.properties

  /** Every key of the chart's own with its schema, by path. */
  function* keys(properties: Record<string, Any>, path = ''): Generator<[string, Any]> {
    for (const [key, node] of Object.entries(properties)) {
      yield [path + key, node]
      yield* keys(node.properties ?? {}, `${path}${key}.`)
    }
  }
  const described = [...keys(own)]

  it('is short enough to be read: below 2,000 lines without `config`', () => {
    const text = JSON.stringify({ ...schema, properties: own }, null, 1)
    expect(text.split('\n').length).to.be.below(2_000)
  })

  it('gives each key the comment that values.yaml has above it', () => {
    const docs = new Map(valuesDocs().map(({ path, description }) => [path, description]))
    const wrong = described.filter(([path, { description }]) => description !== docs.get(path)).map(([path]) => path)
    expect(wrong).to.deep.equal([])
    const documented = [...docs].filter(([path, text]) => text && !path.startsWith('config.')).map(([path]) => path)
    expect(described.map(([path]) => path)).to.include.members(documented.filter((path) => path !== 'config'))
  })

  it('describes no two keys with the same words', () => {
    const seen = new Map<string, string>()
    for (const [path, { description }] of described) {
      expect(description, path).to.be.a('string').and.not.equal('')
      expect(seen.get(description), `${path} has the description of ${seen.get(description)}`).to.equal(undefined)
      seen.set(description, path)
    }
    expect(seen.size).to.be.above(150)
  })

  it('is strict about our own keys, and open with a link about those of Kubernetes and the operators', () => {
    const open: string[] = []
    for (const [path, node] of [['', schema] as const, ...keys(schema.properties)]) {
      const type = node.items ?? node
      if (type.type !== 'object') continue
      if (type.additionalProperties === false || typeof type.additionalProperties === 'object') continue
      open.push(path)
      if (path !== 'global') expect(node.description, path).to.match(/https:\/\//)
    }
    expect(open).to.include.members(['global', 'podSpec', 'resources', 'tolerations', 'alertmanagerConfig.receivers'])
    expect(open.filter((path) => path.startsWith('config'))).to.deep.equal([])
  })

  it('can be read by both of Helm’s validators: one file, draft-07, patterns of RE2', () => {
    expect(schema.$schema).to.equal('http://json-schema.org/draft-07/schema#')
    expect(schema.properties).to.include.keys('enabled', 'global')
    const text = JSON.stringify(schema)
    expect(text).not.to.include('"$ref"')
    for (const [, pattern] of text.matchAll(/"pattern":"((?:[^"\\\\]|\\\\.)*)"/g))
      expect(pattern).not.to.match(/\(\?[=!<]/)
  })
})
