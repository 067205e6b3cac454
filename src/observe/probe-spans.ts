import { ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api'
import type { Tracing } from '../domain/ports/telemetry.ts'
import { visible, visibleText } from '../domain/text/external-text.ts'
import { PROBE_PHASES } from '../domain/verdict/probe.ts'
import { target } from './span-attributes.ts'

/** A probe's root span with a child for each phase, laid out one after the other, and linked to the failures that asked for it. */
export function probeSpans(
  tracer: Tracer,
  { result, trigger, requestedBy, verdict }: Parameters<Tracing['probe']>[0],
): void {
  const { phases, startedAt, up, cause, detail } = result
  // The digits of a span's id may be a getter, which a spread would leave out.
  const links = requestedBy.map(({ traceId, spanId }) => ({ context: { traceId, spanId, traceFlags: 1 } }))
  const root = tracer.startSpan(
    'webhook.probe',
    {
      kind: SpanKind.INTERNAL,
      root: true,
      links,
      startTime: startedAt,
      attributes: {
        ...target(result.url),
        'webhook.endpoint': result.endpoint,
        'webhook.probe.vantage': result.vantage,
        'webhook.probe.trigger': trigger,
        'webhook.probe.up': up,
        ...(result.pathUnproven && { 'webhook.probe.path_unproven': true }),
        ...(result.status !== undefined && { 'http.response.status_code': result.status }),
        ...(result.address !== undefined && { 'network.peer.address': result.address }),
        ...(cause && { 'error.type': cause }),
      },
    },
    ROOT_CONTEXT,
  )
  let at = startedAt
  for (const phase of PROBE_PHASES) {
    const took = phases[phase]
    if (took === undefined) continue
    const child = tracer.startSpan(
      `webhook.probe.${phase}`,
      { kind: phase === 'http' ? SpanKind.CLIENT : SpanKind.INTERNAL, startTime: at },
      trace.setSpan(ROOT_CONTEXT, root),
    )
    if (!up && result.phase === phase) failed(child, cause, detail)
    at += took
    child.end(at)
  }
  if (verdict) {
    root.addEvent(
      'webhook.verdict',
      {
        'webhook.verdict.cause': verdict.cause,
        'webhook.verdict.confidence': verdict.confidence,
        'webhook.verdict.rule': verdict.rule,
        'webhook.verdict.sentence': visibleText(verdict.sentence, 1_024),
        'webhook.verdict.checks': visible([...verdict.checks], 1_024),
      },
      at,
    )
  }
  if (!up) failed(root, cause, detail)
  root.end(at)
}

function failed(span: Span, cause: string | undefined, message: string): void {
  if (cause) span.setAttribute('error.type', cause)
  span.setStatus({ code: SpanStatusCode.ERROR, message: visibleText(message, 256) })
}
