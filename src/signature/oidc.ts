import { setTimeout as sleep } from 'node:timers/promises'
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose'
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
/** Milliseconds between two fetches, successful or not: forged tokens cause no more. */
const COOLDOWN = 5_000
/** Milliseconds after which keys are fetched again, so that a withdrawn one is forgotten. */
const MAX_AGE = 3_600_000
/** Milliseconds that a report waits for the keys; fetching them may take longer, and the next report finds them. */
const MOST_WAIT = 500
/** Seconds that clocks may differ. */
const CLOCK_TOLERANCE = 60

/**
 * Verifies ID tokens (OpenID Connect Core 1.0 section 3.1.3.7): signature, issuer, audience, expiry, and who it is. jose's
 * own remote key set forgets its keys when a fetch fails, and then fetches them for every token.
 * @returns a function that resolves for a good token
 * @throws AppError (as rejection) `signature_invalid`, `signature_expired`, `credential_unknown`, `keys_unavailable`
 */
export function oidcVerifier(
  rules: OidcRules,
  { fetchKeys, clock, onFault }: OidcOptions,
): (token: string) => Promise<void> {
  let keys: Keys | undefined
  let keysFrom = 0
  let lastFetch = Number.NEGATIVE_INFINITY
  let isFailing = false
  let fetching: Promise<void> | undefined

  /** Milliseconds; a time that is to come is that of a clock which was set back since. */
  const ageOf = (at: number): number => Math.abs(clock() - at)

  const refetch = (): Promise<void> | undefined => {
    if (fetching || ageOf(lastFetch) < COOLDOWN) return fetching
    lastFetch = clock()
    fetching = fetchKeys()
      .then((text) => {
        keys = readKeys(text)
        keysFrom = clock()
        isFailing = false
      })
      .catch((error: Error) => {
        isFailing = true
        onFault(error.message)
      })
      .finally(() => {
        fetching = undefined
      })
    return fetching
  }

  /** @returns undefined if none of the keys is the token's */
  const verified = async (token: string): Promise<JWTPayload | undefined> => {
    try {
      return keys && (await verifyWith(keys, token, optionsOf(rules, clock())))
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) return undefined
      if (error instanceof errors.JWTExpired) throw signatureExpired(CLOCK_TOLERANCE * 1_000)
      if (error instanceof errors.JWTClaimValidationFailed)
        throw new AppError(
          'credential_unknown',
          'the token is not for this service: its issuer, audience or time is another',
        )
      throw signatureInvalid()
    }
  }

  return async (token) => {
    if (keys && ageOf(keysFrom) > MAX_AGE) void refetch()
    let payload = await verified(token)
    // A key that is not known may be new.
    const fetched = payload ? undefined : refetch()
    if (fetched) {
      await Promise.race([fetched, tooLate()])
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
  new AppError('keys_unavailable', 'the keys of the token issuer cannot be fetched; try again later', {
    retryAfter: COOLDOWN / 1_000,
  })

async function tooLate(): Promise<never> {
  await sleep(MOST_WAIT, undefined, { ref: false })
  throw keysUnavailable()
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

type Keys = ReturnType<typeof createLocalJWKSet>

/** Tries each key that fits, where an issuer gives no ids to its keys. */
async function verifyWith(keys: Keys, token: string, options: ReturnType<typeof optionsOf>): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, keys, options)).payload
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
    for await (const key of error) {
      try {
        return (await jwtVerify(token, key, options)).payload
      } catch (fault) {
        if (!(fault instanceof errors.JWSSignatureVerificationFailed)) throw fault
      }
    }
    throw new errors.JWSSignatureVerificationFailed()
  }
}

/** @throws Error if the text is no JWKS */
function readKeys(text: string): Keys {
  let document: JSONWebKeySet
  try {
    document = JSON.parse(text)
  } catch {
    throw new Error('the answer is not JSON')
  }
  const keys = createLocalJWKSet(document)
  if (document.keys.length === 0) throw new Error('the answer has no key')
  return keys
}
