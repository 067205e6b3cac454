import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'
import { GROUPS } from '../grafana/rules/groups.ts'
import { alertsOf } from '../grafana/rules/model.ts'
import { parseConfig } from '../src/config.ts'
import { ConfigSchema } from '../src/config-schema.ts'
import { CAUSES } from '../src/domain/cause.ts'
import { openapi } from '../src/http/openapi.ts'

const root = join(import.meta.dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')

describe('README.md', () => {
  it('has a configuration that is valid, and in it every section', () => {
    const example = parse(/^```yaml\n(ingest:.*?)^```/ms.exec(readme)![1]!)
    const secrets = Object.fromEntries([...readme.matchAll(/\benv: ([A-Z_]+)/g)].map(([, name]) => [name!, 'secret']))
    expect(() => parseConfig(example, secrets)).not.to.throw()
    expect(Object.keys(example)).to.have.members(Object.keys(ConfigSchema.properties))
  })

  it('names every command and variable that --help names', () => {
    const help = execFileSync(process.execPath, ['src/main.ts', '--help'], { cwd: root, encoding: 'utf8' })
    const [, commands = '', variables = ''] = /^Commands:\n(.*?)\n\n.*^Environment:\n(.*?)\n\n/ms.exec(help)!
    const names = [
      ...[...commands.matchAll(/^ {2}((?:journal )?[a-z-]+)/gm)].map(([, name]) => name!),
      ...[...variables.matchAll(/^ {2}.*? {2}/gm)].flatMap(([line]) => line.match(/[A-Z_]+\*?/g)!),
    ]
    expect(names).to.include.members(['serve', 'journal copy', 'JOURNAL_URL', 'OTEL_*'])
    for (const name of names) expect(readme).to.include(`\`${name}`)
  })

  it('names every path of the API, every cause, and as many alerts as there are', () => {
    for (const path of Object.keys((openapi({ version: '' }) as { paths: object }).paths))
      expect(readme).to.include(path)
    for (const cause of CAUSES) expect(readme).to.include(`\`${cause}\``)
    expect(alertsOf(GROUPS)).to.have.length(29)
    expect(readme).to.include('Twenty-nine alerts')
  })

  it('links to files that are there', () => {
    for (const [, target] of readme.matchAll(/\]\((?!https?:)([^)#]+)/g))
      expect(() => readFileSync(join(root, target!)), target).not.to.throw(/ENOENT/)
  })
})
