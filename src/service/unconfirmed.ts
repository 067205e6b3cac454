import { hash } from 'node:crypto'
import type { Recorded } from '../domain/ports/journal.ts'
import type { Signal } from '../domain/report/signal.ts'
import { AppError } from '../errors.ts'
import type { Receipt, Record, RecordedRequest } from './record.ts'
import type { RecordedSource } from './recorded-source.ts'

/** Milliseconds in which a request that was answered 503 comes again. */
const MEMORY = 600_000
/** Ids that are kept, of all requests together. */
const MOST_IDS = 20_000

/** A request that was answered 503 although it may be stored, or still become so. */
interface Unconfirmed {
  readonly key: string
  readonly signals: string
  readonly at: number
  readonly failures: readonly string[]
  readonly rows: readonly string[]
  /** Settles once the journal knows: whether it is stored; undefined if it may be. */
  readonly isStored: Promise<boolean | undefined>
  /** Whether a repetition waits for it: another equal request is another failure then. */
  isClaimed: boolean
}

/** One request on its way. */
export interface Attempt {
  readonly recording: Promise<RecordedRequest>
  /** Call it once the sender is answered. @param error instead of a 202 */
  answered(error?: unknown): void
}

interface Deps {
  readonly record: Record
  /** Whether a failure is in the journal. */
  readonly isStored: (id: string) => Promise<boolean>
}

/**
 * Recognises a request without ids that was answered 503 when it comes again, byte for byte: what was stored all the same, such as
 * a batch that took longer than the deadline, would otherwise be stored twice. Equal requests that were not answered 503 are
 * separate failures, so each one in here is confirmed to one sender at most. It is in memory: a restart forgets it.
 */
export class UnconfirmedRequests {
  readonly #deps: Deps
  readonly #requests = new Map<string, Unconfirmed[]>()
  #ids = 0

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** Records a request, or waits for the outcome of an equal one that was answered 503. @param raw its body */
  begin(source: RecordedSource, signals: readonly Signal[], receipt: Receipt & { readonly raw: Uint8Array }): Attempt {
    const { record, isStored } = this.#deps
    let drafted: Pick<Unconfirmed, 'failures' | 'rows'> | undefined
    let isLate = false
    const again = this.#ids > 0 ? this.#claim(keyOf(source, receipt), signals) : undefined
    const onDrafted: Receipt['onDrafted'] = (failures, rows) => {
      drafted = { failures, rows }
    }
    const run = () => record(source, signals, { ...receipt, onDrafted })
    const repeat = async (first: Unconfirmed): Promise<RecordedRequest> => {
      if ((await first.isStored) ?? (await isStored(first.failures[0]!))) return confirmed(first)
      this.#remove(first)
      // Its sender has had a 503 again, and sends it again.
      if (isLate) throw new AppError('journal_unavailable', 'the report was not stored')
      return run()
    }
    const recording = again ? repeat(again) : run()
    return {
      recording,
      answered: (error) => {
        isLate = true
        if (again && error === undefined) this.#remove(again)
        if (again) again.isClaimed = false
        if (!isUncertain(error) || !drafted?.failures.length || signals.some(hasId)) return
        this.#add({
          key: keyOf(source, receipt),
          signals: textOf(signals),
          at: performance.now(),
          ...drafted,
          isStored: recording.then(
            () => true,
            (reason) => (isUncertain(reason) ? undefined : false),
          ),
          isClaimed: false,
        })
      },
    }
  }

  #claim(key: string, signals: readonly Signal[]): Unconfirmed | undefined {
    for (const [oldest] of this.#requests.values()) {
      if (performance.now() - oldest!.at < MEMORY) break
      this.#remove(oldest!)
    }
    const same = this.#requests.get(key)
    if (!same) return undefined
    const text = textOf(signals)
    const found = same.find((each) => !each.isClaimed && each.signals === text)
    if (found) found.isClaimed = true
    return found
  }

  #add(request: Unconfirmed): void {
    this.#requests.set(request.key, [...(this.#requests.get(request.key) ?? []), request])
    this.#ids += sizeOf(request)
    for (const [oldest] of this.#requests.values()) {
      if (this.#ids <= MOST_IDS) break
      this.#remove(oldest!)
    }
  }

  #remove(request: Unconfirmed): void {
    const same = this.#requests.get(request.key) ?? []
    if (!same.includes(request)) return
    const others = same.filter((each) => each !== request)
    if (others.length > 0) this.#requests.set(request.key, others)
    else this.#requests.delete(request.key)
    this.#ids -= sizeOf(request)
  }
}

const sizeOf = ({ failures, rows }: Unconfirmed): number => failures.length + rows.length

const hasId = ({ id }: Signal): boolean => id !== undefined

const isUncertain = (error: unknown): boolean =>
  error instanceof AppError && (error.code === 'answer_timeout' || error.mayBeDone)

function keyOf({ name }: RecordedSource, { tenant, purpose, raw }: Receipt & { readonly raw: Uint8Array }): string {
  return `${name}\0${tenant}\0${purpose ?? ''}\0${hash('sha256', raw, 'latin1')}`
}

/** What headers say is part of the signals too. Their bodies are part of the request's. */
const textOf = (signals: readonly Signal[]): string =>
  hash(
    'sha256',
    JSON.stringify(signals, (name, value) => (name === 'raw' ? undefined : value)),
    'latin1',
  )

const duplicateOf = (id: string): Recorded => ({ id, duplicate: true })

const confirmed = ({ failures, rows }: Unconfirmed): RecordedRequest => ({
  failures: failures.map(duplicateOf),
  rows: rows.map(duplicateOf),
})
