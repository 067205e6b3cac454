import { type HmacScheme, signedFault } from '../../signature/hmac.ts'
import { type AuthConfig, isConfigured, type SecretPlace, secretPlaces, sharedKeys } from './config.ts'

/** Every place of a token or secret, by its key in the section of the source. */
export function secretKeys(config: AuthConfig): (readonly [key: string, SecretPlace])[] {
  const { auth, tokens, secrets } = config
  const lists: Readonly<Record<string, readonly SecretPlace[]>> = {
    tokens,
    secrets,
    'auth.secrets': (typeof auth === 'object' && auth.kind === 'hmac' && auth.secrets) || [],
    'auth.keys': sharedKeys(config),
  }
  return Object.entries(lists).flatMap(([key, places]) =>
    places.map((place, index) => [`${key}[${index}]`, place] as const),
  )
}

/** What no schema can see in how an HMAC is made. */
export function hmacFaults(
  { signed, timestampHeader }: Pick<HmacScheme, 'signed' | 'timestampHeader'>,
  isSound: (key: string) => boolean,
): string[] {
  const fault = isSound('signed') ? signedFault(signed) : undefined
  if (fault) return [`signed: ${fault}; write body, or for example "{timestamp}.{body}"`]
  return timestampHeader === undefined || signed.includes('{timestamp}')
    ? []
    : ['timestampHeader: is not part of what is signed; add {timestamp} to signed, or remove it']
}

/**
 * What no schema can see in the keys by which senders authenticate: a line per fault, without the section's name.
 * @param isSound whether the value of a key is the one that was written
 */
export function authFaults(config: AuthConfig, isSound: (key: string) => boolean): string[] {
  const { auth } = config
  if (typeof auth !== 'object') return []
  const faults: string[] = []
  for (const [key, { file, env }] of secretPlaces(config).entries())
    if (file !== undefined && env !== undefined)
      faults.push(`secrets[${key}]: has file and env; write only one of them`)
  if (auth.kind === 'hmac')
    faults.push(...hmacFaults(auth, (key) => isSound(`auth.${key}`)).map((fault) => `auth.${fault}`))
  if (auth.kind === 'twilio') {
    if (isConfigured(config) && config.url === undefined && isSound('url'))
      faults.push(
        'url: is missing; the signature covers it: write the URL of this source exactly as it is configured at the sender',
      )
    for (const [index, { file, env }] of sharedKeys(config).entries())
      if ((file === undefined) === (env === undefined))
        faults.push(`auth.keys[${index}]: names no secret, or two; write file or env, for example file: /secrets/key`)
  }
  if (
    auth.kind === 'oidc' &&
    auth.subjects === undefined &&
    auth.emails === undefined &&
    isSound('auth.subjects') &&
    isSound('auth.emails')
  )
    faults.push(
      'auth: has neither subjects nor emails, so any account of the issuer could report; write the accounts that may, for example subjects: [system:serviceaccount:default:sender]',
    )
  return faults
}
