/** The webhook URL that a delivery was for, or the platform's own reference to it where it names no URL. */
export type SignalTarget =
  | { readonly url: string; readonly ref?: undefined }
  | { readonly ref: string; readonly url?: undefined }

interface SignalBase {
  /**
   * The sender's own id of this signal. A repeated id is answered as a duplicate and changes nothing, so it must be the
   * same for each retry, and another one for each signal of a request.
   */
  readonly id?: string
  /**
   * When it happened, as the platform says, milliseconds since the epoch. For `recovered` and `delivered` it decides what they
   * prove; for the others receipt does.
   */
  readonly time?: number
}

type Targeted = SignalBase &
  SignalTarget & {
    /** Tenant of the delivery or endpoint. It counts where the credential belongs to no tenant, or the source is `trusted`. */
    readonly tenant?: string
    /** How often the platform has tried so far; for `lost`, otherwise the kind's `attempts`. */
    readonly attempts?: number
    /** The type of the notification that was to be delivered. */
    readonly event?: string
  }

/** The platform gave up on a delivery: a failure. */
export type Lost = Targeted & {
  readonly type: 'lost'
  /** What the platform saw; an integer of 32 bits, signed or unsigned. */
  readonly code: number
  /** Empty if the platform gave none. */
  readonly message: string
  /** The part of the body with this signal, as received. It is stored, and distinguishes a retry from another signal. */
  readonly raw: Uint8Array
}

type Observed = Targeted & {
  /** What the platform saw, as for `lost`; absent if it does not say. */
  readonly code?: number
  readonly message?: string
}

/** An early warning: deliveries fail, but the platform still tries. */
export type Failing = Observed & { readonly type: 'failing' }
/** The platform switched the endpoint off: every later delivery is lost. */
export type Disabled = Observed & {
  readonly type: 'disabled'
  /** Whether a person switched it off, on purpose: it is noted, but opens no incident and sets no gauge. */
  readonly manual?: boolean
}
/** What a `recovered` signal says: a delivery arrived again, the endpoint was switched on, or both. */
export const RECOVERIES = ['delivery', 'enabled', 'both'] as const
/** A delivery arrived again, or the endpoint was switched on. */
export type Recovered = Observed & {
  readonly type: 'recovered'
  /** `both` if absent. */
  readonly what?: (typeof RECOVERIES)[number]
}
/** A delivery that arrived. */
export type Delivered = Observed & { readonly type: 'delivered' }
/** Another event of a known sender: it is acknowledged, and nothing more. */
export type Ignored = SignalBase & { readonly type: 'ignored' }

/** What a request of a platform says. */
export type Signal = Lost | Failing | Disabled | Recovered | Delivered | Ignored

/**
 * What keeps a captured report of a source from being sent again: a signed time near this service's clock, with it or alone a
 * signed id that is known then, or nothing.
 */
export type ReplayProtection = 'time' | 'id' | 'none'

/** Every type of signal. */
export const SIGNAL_TYPES = ['lost', 'failing', 'disabled', 'recovered', 'delivered', 'ignored'] as const
export type SignalType = (typeof SIGNAL_TYPES)[number]

/** The source of what our own proxy sees; no configured source has this name. */
export const PROXY_SOURCE = 'proxy'

/** Most signals in one request. */
export const SIGNAL_LIMIT = 1_000
export const MIN_CODE = -2_147_483_648
export const MAX_CODE = 4_294_967_295

interface SignalFault {
  readonly field: string
  readonly detail: string
}

/** What is wrong with a signal that a source made; undefined if nothing is. */
export function signalFault(signal: Signal): SignalFault | undefined {
  const type = signal?.type
  if (!SIGNAL_TYPES.includes(type)) return { field: 'type', detail: 'is not a type of signal' }
  if (type === 'ignored') return undefined
  if (typeof (signal.url ?? signal.ref) !== 'string') return { field: 'endpoint', detail: 'is not a text' }
  const isLost = type === 'lost'
  if ((isLost || signal.code !== undefined) && !isCode(signal.code))
    return { field: 'code', detail: `is not an integer from ${MIN_CODE} to ${MAX_CODE}` }
  if ((isLost || signal.message !== undefined) && typeof signal.message !== 'string')
    return { field: 'message', detail: 'is not a text' }
  if (isLost && !(signal.raw instanceof Uint8Array)) return { field: 'raw', detail: 'is not a sequence of bytes' }
  if (type === 'recovered' && signal.what !== undefined && !RECOVERIES.includes(signal.what))
    return { field: 'what', detail: `is not one of ${RECOVERIES.join(', ')}` }
  return optionalFault(signal)
}

function optionalFault({ id, tenant, event, time, attempts }: Exclude<Signal, Ignored>): SignalFault | undefined {
  if (id !== undefined && (typeof id !== 'string' || id === ''))
    return { field: 'id', detail: 'is not a text of at least one character' }
  if (tenant !== undefined && typeof tenant !== 'string') return { field: 'tenant', detail: 'is not a text' }
  if (event !== undefined && typeof event !== 'string') return { field: 'event', detail: 'is not a text' }
  if (time !== undefined && !Number.isFinite(time)) return { field: 'time', detail: 'is not a time in milliseconds' }
  if (attempts !== undefined && !(Number.isInteger(attempts) && attempts >= 0))
    return { field: 'attempts', detail: 'is not a count' }
  return undefined
}

const isCode = (code: unknown): boolean =>
  Number.isInteger(code) && (code as number) >= MIN_CODE && (code as number) <= MAX_CODE
