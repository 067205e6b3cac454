import { expect } from 'chai'
import { newEndpoint } from '../../src/domain/incident/incident.ts'
import { JOURNAL_FAULTS } from '../../src/domain/ports/journal.ts'
import { ENDPOINT_LIMIT } from '../../src/domain/report/bounded-names.ts'
import { sample, series } from '../support/scrape.ts'
import {
  BY_ENDPOINT,
  COUNTER,
  create,
  failure,
  faults,
  LABELS,
  status,
  TIMESTAMP,
  TRACE,
  text,
} from './metrics-stage.ts'

describe('createMetrics', () => {
  describe('from the start', () => {
    it('has every configured endpoint at 0, with its facts, and no failure', async () => {
      const body = await text(create())
      expect(sample(body, BY_ENDPOINT)).to.equal(0)
      expect(series(body, 'webhook_endpoint_info')).to.eql([
        'webhook_endpoint_info{endpoint="orders",event="order.created",team="shop",severity="critical"} 1',
      ])
      expect(series(body, 'webhook_delivery_failures_total')).to.eql([])
      expect(series(body, 'webhook_delivery_last_failure_timestamp_seconds')).to.eql([])
    })

    it('has every closed label set at 0', async () => {
      const body = await text(create())
      for (const kind of JOURNAL_FAULTS)
        expect(sample(body, `webhook_exporter_journal_errors_total{kind="${kind}"}`)).to.equal(0)
      for (const result of ['exported', 'dropped', 'failed'])
        expect(sample(body, `webhook_exporter_spans_total{result="${result}"}`)).to.equal(0)
      for (const label of ['code', 'endpoint', 'tenant'])
        expect(sample(body, `webhook_exporter_label_overflow_total{label="${label}"}`)).to.equal(0)
      for (const labels of [
        'source="retm",outcome="recorded",reason="none"',
        'source="retm",outcome="rejected",reason="invalid_report"',
        'source="retm",outcome="failed",reason="answer_timeout"',
        'source="none",outcome="rejected",reason="not_found"',
      ])
        expect(sample(body, `webhook_exporter_reports_total{${labels}}`)).to.equal(0)
      expect(sample(body, 'webhook_exporter_report_duration_seconds_count{source="retm",outcome="failed"}')).to.equal(0)
      expect(sample(body, 'webhook_exporter_credentials{source="retm"}')).to.equal(0)
      expect(sample(body, 'webhook_exporter_credentials_reload_failures_total{source="retm"}')).to.equal(0)
      expect(sample(body, 'webhook_exporter_journal_expired_total{reason="size"}')).to.equal(0)
      expect(sample(body, 'webhook_exporter_journal_up')).to.equal(0)
    })

    it('reports the versions', async () => {
      expect(
        sample(
          await text(create()),
          `webhook_exporter_build_info{version="1.2.3",node_version="${process.versions.node}"}`,
        ),
      ).to.equal(1)
    })

    it('has process metrics', async () => {
      expect(sample(await text(create({ processMetrics: true })), 'process_resident_memory_bytes')).to.be.greaterThan(0)
    })
  })

  describe('stored', () => {
    it('counts by label set and by endpoint, and keeps the time', async () => {
      const metrics = create()
      metrics.recorded(failure(), LABELS, null)
      metrics.recorded(failure(), { ...LABELS, code: '503' }, null)
      const body = await text(metrics)
      expect(sample(body, COUNTER)).to.equal(1)
      expect(sample(body, TIMESTAMP)).to.equal(1_700_000_000.123)
      expect(sample(body, BY_ENDPOINT)).to.equal(2)
    })

    it('never sets the time back', async () => {
      const metrics = create()
      metrics.recorded(failure(2_000), LABELS, null)
      metrics.recorded(failure(1_000), LABELS, null)
      expect(sample(await text(metrics), TIMESTAMP)).to.equal(2)
    })

    it('introduces an endpoint that is not configured once', async () => {
      const metrics = create()
      for (const code of ['500', '502'])
        metrics.recorded(failure(), { ...LABELS, endpoint: 'https://a.example/', code }, null)
      const body = await text(metrics)
      expect(series(body, 'webhook_endpoint_info').filter((line) => line.includes('a.example'))).to.eql([
        'webhook_endpoint_info{endpoint="https://a.example/",event="",team="",severity="critical"} 1',
      ])
      expect(sample(body, 'webhook_endpoint_failures_total{source="retm",endpoint="https://a.example/"}')).to.equal(2)
    })

    it('has no endpoint series for what is no endpoint', async () => {
      const metrics = create()
      for (const endpoint of ['invalid', 'other']) metrics.recorded(failure(), { ...LABELS, endpoint }, null)
      const body = await text(metrics)
      expect(series(body, 'webhook_endpoint_info')).to.have.length(1)
      expect(series(body, 'webhook_endpoint_failures_total')).to.have.length(1)
      expect(series(body, 'webhook_delivery_failures_total')).to.have.length(2)
    })

    it('bounds the endpoint series', async () => {
      const metrics = create()
      for (let i = 0; i < ENDPOINT_LIMIT + 50; i++)
        metrics.recorded(failure(), { ...LABELS, endpoint: `https://a.example/${i}` }, null)
      const body = await text(metrics)
      expect(series(body, 'webhook_endpoint_info')).to.have.length(ENDPOINT_LIMIT)
      expect(series(body, 'webhook_endpoint_failures_total')).to.have.length(ENDPOINT_LIMIT)
    })

    it('has the facts of each endpoint with an incident first, whatever failed before', async () => {
      const metrics = create()
      for (let i = 0; i < ENDPOINT_LIMIT + 50; i++)
        metrics.recorded(failure(), { ...LABELS, endpoint: `https://a.example/${i}` }, null)
      const endpoints = ['https://a.example/0', 'https://z.example/', 'orders'].map(newEndpoint)
      metrics.observe({ endpoints: () => endpoints })
      for (let scrape = 0; scrape < 2; scrape++) {
        const body = await text(metrics)
        const infos = series(body, 'webhook_endpoint_info')
        expect(infos).to.have.length(ENDPOINT_LIMIT)
        for (const { endpoint } of endpoints)
          expect(
            infos.filter((line) => line.includes(`endpoint="${endpoint}"`)),
            endpoint,
          ).to.have.length(1)
      }
    })

    it('keeps the tenant only where that is asked for', async () => {
      const metrics = create({ tenantLabel: true })
      metrics.recorded(failure(), { ...LABELS, tenant: 'm1' }, null)
      expect(sample(await text(metrics), COUNTER.replace('source="retm"', 'source="retm",tenant="m1"'))).to.equal(1)
    })
  })

  describe('restored', () => {
    it('replaces all counts', async () => {
      const metrics = create()
      metrics.recorded(failure(), LABELS, TRACE)
      metrics.recorded(failure(), { ...LABELS, code: '404' }, null)
      metrics.restored([
        { labels: LABELS, count: 41, lastFailureAt: 1_800_000_000_000 },
        { labels: { ...LABELS, code: '503' }, count: 1, lastFailureAt: 1_000 },
      ])
      metrics.recorded(failure(), LABELS, null)
      const body = await text(metrics)
      expect(sample(body, COUNTER)).to.equal(42)
      expect(sample(body, BY_ENDPOINT)).to.equal(43)
      expect(sample(body, TIMESTAMP)).to.equal(1_800_000_000)
      expect(series(body, 'webhook_delivery_failures_total')).to.have.length(2)
      expect(series(body, 'webhook_endpoint_info')).to.have.length(1)
    })

    it('adds up what the tenants were while they were a label', async () => {
      const metrics = create()
      metrics.restored([
        { labels: { ...LABELS, tenant: 'm1' }, count: 2, lastFailureAt: 9_000 },
        { labels: { ...LABELS, tenant: 'm2' }, count: 3, lastFailureAt: 4_000 },
      ])
      const body = await text(metrics)
      expect(sample(body, COUNTER)).to.equal(5)
      expect(sample(body, TIMESTAMP)).to.equal(9)
    })

    it('does not set the time back when the last commit was lost', async () => {
      const metrics = create()
      metrics.recorded(failure(5_000), LABELS, null)
      metrics.restored([{ labels: LABELS, count: 1, lastFailureAt: 3_000 }])
      expect(sample(await text(metrics), TIMESTAMP)).to.equal(5)
    })

    it('begins a label set at 0 that another replica counted', async () => {
      const metrics = create()
      metrics.restored([{ labels: LABELS, count: 0, lastFailureAt: 0 }])
      const body = await text(metrics)
      expect(sample(body, COUNTER)).to.equal(0)
      expect(sample(body, TIMESTAMP)).to.equal(undefined)
    })
  })

  describe('observe', () => {
    it('shows the journal as it is at the scrape', async () => {
      const metrics = create()
      let now = status()
      metrics.observe({
        journal: () => now,
        series: () => ({ admitted: 7, limit: 2_000, overflow: { code: 3, endpoint: 1, tenant: 0 } }),
      })
      let body = await text(metrics)
      expect(sample(body, 'webhook_exporter_journal_up')).to.equal(1)
      expect(sample(body, 'webhook_exporter_journal_pending')).to.equal(2)
      expect(sample(body, 'webhook_exporter_journal_failures')).to.equal(undefined)
      expect(sample(body, 'webhook_exporter_series')).to.equal(7)
      expect(sample(body, 'webhook_exporter_series_limit')).to.equal(2_000)
      expect(sample(body, 'webhook_exporter_label_overflow_total{label="code"}')).to.equal(3)
      now = status({ up: false, size: { failures: 0, bytes: 4_096, freeBytes: null, oldestAt: 1_500 } })
      body = await text(metrics)
      expect(sample(body, 'webhook_exporter_journal_up')).to.equal(0)
      expect(sample(body, 'webhook_exporter_journal_failures')).to.equal(0)
      expect(sample(body, 'webhook_exporter_journal_size_bytes')).to.equal(4_096)
      expect(sample(body, 'webhook_exporter_journal_free_bytes')).to.equal(undefined)
      expect(sample(body, 'webhook_exporter_journal_oldest_timestamp_seconds')).to.equal(1.5)
      expect(sample(body, 'webhook_exporter_label_overflow_total{label="code"}')).to.equal(3)
    })
  })

  describe('the other verbs', () => {
    it('count what is recorded', async () => {
      const metrics = create()
      metrics.answered({ source: 'retm', outcome: 'rejected', reason: 'too_large', seconds: 0.2 })
      metrics.failed('disk_full', 'no room')
      metrics.committed(30, 0.004)
      metrics.expired(12, 'age')
      metrics.credentials('retm', 4)
      metrics.credentialsReloadFailed('retm')
      metrics.spans('dropped', 5)
      const body = await text(metrics)
      expect(
        sample(body, 'webhook_exporter_reports_total{source="retm",outcome="rejected",reason="too_large"}'),
      ).to.equal(1)
      expect(
        sample(body, 'webhook_exporter_report_duration_seconds_bucket{le="0.25",source="retm",outcome="rejected"}'),
      ).to.equal(1)
      expect(sample(body, 'webhook_exporter_journal_errors_total{kind="disk_full"}')).to.equal(1)
      expect(sample(body, 'webhook_exporter_journal_commit_duration_seconds_bucket{le="0.005"}')).to.equal(1)
      expect(sample(body, 'webhook_exporter_journal_commit_entries_sum')).to.equal(30)
      expect(sample(body, 'webhook_exporter_journal_expired_total{reason="age"}')).to.equal(12)
      expect(sample(body, 'webhook_exporter_credentials{source="retm"}')).to.equal(4)
      expect(sample(body, 'webhook_exporter_credentials_reload_failures_total{source="retm"}')).to.equal(1)
      expect(sample(body, 'webhook_exporter_spans_total{result="dropped"}')).to.equal(5)
      expect(faults).to.eql([])
    })

    it('throw nothing and add no series, whatever they are given', async () => {
      const metrics = create()
      const before = (await text(metrics)).split('\n').length
      metrics.answered({ source: 'a guess', outcome: 'rejected', reason: 'too_large', seconds: 1 })
      metrics.answered({ source: 'retm', outcome: 'recorded', reason: 'none', seconds: Number.NaN })
      metrics.spans('failed', -1)
      expect((await text(metrics)).split('\n')).to.have.length(before)
      expect(faults).to.have.length(3)
    })
  })
})
