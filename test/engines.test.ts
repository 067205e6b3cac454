import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'

type Package = { readonly engines?: { readonly node?: string }; readonly optional?: boolean }

/** Whether a range admits some Node.js of this major version: alternatives of `>=N…`, `^N…` and the like. */
const admits = (range: string, major: number): boolean =>
  range.split('||').some((part) => {
    const [, operator = '', number = ''] = /^\s*(>=|>|\^|~)?\s*v?(\d+|\*)/.exec(part) ?? []
    return number === '*' || (operator.startsWith('>') ? Number(number) <= major : Number(number) === major)
  })

describe('package-lock.json', () => {
  it('makes npm on Node.js 20 warn (EBADENGINE) of no other packages than the README says', () => {
    const lock = JSON.parse(readFileSync(join(import.meta.dirname, '../package-lock.json'), 'utf8'))
    const warned = Object.entries(lock.packages as Record<string, Package>)
      .filter(([, { engines, optional }]) => !optional && engines?.node && !admits(engines.node, 20))
      .map(([path]) => path.split('node_modules/').at(-1)!)
    const known = /^(@opentelemetry\/.*|prom-client|kubernetes-models|@kubernetes-models\/.*|svix|undici)$/
    expect(warned.filter((name) => !known.test(name))).to.deep.equal([])
    expect(warned).to.include.members(['@opentelemetry/sdk-node', 'prom-client', 'kubernetes-models'])
  })
})
