/** The webhook URL that a delivery was for, or the platform's own reference to it where it names no URL. */
export type SignalTarget =
  | { readonly url: string; readonly ref?: undefined }
  | { readonly ref: string; readonly url?: undefined }

interface SignalBase {
  /**
   * The sender's own id of this signal. A repeated id is answered with the first record, so it must be the same for each
   * retry, and another one for each signal of a request.
   */
  readonly id?: string
}

/** The platform gave up on a delivery: a failure. */
export type Lost = SignalBase &
  SignalTarget & {
    readonly type: 'lost'
    /** What the platform saw; an integer of 32 bits, signed or unsigned. */
    readonly code: number
    /** Empty where the platform gave none. */
    readonly message: string
    /** The part of the body that tells of this signal, as it came. It is stored, and it tells a retry from another signal. */
    readonly raw: Uint8Array
    /** Whose delivery it was, where one credential serves several tenants; else the credential's tenant. */
    readonly tenant?: string
    /** How often the platform tried, where it says so; else the kind's `attempts`. */
    readonly attempts?: number
  }

/** An early warning: deliveries fail, but the platform still tries. */
export type Failing = SignalBase & SignalTarget & { readonly type: 'failing' }
/** The platform switched the endpoint off: every later delivery is lost. */
export type Disabled = SignalBase & SignalTarget & { readonly type: 'disabled' }
/** A delivery arrived again, or the endpoint was switched on. */
export type Recovered = SignalBase & SignalTarget & { readonly type: 'recovered' }
/** A delivery that arrived. */
export type Delivered = SignalBase & SignalTarget & { readonly type: 'delivered' }
/** Another event of a known sender: it is acknowledged, and nothing more. */
export type Ignored = SignalBase & { readonly type: 'ignored' }

/** What a request of a platform says. Only `lost` is recorded so far; the others are acknowledged. */
export type Signal = Lost | Failing | Disabled | Recovered | Delivered | Ignored

const OTHER_TYPES = new Set<string>(['failing', 'disabled', 'recovered', 'delivered', 'ignored'])

/** Most signals in one request. */
export const SIGNAL_LIMIT = 1_000
export const MIN_CODE = -2_147_483_648
export const MAX_CODE = 4_294_967_295

/** What is wrong with a signal that a source made; undefined where nothing is. */
export function signalFault(signal: Signal): { readonly field: string; readonly detail: string } | undefined {
  if (signal?.type !== 'lost')
    return OTHER_TYPES.has(signal?.type) ? undefined : { field: 'type', detail: 'is not a type of signal' }
  if (typeof (signal.url ?? signal.ref) !== 'string') return { field: 'endpoint', detail: 'is not a text' }
  if (!Number.isInteger(signal.code) || signal.code < MIN_CODE || signal.code > MAX_CODE)
    return { field: 'code', detail: `is not an integer from ${MIN_CODE} to ${MAX_CODE}` }
  if (typeof signal.message !== 'string') return { field: 'message', detail: 'is not a text' }
  if (signal.id !== undefined && (typeof signal.id !== 'string' || signal.id === ''))
    return { field: 'id', detail: 'is not a text of at least one character' }
  if (signal.tenant !== undefined && typeof signal.tenant !== 'string')
    return { field: 'tenant', detail: 'is not a text' }
  if (!(signal.raw instanceof Uint8Array)) return { field: 'raw', detail: 'is not a sequence of bytes' }
  return undefined
}
