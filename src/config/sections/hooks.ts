import { Type } from 'typebox'
import { HOOK_EVENTS } from '../../domain/incident/hook-plan.ts'
import { strict } from '../../schema-fields.ts'
import { duration, secret } from '../fields.ts'

const names = (description: string, example: string) =>
  Type.Array(Type.String({ minLength: 1, maxLength: 2_048, examples: [example] }), {
    maxItems: 500,
    default: [],
    description,
  })

const Hook = Type.Object(
  {
    name: Type.String({
      pattern: '^[a-z0-9][a-z0-9_-]{0,49}$',
      examples: ['backfill'],
      description: 'Its name in metrics, logs and on the command line; unique.',
    }),
    url: Type.String({
      pattern: '^https?://[^\\s#@]+$',
      maxLength: 2_048,
      examples: ['http://backfill.shop.svc.cluster.local/incidents'],
      description:
        'Where events are POSTed. It may be private; link-local addresses and metadata services are never connected to. Redirects are not followed.',
    }),
    events: Type.Array(Type.Union(HOOK_EVENTS.map((event) => Type.Literal(event))), {
      minItems: 1,
      maxItems: HOOK_EVENTS.length,
      uniqueItems: true,
      default: [...HOOK_EVENTS],
      description: `Which events are sent: ${HOOK_EVENTS.join(', ')}. All by default.`,
    }),
    endpoints: names('Only events of these endpoints, by name. All by default.', 'orders'),
    teams: names('Only events of the endpoints of these teams. All by default.', 'shop'),
    secret: secret('Signs the events as Standard Webhooks: whsec_ and base64 of 24 to 64 random bytes.'),
    token: Type.Optional(secret('Sent as bearer token.')),
    timeout: duration('10s', '1s', '1m', 'Time for one attempt.'),
  },
  {
    ...strict,
    description: 'A receiver of events about incidents.',
    examples: [
      {
        name: 'backfill',
        url: 'http://backfill.shop.svc.cluster.local/incidents',
        events: ['incident.closed', 'recovery.requested'],
        secret: { file: '/secrets/hook' },
      },
    ],
  },
)

export const HooksSection = Type.Array(Hook, {
  maxItems: 20,
  default: [],
  description:
    'Receivers of events about incidents and recoveries, such as the start of a backfill. Delivery is at least once, in order per incident. Secrets are read again for each attempt.',
})
