import type { IdGenerator } from '@opentelemetry/sdk-trace'
import { RandomIdGenerator } from '@opentelemetry/sdk-trace'
import type { SpanRef } from '../domain/telemetry.ts'

/** The SDK's random ids, except for a span that has its ids already. */
export class SpanIds implements IdGenerator {
  readonly #random = new RandomIdGenerator()
  #given: SpanRef | undefined

  generateTraceId(): string {
    return this.#given?.traceId ?? this.#random.generateTraceId()
  }

  generateSpanId(): string {
    return this.#given?.spanId ?? this.#random.generateSpanId()
  }

  /** Runs `start`, which starts one span with these ids. */
  with<T>(ids: SpanRef, start: () => T): T {
    this.#given = ids
    try {
      return start()
    } finally {
      this.#given = undefined
    }
  }
}
