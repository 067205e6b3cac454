import { createLocalJWKSet, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose'
import { backOff } from '../back-off.ts'
import { AppError } from '../errors.ts'
import { signatureExpired, signatureInvalid } from './errors.ts'

export interface OidcRules {
  readonly issuer: string
  readonly audience: string
  /** Claims `sub` and `email` that may send; a token that has one of them is accepted. */
  readonly subjects?: readonly string[]
  readonly emails?: readonly string[]
}

export interface OidcOptions {
  /** The issuer's JWKS (RFC 7517), as text. Rejects with a message that says what went wrong. */
  readonly fetchKeys: () => Promise<string>
  /** Milliseconds since the epoch. */
  readonly clock: () => number
  /** Called with what went wrong, once per failed fetch. */
  readonly onFault: (detail: string) => void
}

/** Asymmetric only (RFC 7518, RFC 8037): with a shared secret, anyone who can verify can also sign. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
/** Milliseconds between two fetches; after a failed one less, and twice as long after each further one. */
const REFETCH = 60_000
const FIRST_RETRY = 1_000
/** Milliseconds after which keys are fetched again, so that a withdrawn one is forgotten. */
const MAX_AGE = 3_600_000
/** Milliseconds that a report waits for the keys; fetching them may take longer, and the next report finds them. */
const MOST_WAIT = 500
/** Seconds that clocks may differ. */
const CLOCK_TOLERANCE = 60

/**
 * Verifies ID tokens (OpenID Connect Core 1.0 section 3.1.3.7): signature, issuer, audience, expiry, and who it is.
 * @returns a function that resolves for a good token
 * @throws AppError (as rejection) `signature_invalid`, `signature_expired`, `credential_unknown`, `keys_unavailable`
 */
export function oidcVerifier(
  rules: OidcRules,
  { fetchKeys, clock, onFault }: OidcOptions,
): (token: string) => Promise<void> {
  let keys: { readonly set: JSONWebKeySet; readonly at: number } | undefined
  let lastFetch = Number.NEGATIVE_INFINITY
  /** Milliseconds from the last fetch to the next. */
  let pause = REFETCH
  const retries = backOff({ min: FIRST_RETRY, max: REFETCH })
  let isFailing = false
  let fetching: Promise<void> | undefined

  /** Milliseconds; a time that is to come is that of a clock which was set back since. */
  const ageOf = (at: number): number => Math.abs(clock() - at)

  const refetch = (): Promise<void> => {
    if (fetching) return fetching
    if (ageOf(lastFetch) < pause) return Promise.resolve()
    lastFetch = clock()
    fetching = fetchKeys()
      .then((text) => {
        keys = { set: keySet(text), at: clock() }
        isFailing = false
        retries.reset()
        pause = REFETCH
      })
      .catch((error: Error) => {
        isFailing = true
        pause = retries.next()
        onFault(error.message)
      })
      .finally(() => {
        fetching = undefined
      })
    return fetching
  }

  const verified = async (token: string): Promise<JWTPayload | undefined> => {
    const set = keys?.set
    if (!set) throw keysUnavailable()
    try {
      return await withEachKey(set, (key) =>
        jwtVerify(token, key, optionsOf(rules, clock())).then(({ payload }) => payload),
      )
    } catch (error) {
      const code = (error as { code?: string }).code
      if (code === 'ERR_JWKS_NO_MATCHING_KEY') return undefined
      if (code === 'ERR_JWT_EXPIRED') throw signatureExpired(CLOCK_TOLERANCE * 1_000)
      if (code === 'ERR_JWT_CLAIM_VALIDATION_FAILED')
        throw new AppError(
          'credential_unknown',
          'the token is not for this service: its issuer, audience or time is another',
        )
      throw signatureInvalid()
    }
  }

  return async (token) => {
    if (!keys) await inTime(refetch())
    else if (ageOf(keys.at) > MAX_AGE) void refetch()
    let payload = await verified(token)
    if (!payload) {
      // A key that is not known may be new.
      await inTime(refetch())
      payload = await verified(token)
    }
    // While the issuer's keys cannot be fetched, nobody knows whether it has a new one.
    if (!payload) throw isFailing ? keysUnavailable() : signatureInvalid()
    // Required, so that it is a number.
    if (payload.iat! * 1_000 > clock() + CLOCK_TOLERANCE * 1_000) throw signatureExpired(CLOCK_TOLERANCE * 1_000)
    if (!isAllowed(payload, rules))
      throw new AppError('credential_unknown', 'the token belongs to an account that may not report here')
  }
}

const keysUnavailable = () =>
  new AppError('keys_unavailable', 'the keys of the token issuer cannot be fetched; try again later')

/** @throws AppError (as rejection) `keys_unavailable` if it takes longer than a report may wait */
async function inTime(fetched: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(keysUnavailable()), MOST_WAIT)
  })
  await Promise.race([fetched, tooLate]).finally(() => clearTimeout(timer))
}

const optionsOf = ({ issuer, audience }: OidcRules, now: number) => ({
  issuer,
  audience,
  algorithms: ALGORITHMS,
  clockTolerance: CLOCK_TOLERANCE,
  requiredClaims: ['exp', 'iat', 'sub'],
  currentDate: new Date(now),
})

const isAllowed = ({ sub, email, email_verified }: JWTPayload, { subjects, emails }: OidcRules): boolean =>
  (typeof sub === 'string' && subjects?.includes(sub) === true) ||
  (email_verified === true && typeof email === 'string' && emails?.includes(email) === true)

/** Tries each key that fits, where an issuer gives no ids to its keys. */
async function withEachKey<T>(
  set: JSONWebKeySet,
  verify: (key: ReturnType<typeof createLocalJWKSet>) => Promise<T>,
): Promise<T> {
  try {
    return await verify(createLocalJWKSet(set))
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_JWKS_MULTIPLE_MATCHING_KEYS') throw error
    let last: unknown = error
    for (const key of set.keys) {
      try {
        return await verify(createLocalJWKSet({ keys: [key] }))
      } catch (fault) {
        if ((fault as { code?: string }).code !== 'ERR_JWKS_NO_MATCHING_KEY') last = fault
      }
    }
    throw last
  }
}

/** @throws Error if the text is no JWKS */
function keySet(text: string): JSONWebKeySet {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    throw new Error('the answer is not JSON')
  }
  const keys = (document as { keys?: unknown } | null)?.keys
  if (!Array.isArray(keys)) throw new Error('the answer is not a JWKS: it has no list of keys')
  const usable = keys.filter((key) => typeof key === 'object' && key !== null)
  if (usable.length === 0) throw new Error('the answer has no key')
  return { keys: usable }
}
