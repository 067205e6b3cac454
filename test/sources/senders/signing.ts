import { createHmac, randomUUID } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { Webhook as SvixWebhook } from 'svix'
import twilioLibrary from 'twilio'

const { getExpectedTwilioSignature } = twilioLibrary as unknown as {
  getExpectedTwilioSignature(token: string, url: string, params: object): string
}

/** The secrets of the test's sources, by the environment variable that has them. Each source has two, for rotation. */
export const SECRETS = {
  OUTPOST: 'outpost-signing-secret\noutpost-next-secret',
  CONVOY: 'convoy-meta-secret\nconvoy-next-secret',
  SVIX: 'whsec_plJ3nmyCDGBKInavdOK15jsl\nwhsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  STANDARD: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD\nwhsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  TWILIO: '12345\nnext-auth-token',
  GENERIC: 'a-token-of-the-generic-source',
} as const
export const TWILIO_URL = 'https://errors.example/webhooks/twilio?team=shop'

const hmac = (secret: string, body: string) => createHmac('sha256', secret).update(body).digest('hex')

/** Headers by which each sender authenticates a body, made by its own library where there is one. */
export const SIGNERS: Readonly<
  Record<string, (body: string, secret: string, at?: Date, id?: string) => Record<string, string>>
> = {
  outpost: (body, secret) => ({ 'X-Outpost-Signature': `v0=${hmac(secret, body)}` }),
  convoy: (body, secret) => ({ 'X-Convoy-Signature': hmac(secret, body) }),
  svix: (body, secret, at = new Date(), id = `msg_${randomUUID()}`) => ({
    'svix-id': id,
    'svix-timestamp': `${Math.floor(at.getTime() / 1_000)}`,
    'svix-signature': new SvixWebhook(secret).sign(id, at, body),
  }),
  'standard-webhooks': (body, secret, at = new Date(), id = `msg_${randomUUID()}`) => ({
    'webhook-id': id,
    'webhook-timestamp': `${Math.floor(at.getTime() / 1_000)}`,
    'webhook-signature': new Webhook(secret).sign(id, at, body),
  }),
  twilio: (body, secret) => ({
    'X-Twilio-Signature': getExpectedTwilioSignature(secret, TWILIO_URL, Object.fromEntries(new URLSearchParams(body))),
  }),
  generic: (_, secret) => ({ Authorization: `Bearer ${secret}` }),
  knative: () => ({}),
  pubsub: () => ({}),
}

const VARIABLES: Readonly<Record<string, keyof typeof SECRETS>> = {
  outpost: 'OUTPOST',
  convoy: 'CONVOY',
  svix: 'SVIX',
  'standard-webhooks': 'STANDARD',
  twilio: 'TWILIO',
  generic: 'GENERIC',
}
/** The secrets of a source, the older one first. */
export const secretsOf = (source: string): string[] => (SECRETS[VARIABLES[source]!] ?? '').split('\n')
