import { type Attributes, type Link, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { TraceState } from '@opentelemetry/core'
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { type ReadableSpan, TracerProvider } from '@opentelemetry/sdk-trace'
import { expect } from 'chai'
import { ProtobufWriter } from '../../src/observe/protobuf-writer.ts'
import { spanProtocol } from '../../src/observe/span-format.ts'

const CONTEXT = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 }

/** A provider whose spans are collected as they end. */
function stage(options: { attributeCountLimit?: number; resource?: Attributes } = {}) {
  const ended: ReadableSpan[] = []
  const provider = new TracerProvider({
    resource: resourceFromAttributes(
      options.resource ?? { 'service.name': 'it', 'service.instance.id': 'x'.repeat(200) },
    ),
    spanLimits: { attributeCountLimit: options.attributeCountLimit ?? 128, eventCountLimit: 1, linkCountLimit: 2 },
    spanProcessors: [
      {
        onStart() {},
        onEnd: (span) => void ended.push(span),
        forceFlush: async () => {},
        shutdown: async () => {},
      },
    ],
  })
  return { ended, tracer: provider.getTracer('webhook-error-exporter', '1.2.3') }
}

/** What our format makes of spans that end one after the other, after so many other bytes. */
function encoded(spans: readonly ReadableSpan[], filler = 0): Buffer {
  const format = spanProtocol('http/protobuf').format(spans[0]!)
  const writer = new ProtobufWriter(format.room + filler)
  for (const span of spans) format.write(writer, span)
  return Buffer.from(writer.take(format.before(writer.size)))
}

const sdk = (spans: readonly ReadableSpan[]): Buffer =>
  Buffer.from(ProtobufTraceSerializer.serializeRequest([...spans])!)

describe('spanProtocol of http/protobuf', () => {
  const cases: Record<string, Attributes> = {
    'no attribute': {},
    'an empty string': { a: '' },
    'strings around the lengths that take another byte': Object.fromEntries(
      [1, 119, 120, 121, 122, 123, 124, 125, 126, 127, 128, 129, 16_380, 16_384, 70_000].map((n) => [
        `k${n}`,
        'x'.repeat(n),
      ]),
    ),
    'text beyond ASCII': { é: 'Zürich 雪 😀', long: 'ü'.repeat(100), late: `${'a'.repeat(127)}é`, lone: '\ud800' },
    numbers: {
      zero: 0,
      small: 127,
      byte: 128,
      port: 8443,
      large: 2 ** 32,
      larger: 2 ** 53,
      negative: -1,
      least: -(2 ** 53),
    },
    fractions: { half: 0.5, nan: Number.NaN, infinite: Number.POSITIVE_INFINITY, huge: 1e300 },
    booleans: { yes: true, no: false },
    arrays: { texts: ['a', '', 'ü'], numbers: [1, -1, 0.5], none: [], long: Array(100).fill('item') },
  }
  for (const [name, attributes] of Object.entries(cases))
    it(`writes the bytes that the SDK writes for ${name}`, () => {
      const { tracer, ended } = stage()
      tracer.startSpan('s', { attributes }).end()
      expect(encoded(ended).equals(sdk(ended))).to.equal(true)
    })

  it('does so for parents, links, events, statuses, kinds, times and what limits dropped', () => {
    const { tracer, ended } = stage({ attributeCountLimit: 2 })
    const links: Link[] = [
      { context: { ...CONTEXT, isRemote: true, traceState: new TraceState('vendor=1') } },
      { context: { ...CONTEXT, traceFlags: 0 }, attributes: { a: 1, b: 'x' } },
      { context: CONTEXT },
    ]
    for (const startTime of [new Date(0), 1, 1_700_000_000_123, [1_700_000_000, 999_999_999] as [number, number]]) {
      const root = tracer.startSpan('root', { kind: SpanKind.SERVER, links, startTime }, ROOT_CONTEXT)
      const remote = trace.setSpanContext(ROOT_CONTEXT, {
        ...CONTEXT,
        isRemote: true,
        traceState: new TraceState('a=b'),
      })
      for (const [kind, context] of [
        [SpanKind.CLIENT, trace.setSpan(ROOT_CONTEXT, root)],
        [SpanKind.CONSUMER, remote],
      ] as const) {
        const child = tracer.startSpan(`child ${'n'.repeat(130)}`, { kind, startTime }, context)
        child.setAttributes({ a: 1, b: 2, c: 3 }).setStatus({ code: SpanStatusCode.ERROR, message: 'no — answer' })
        child.addEvent('first').addEvent('second', { texts: ['a', 'b'], n: 1 }, 1_700_000_000_500)
        child.end([1_800_000_000, 1])
      }
      root.setStatus({ code: SpanStatusCode.OK }).end([2_000_000_000, 0])
    }
    expect(ended).to.have.length(12)
    expect(encoded(ended).equals(sdk(ended))).to.equal(true)
  })

  it('does so wherever the buffer has to grow', () => {
    const { tracer, ended } = stage()
    const attributes = { a: 1, ü: 'ü', text: 'x'.repeat(200), list: ['a', 'b'] }
    tracer
      .startSpan('s', { attributes, links: [{ context: CONTEXT }] })
      .setStatus({ code: SpanStatusCode.OK })
      .end()
    const expected = sdk(ended)
    for (let filler = 15_000; filler < 16_500; filler++) expect(encoded(ended, filler).equals(expected)).to.equal(true)
  })

  it('does so for thousands of spans', () => {
    const { tracer, ended } = stage()
    for (let i = 0; i < 2_000; i++)
      tracer.startSpan(`span ${i}`, { attributes: { i, text: 'y'.repeat(i % 300) } }).end()
    expect(encoded(ended).equals(sdk(ended))).to.equal(true)
  })
})
