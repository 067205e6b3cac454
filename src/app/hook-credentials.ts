import type { SecretRef } from '../config/schema.ts'
import type { HookMessage } from '../domain/incident/hook-message.ts'
import type { HookTarget } from '../service/hook-attempt.ts'
import { parseStandardWebhookKey, type StandardWebhookKey } from '../signature/standard-webhook-keys.ts'
import { signStandardWebhook } from '../signature/standard-webhooks.ts'

/** A hook's secrets, as configured. */
export interface HookSecrets {
  readonly name: string
  readonly secret: SecretRef
  readonly token?: SecretRef
}

/** Bytes that Standard Webhooks asks for. Senders hand out shorter secrets; this one is our operator's choice. */
const MIN_SECRET = 24
/** How to make a secret that `signingKey` accepts. */
const EXAMPLE = 'write the output of: echo "whsec_$(openssl rand -base64 32)"'

/** @returns a key that can sign, or what is wrong with the text, without quoting it */
export function signingKey(text: string): StandardWebhookKey | string {
  const key = parseStandardWebhookKey(text)
  if (typeof key === 'string') return `${key}; ${EXAMPLE}`
  if (key.kind === 'hmac' && key.secret.length < MIN_SECRET)
    return `has ${key.secret.length} bytes; write at least ${MIN_SECRET}: ${EXAMPLE}`
  return key.kind === 'ed25519-public' ? `is a public key, which cannot sign; ${EXAMPLE}` : key
}

/**
 * Makes the headers that prove to a receiver who sends: the signature of Standard Webhooks, and the bearer token if there
 * is one. Secrets are read each time, so that a rotated one counts from the next attempt on.
 * @param read returns a secret's text, trimmed
 */
export function hookAuthorizer(hooks: readonly HookSecrets[], read: (ref: SecretRef) => Promise<string>) {
  const secrets = new Map(hooks.map((hook) => [hook.name, hook]))
  return async ({ name }: Pick<HookTarget, 'name'>, { id, body }: HookMessage): Promise<Record<string, string>> => {
    const { secret, token } = secrets.get(name)!
    const key = signingKey(await read(secret))
    if (typeof key === 'string') throw new Error(`the secret ${key}`)
    const signature = signStandardWebhook({ id, timestamp: Math.floor(Date.now() / 1_000), body }, [key])
    return { ...signature, ...(token && { authorization: `Bearer ${await read(token)}` }) }
  }
}
