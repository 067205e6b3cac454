import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'
import { TEMPLATES } from '../../grafana/alertmanager/templates.ts'
import { render, requireHelm, the } from '../helm/support/helm.ts'
import { modelFault } from '../helm/support/models.ts'
import { removeTempFolders } from '../support/temp.ts'

const FOLDER = join(import.meta.dirname, '../../docs/alertmanager')
const CONFIG = join(FOLDER, 'alertmanager.yaml')

describe('the example for Alertmanager', function () {
  this.timeout(60_000)
  after(removeTempFolders)

  it('is an AlertmanagerConfig that the chart renders, texts unchanged', async function () {
    await requireHelm(this)
    const { objects } = await render('4', ['--values', join(FOLDER, 'chart-values.yaml')])
    const config = the(objects, 'AlertmanagerConfig')
    expect(await modelFault(config)).to.equal(undefined)
    const spec = config['spec'] as { receivers: object[]; inhibitRules: object[] }
    expect(JSON.stringify(spec.receivers)).to.include(JSON.stringify(TEMPLATES.slack))
  })

  it('ships its inhibitions with the rules, with or without routes', async function () {
    await requireHelm(this)
    const { inhibit_rules } = parse(readFileSync(CONFIG, 'utf8'))
    const inOperatorForm = inhibit_rules.map((rule: Record<string, string[]>) => {
      const objects = (list: string[]) =>
        list.map((text) => {
          const [, name, matchType, value] = /^(\w+)(=~|!~|!=|=)"(.*)"$/.exec(text)!
          return { name, matchType, value }
        })
      return {
        sourceMatch: objects(rule['source_matchers']!),
        targetMatch: objects(rule['target_matchers']!),
        equal: rule['equal'],
      }
    })
    const alone = the((await render('4', ['--set', 'rules.enabled=true'])).objects, 'AlertmanagerConfig')
    expect(await modelFault(alone)).to.equal(undefined)
    expect(alone['spec']).to.deep.equal({ inhibitRules: inOperatorForm })
    const values = ['--values', join(FOLDER, 'chart-values.yaml'), '--set', 'rules.enabled=true']
    const both = the((await render('4', values)).objects, 'AlertmanagerConfig')['spec'] as { inhibitRules: object[] }
    expect(both).to.include.keys('route', 'receivers')
    expect(both.inhibitRules).to.deep.equal(inOperatorForm)
  })

  it('says the same as values for the chart', () => {
    const { alertmanagerConfig } = parse(readFileSync(join(FOLDER, 'chart-values.yaml'), 'utf8'))
    const plain = parse(readFileSync(CONFIG, 'utf8'))
    const names = (list: { name: string }[]) => list.map(({ name }) => name).filter((name) => name !== 'default')
    expect(names(alertmanagerConfig.receivers)).to.deep.equal(names(plain.receivers))
    expect(names(alertmanagerConfig.receivers)).to.include(alertmanagerConfig.route.receiver)
  })
})
