import { parseStandardWebhookKey } from '../../signature/standard-webhook-keys.ts'
import type { Auth } from './config.ts'

/** What is wrong with one line of a source's secrets, without quoting it; undefined if nothing is. */
export function secretFault(auth: Auth, line: string): string | undefined {
  if (typeof auth === 'string') return undefined
  if (auth.kind === 'basic') return line.includes(':') ? undefined : 'is not user:password'
  if (auth.kind !== 'standard-webhooks') return undefined
  const key = parseStandardWebhookKey(line)
  if (typeof key === 'string') return key
  return key.kind === 'ed25519-private' ? 'is a private key; write the public key (whpk_)' : undefined
}
