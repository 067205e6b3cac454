import { expect } from 'chai'
import { Counter, collectDefaultMetrics, Registry } from 'prom-client'
import * as client from '../../src/observe/client.ts'
import { processMetrics } from '../../src/observe/process-metrics.ts'

const UNWANTED = /^nodejs_(?:active_(?:handles|requests|resources)_total|eventloop_utilization_(?:histogram|summary))$/

const described = (registry: Registry): Map<string, string> =>
  new Map(
    (registry.getMetricsAsArray() as unknown as { name: string; help: string }[]).map((metric) => [
      metric.name,
      `${metric.constructor.name}: ${metric.help}`,
    ]),
  )

describe('metrics of the process', () => {
  it('are those of the Prometheus client, in the same order, without those that break the naming rules', () => {
    const all = new Registry()
    collectDefaultMetrics({ register: all })
    const ours = new Registry()
    processMetrics(ours)
    expect([...described(ours)]).to.deep.equal([...described(all)].filter(([name]) => !UNWANTED.test(name)))
    expect(client.Counter).to.equal(Counter)
  })

  it('count the processor time since the start of the process, user and system and both', async () => {
    const registry = new Registry()
    processMetrics(registry)
    const seconds = async (name: string) => (await registry.getSingleMetric(name)!.get()).values[0]!.value
    const before = process.cpuUsage()
    const [user, system, both] = [
      await seconds('process_cpu_user_seconds_total'),
      await seconds('process_cpu_system_seconds_total'),
      await seconds('process_cpu_seconds_total'),
    ]
    expect(user).to.be.within(before.user / 1e6, process.cpuUsage().user / 1e6)
    expect(system).to.be.within(before.system / 1e6, process.cpuUsage().system / 1e6)
    expect(both).to.be.within((before.user + before.system) / 1e6, user + system + 1)
    expect(await seconds('process_cpu_seconds_total')).to.be.at.least(both)
  })
})
