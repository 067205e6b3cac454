import type { AttemptSpan, RequestSpan, Tracing } from '../domain/ports/telemetry.ts'

/** The spans of one delivery; what tracing throws is reported and costs nothing else. */
export interface DeliverySpan {
  /** Null if tracing is off. */
  readonly traceparent: string | null
  attempt(about: Parameters<RequestSpan['attempt']>[0]): AttemptSpan
  end(answer: Parameters<RequestSpan['end']>[0]): void
}

const NO_ATTEMPT: AttemptSpan = { end() {} }
const NO_SPAN: DeliverySpan = { traceparent: null, attempt: () => NO_ATTEMPT, end() {} }

/** @param safely runs a function and reports its error */
export function startSpan(
  tracing: Pick<Tracing, 'request'>,
  about: Parameters<Tracing['request']>[0],
  safely: (run: () => void) => void,
): DeliverySpan {
  let started: RequestSpan | undefined
  safely(() => {
    started = tracing.request(about)
  })
  const span = started
  if (!span?.traceparent) return NO_SPAN
  return {
    traceparent: span.traceparent,
    attempt(about) {
      let attempt: AttemptSpan | undefined
      safely(() => {
        attempt = span.attempt(about)
      })
      return { end: (result) => safely(() => attempt?.end(result)) }
    },
    end: (answer) => safely(() => span.end(answer)),
  }
}
