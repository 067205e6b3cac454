import { expect } from 'chai'
import { prefersOpenMetrics } from '../../src/observe/exposition.ts'

const PROMETHEUS_2 =
  'application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2'
const PROMETHEUS_3 =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2'
const PROTOBUF_FIRST =
  'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2'

describe('prefersOpenMetrics', () => {
  for (const accept of [
    PROMETHEUS_2,
    PROMETHEUS_3,
    PROTOBUF_FIRST,
    'application/openmetrics-text',
    'Application/OpenMetrics-Text; Version=1.0.0',
    'application/openmetrics-text; version="1.0.0"',
    'application/openmetrics-text, text/plain',
    'application/openmetrics-text;q=0.1, text/plain;q=0',
  ])
    it(`is true for ${accept}`, () => {
      expect(prefersOpenMetrics(accept)).to.equal(true)
    })

  for (const accept of [
    undefined,
    '',
    '*/*',
    'application/*',
    'text/html, */*;q=0.8',
    'text/plain;version=0.0.4;q=0.5,application/openmetrics-text;q=0.4',
    'application/openmetrics-text;q=0.4,*/*',
    'application/openmetrics-text;q=0',
    'application/openmetrics-text;version=0.0.1',
    'application/openmetrics-text;version=2.0.0',
    'application/openmetrics-text;q=high',
    ';;;,,,=;q',
  ])
    it(`is false for ${accept}`, () => {
      expect(prefersOpenMetrics(accept)).to.equal(false)
    })
})
