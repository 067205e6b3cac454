import { expect } from 'chai'
import { builtIns, interpolate } from '../preview/grafana.ts'
import { allPanels, readDashboard } from '../preview/grafana-model.ts'
import { unitTest } from '../rules/promtool.ts'
import { JOB, labelText, NAMESPACE, type Value } from '../rules/series.ts'
import { removeTempFolders } from '../support/temp.ts'

const REAL = ['orders', 'menu']
const VERIFIED = 'webhook-verify'
const MINUTES = 90
const flat = (value: number): Value[] => Array.from({ length: MINUTES }, () => value)
/** From the middle on. */
const since = (value: number): Value[] => flat(value).map((it, minute) => (minute < 60 ? 0 : it))

/** What the service shows of endpoints that fail from the 60th minute on. */
function failing(endpoints: readonly string[]): Map<string, Value[]> {
  const target = { namespace: NAMESPACE, job: JOB, instance: '10.0.0.1:9464', pod: 'w-0' }
  const all = new Map<string, Value[]>()
  const put = (name: string, labels: Record<string, string>, values: Value[]) =>
    all.set(`${name}${labelText({ ...target, ...labels })}`, values)
  put('up', {}, flat(1))
  put('process_start_time_seconds', {}, flat(0))
  put('webhook_incident_recovery_overdue_after_seconds', {}, flat(600))
  for (const endpoint of endpoints) {
    const failure = { endpoint, source: 'retm', code: '503', cause: 'unavailable' }
    const probe = { endpoint, vantage: 'public', trigger: 'scheduled' }
    put('webhook_endpoint_info', { endpoint, event: '', team: '', severity: 'critical' }, flat(1))
    put('webhook_incident_open', { endpoint }, since(1))
    put('webhook_incidents_total', { endpoint }, since(1))
    put('webhook_incident_failures', { endpoint }, since(7))
    put('webhook_incident_started_timestamp_seconds', { endpoint }, since(3_600))
    put('webhook_incident_info', { endpoint, cause: 'unavailable', code: '503' }, flat(1))
    put('webhook_delivery_failures_total', failure, since(7))
    put('webhook_delivery_last_failure_timestamp_seconds', failure, since(3_900))
    put('webhook_endpoint_failures_total', { endpoint, source: 'retm' }, since(7))
    put('webhook_endpoint_up', { endpoint, vantage: 'public' }, flat(0))
    put('webhook_endpoint_probes_total', { ...probe, result: 'down', cause: 'unavailable' }, since(30))
    put('webhook_endpoint_deliveries_total', { endpoint, source: 'proxy', result: 'failure', code: '503' }, since(9))
    put('webhook_endpoint_disabled', { endpoint, source: 'svix' }, since(1))
    put('webhook_incident_recovery_state', { endpoint, state: 'open' }, since(2))
    put('webhook_incident_recovery_oldest_open_timestamp_seconds', { endpoint }, since(3_700))
  }
  return all
}

describe('the overview', function () {
  this.timeout(30_000)
  after(removeTempFolders)

  it('shows the same with and without a verification: no total counts what it made fail', async function () {
    const end = MINUTES * 60 - 60
    const dashboard = readDashboard('overview')
    const all = { cluster: '.*', namespace: '.*', job: '.*', team: '.*' }
    const built = builtIns(300, {
      range: { from: end - 3_600, to: end },
      scrapeInterval: 60,
    } as Parameters<typeof builtIns>[1])
    const queries = allPanels(dashboard).flatMap(({ title, targets = [] }) =>
      targets.map(({ refId, expr = '' }) => ({
        name: `${title} ${refId}`,
        promql: interpolate(expr, new Map(), { ...built, ...all }),
      })),
    )
    /** promtool fails on purpose, and says what it got for each query. */
    const answers = async (endpoints: readonly string[]) => {
      const { text } = await unitTest(this, {
        files: [],
        series: failing(endpoints),
        step: 60,
        expect: queries.map(({ promql }, index) => ({
          at: `${end}s`,
          promql: `label_replace(${promql}, "query", "${index}", "", "")`,
          samples: [{ labels: '{none="none"}', value: 1 }],
        })),
      })
      const got = [...text.matchAll(/\\"query\\", \\"(\d+)\\"[^\n]*\n\s*exp:[^\n]*\n\s*got:([^\n]*)/g)]
      return new Map(got.map(([, index, samples]) => [queries[Number(index)]!.name, samples!]))
    }
    const without = await answers(REAL)
    expect([...without.keys()]).to.have.members(queries.map(({ name }) => name))
    for (const title of ['Failing endpoints', 'Lost deliveries, last hour', 'Unrestored incidents', 'Endpoints'])
      expect(without.get(`${title} A`), title).to.match(/\} [1-9]/)
    expect(Object.fromEntries(await answers([...REAL, VERIFIED]))).to.deep.equal(Object.fromEntries(without))
  })
})
