import { createHmac } from 'node:crypto'
import { hmacOf } from '../signature/hmac.ts'
import { parseStandardWebhookKey } from '../signature/standard-webhook-keys.ts'
import { signStandardWebhook } from '../signature/standard-webhooks.ts'
import { formText } from '../signature/twilio.ts'
import type { Auth, HmacAuth } from './auth/config.ts'

export interface SignedReport {
  readonly body: string
  /** Without a dot. */
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly at: number
  /** URL of the source as configured at the sender. */
  readonly url: string
}

/**
 * The header fields by which a sender of that `auth` proves who it is.
 * @param secret a token, a shared secret, or `user:password`
 * @throws RangeError if the configured secrets cannot produce them
 */
export function credentialHeaders(auth: Auth, secret: string, report: SignedReport): Record<string, string> {
  if (auth === 'none') return {}
  if (auth === 'bearer') return { authorization: `Bearer ${secret}` }
  const { body, id, at, url } = report
  const timestamp = Math.floor(at / 1_000)
  switch (auth.kind) {
    case 'header':
      return { [auth.header.toLowerCase()]: secret }
    case 'basic':
      return { authorization: `Basic ${Buffer.from(secret).toString('base64')}` }
    case 'hmac':
      return hmacHeaders(auth, secret, { body, id, timestamp: String(timestamp) })
    case 'standard-webhooks': {
      const key = parseStandardWebhookKey(secret)
      if (typeof key === 'string') throw new RangeError(`the secret ${key}`)
      return { ...signStandardWebhook({ id, timestamp, body }, [key]) }
    }
    case 'twilio': {
      const signature = createHmac('sha1', secret).update(url + (formText(Buffer.from(body)) ?? ''))
      return { 'x-twilio-signature': signature.digest('base64') }
    }
    case 'oidc':
      throw new RangeError('its requests carry a token that only its issuer can make; simulate another source')
  }
}

function hmacHeaders(
  auth: HmacAuth,
  secret: string,
  { body, id, timestamp }: { readonly body: string; readonly id: string; readonly timestamp: string },
): Record<string, string> {
  const signature = hmacOf(Buffer.from(body), secret, auth, { id, timestamp }).toString(auth.encoding)
  const inline = auth.signed.includes('{timestamp}') && auth.timestampHeader === undefined
  return {
    [auth.header.toLowerCase()]: `${inline ? `t=${timestamp},` : ''}${auth.prefix}${signature}`,
    ...(auth.timestampHeader !== undefined && { [auth.timestampHeader.toLowerCase()]: timestamp }),
    ...(auth.signed.includes('{id}') && { [auth.idHeader.toLowerCase()]: id }),
  }
}
