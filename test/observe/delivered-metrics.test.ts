import { expect } from 'chai'
import { Registry } from 'prom-client'
import { deliveredMetrics } from '../../src/observe/delivered-metrics.ts'
import { sample } from '../support/scrape.ts'

const NAME = 'webhook_endpoint_deliveries_total'

describe(NAME, () => {
  const create = () => {
    const registry = new Registry()
    return { ...deliveredMetrics(registry, ['orders']), text: () => registry.metrics() }
  }

  it('keeps 20 codes of each endpoint and result, and 500 endpoints, and counts the rest as other', async () => {
    const { delivered, text } = create()
    for (let code = 400; code < 450; code++) delivered({ source: 'proxy', endpoint: 'orders', result: 'failure', code })
    delivered({ source: 'proxy', endpoint: 'orders', result: 'failure', code: 400 })
    for (let index = 0; index < 700; index++)
      delivered({ source: 'svix', endpoint: `svix:ep_${index}`, result: 'success' })
    const metrics = await text()
    expect(sample(metrics, `${NAME}{source="proxy",endpoint="orders",result="failure",code="400"}`)).to.equal(2)
    expect(sample(metrics, `${NAME}{source="proxy",endpoint="orders",result="failure",code="other"}`)).to.equal(30)
    expect(sample(metrics, `${NAME}{source="svix",endpoint="other",result="success",code="none"}`)).to.equal(201)
    expect(metrics.split('\n').filter((line) => line.startsWith(`${NAME}{`))).to.have.length(21 + 500)
  })

  it('keeps 5,000 series in all, half of them for what is configured, without losing a delivery', async () => {
    const names = Array.from({ length: 150 }, (_, index) => `own-${index}`)
    const registry = new Registry()
    const { delivered } = deliveredMetrics(registry, names)
    const text = () => registry.metrics()
    for (let index = 0; index < 400; index++)
      for (let code = 0; code < 18; code++)
        delivered({ source: 'svix', endpoint: `svix:ep_${index}`, result: 'failure', code })
    for (const endpoint of names)
      for (let code = 0; code < 18; code++) delivered({ source: 'svix', endpoint, result: 'failure', code })
    const lines = (await text()).split('\n').filter((line) => line.startsWith(`${NAME}{`))
    // With one for all that found no place.
    expect(lines).to.have.length(5_001)
    expect(lines.filter((line) => line.includes('"own-'))).to.have.length(2_500)
    expect(lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)).to.equal((400 + 150) * 18)
  })

  it('counts lost deliveries of sources that report successes alone', async () => {
    const { lost, reports, text } = create()
    lost('retm', 'orders', 500)
    reports('svix')
    lost('svix', 'orders', 500)
    const metrics = await text()
    expect(metrics).not.to.include('retm')
    expect(sample(metrics, `${NAME}{source="svix",endpoint="orders",result="failure",code="500"}`)).to.equal(1)
  })
})
