import { expect } from 'chai'
import { removeTempFolders } from '../support/temp.ts'
import { unitTest } from './promtool.ts'
import { JOB, labelText, NAMESPACE, series, values } from './series.ts'

const labels = { source: 'retm', outcome: 'failed', reason: 'answer_timeout' }
const reports = (instance: string) => series('webhook_exporter_reports_total', labels, 'w-0', instance)
const start = (instance: string) => series('process_start_time_seconds', {}, 'w-0', instance)
const up = (instance: string) => series('up', {}, 'w-0', instance)

describe('job:webhook_exporter_reports:increase10m', function () {
  this.timeout(30_000)
  after(removeTempFolders)

  it('is exact across restarts in place and replacements of the pod, and forgets nothing before ten minutes', async function () {
    const [first, second] = ['10.0.0.1:9464', '10.0.0.2:9464']
    const { code, text } = await unitTest(this, {
      files: ['receiver.yaml'],
      series: {
        // 5, a restart whose first scrape shows 3 already, another one with 2; then a pod that starts with 4 and counts 1 more.
        [up(first)]: values([
          ['5m', 1],
          ['15s', 'stale'],
        ]),
        [start(first)]: values([
          ['2m', 0],
          ['1m', 120],
          ['2m', 180],
          ['15s', 'stale'],
        ]),
        [reports(first)]: values([
          ['1m', 0],
          ['1m', 5],
          ['1m', 3],
          ['2m', 2],
          ['15s', 'stale'],
        ]),
        [up(second)]: values([
          ['6m', null],
          ['19m', 1],
        ]),
        [start(second)]: values([
          ['6m', null],
          ['19m', 350],
        ]),
        [reports(second)]: values([
          ['6m', null],
          ['1m', 4],
          ['18m', 5],
        ]),
      },
      keep: ({ record }) => record !== undefined,
      expect: [
        ...[
          ['1m', 5],
          ['2m', 8],
          ['3m', 10],
          ['5m30s', 10],
          ['6m', 14],
          ['7m', 15],
          ['10m45s', 15],
          // The five of the first minute are ten minutes old.
          ['11m', 10],
          ['16m45s', 1],
          ['17m', 0],
        ].map(([at, value]) => ({
          at: String(at),
          promql: `job:webhook_exporter_reports:increase10m`,
          samples: [
            {
              labels: `job:webhook_exporter_reports:increase10m${labelText({ namespace: NAMESPACE, job: JOB, ...labels })}`,
              value: Number(value),
            },
          ],
        })),
      ],
    })
    expect(code, text).to.equal(0)
  })
})
