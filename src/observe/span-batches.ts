import { TraceFlags } from '@opentelemetry/api'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace'
import { ProtobufWriter } from './protobuf-writer.ts'
import type { Batch, SpanSender } from './span-export.ts'
import type { SpanFormat, SpanProtocol } from './span-format.ts'
import type { SpanTemplate, SpanValues } from './span-template.ts'

/** OTEL_BSP_* (OpenTelemetry SDK configuration by environment). */
export interface BatchLimits {
  readonly maxQueueSize: number
  readonly maxExportBatchSize: number
  readonly scheduledDelayMillis: number
  readonly exportTimeoutMillis: number
}

/** Batches that are exported at once when closing. */
const LANES = 8
/** Buffers that are kept for further batches. */
const SPARES = 2

/**
 * A batching span processor. Other than the SDK's it keeps the bytes of spans, written as they end: hundreds of span objects
 * would be copied by the garbage collector while they wait, and be serialised in one go.
 */
export class SpanBatches implements SpanProcessor {
  readonly #protocol: SpanProtocol
  readonly #sender: SpanSender
  readonly #limits: BatchLimits
  readonly #onDropped: (spans: number) => void
  /** From the first span on. */
  #format: SpanFormat | undefined
  #writer = new ProtobufWriter()
  /** Spans that `#writer` has. */
  #open = 0
  #full: Batch[] = []
  readonly #exporting = new Set<Promise<void>>()
  /** Whether the next batch waits for the last one. */
  #isBusy = false
  /** Spans that are not exported yet. */
  #pending = 0
  readonly #spares: ArrayBuffer[] = []
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(protocol: SpanProtocol, sender: SpanSender, limits: BatchLimits, onDropped: (spans: number) => void) {
    this.#protocol = protocol
    this.#sender = sender
    this.#limits = limits
    this.#onDropped = onDropped
  }

  /** Spans that wait here or for the answer of the collector. */
  get pending(): number {
    return this.#pending
  }

  /** Most spans that can be pending. */
  get capacity(): number {
    return this.#limits.maxQueueSize + this.#limits.maxExportBatchSize
  }

  /** Whether spans can be made of templates. */
  get hasTemplates(): boolean {
    return this.#format?.hasTemplates ?? false
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return
    if (!this.#format) {
      this.#format = this.#protocol.format(span)
      this.#writer = new ProtobufWriter(this.#format.room)
    }
    if (!this.#isTaken()) return
    this.#format.write(this.#writer, span)
    this.#added()
  }

  /** Takes a sampled span that is made of a template. */
  add(template: SpanTemplate, values: SpanValues): void {
    if (!this.#isTaken()) return
    template.write(this.#writer, values)
    this.#added()
  }

  async forceFlush(): Promise<void> {
    this.#endBatch()
    const underWay = [...this.#exporting]
    const lane = async () => {
      for (let batch = this.#full.shift(); batch; batch = this.#full.shift()) await this.#export(batch)
    }
    await Promise.all([...underWay, ...Array.from({ length: LANES }, lane)])
  }

  async shutdown(): Promise<void> {
    this.#isClosed = true
    await this.forceFlush()
    await this.#sender.close()
  }

  #isTaken(): boolean {
    if (this.#isClosed) return false
    if (this.#pending < this.capacity) return true
    this.#onDropped(1)
    return false
  }

  #added(): void {
    this.#pending++
    if (++this.#open >= this.#limits.maxExportBatchSize) {
      this.#endBatch()
      this.#exportNext()
    } else this.#timer ??= setTimeout(this.#onTimer, this.#limits.scheduledDelayMillis).unref()
  }

  #endBatch(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#open === 0) return
    const { before, after } = this.#format!
    const count = this.#open
    this.#open = 0
    const head = before(this.#writer.size)
    this.#writer.raw(after)
    this.#full.push({ bytes: this.#writer.take(head, this.#spares.pop()), count })
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined
    // Otherwise it is due once the last one is answered.
    if (this.#isBusy) return
    this.#endBatch()
    this.#exportNext()
  }

  #exportNext(): void {
    if (this.#isBusy) return
    const batch = this.#full.shift()
    if (!batch) return
    this.#isBusy = true
    let isOver = false
    const next = () => {
      if (isOver) return
      isOver = true
      clearTimeout(timer)
      this.#isBusy = false
      if (!this.#timer) this.#endBatch()
      this.#exportNext()
    }
    const timer = setTimeout(next, this.#limits.exportTimeoutMillis).unref()
    void this.#export(batch).then(next)
  }

  #export(batch: Batch): Promise<void> {
    const { bytes, count } = batch
    const exported = this.#sender.send(batch).then((isAccepted) => {
      this.#pending -= count
      // Otherwise a request that was given up may still be reading it.
      if (isAccepted && this.#spares.length < SPARES) this.#spares.push(bytes.buffer)
      this.#exporting.delete(exported)
    })
    this.#exporting.add(exported)
    return exported
  }
}
