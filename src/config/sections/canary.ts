import { Type } from 'typebox'
import { strict } from '../../schema-fields.ts'
import { duration, secret } from '../fields.ts'

export const CanarySection = Type.Optional(
  Type.Object(
    {
      url: Type.String({
        pattern: '^https?://[^\\s?#@]+$',
        maxLength: 2_048,
        examples: ['https://errors.shop.example/webhooks/error'],
        description:
          'Public URL of the error webhook, as the platform reaches it: https://errors.shop.example/webhooks/error.',
      }),
      interval: duration('1m', '1s', '1d', 'Time between two canaries.'),
      token: Type.Optional(
        secret('One of the bearer tokens that the ingest listener accepts. Leave it out if none is needed.'),
      ),
      secret: secret('Secret that signs canaries; the same in every replica; at least 32 characters.'),
    },
    {
      ...strict,
      description:
        'A report that the service sends to itself through its public URL, since silence is not health. Off by default.',
    },
  ),
)
