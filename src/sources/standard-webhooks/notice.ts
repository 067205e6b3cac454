import { Type } from 'typebox'
import { MAX_CODE, MIN_CODE } from '../../domain/report/signal.ts'
import { NOTICE_TYPE } from './notice-type.ts'

/**
 * A notice that a platform gave up on the delivery of a webhook, as the payload of a Standard Webhook. It is published as
 * docs/failure-notice.schema.json: members may be added, none changes its meaning.
 */
export const FailureNotice = Type.Object(
  {
    type: Type.Literal(NOTICE_TYPE, { description: 'What happened: the platform gave up on a delivery.' }),
    timestamp: Type.String({
      format: 'date-time',
      description: 'When it gave up (RFC 3339).',
      examples: ['2026-11-27T10:00:00Z'],
    }),
    data: Type.Object(
      {
        endpoint: Type.String({
          minLength: 1,
          maxLength: 2_048,
          description: 'URL that the delivery was for.',
          examples: ['https://shop.example/hooks/orders'],
        }),
        code: Type.Integer({
          minimum: MIN_CODE,
          maximum: MAX_CODE,
          description: 'HTTP status of the last attempt; 0 if there was no answer, or the platform’s own error number.',
          examples: [503],
        }),
        message: Type.Optional(
          Type.Union([Type.String(), Type.Null()], {
            description: 'Why, in words: the error of the last attempt, without credentials.',
            examples: ['Service Unavailable'],
          }),
        ),
        id: Type.Optional(
          Type.String({
            minLength: 1,
            description: 'Id of the lost delivery. The header webhook-id identifies the notice.',
            examples: ['del_1'],
          }),
        ),
        time: Type.Optional(
          Type.String({ format: 'date-time', description: 'When the last attempt was made (RFC 3339).' }),
        ),
        event: Type.Optional(
          Type.String({ description: 'Type of the event that was to be delivered.', examples: ['order.created'] }),
        ),
        tenant: Type.Optional(
          Type.String({ description: 'Customer or merchant that the delivery was for.', examples: ['burger-house'] }),
        ),
        attempts: Type.Optional(Type.Integer({ minimum: 1, description: 'Number of attempts.', examples: [3] })),
      },
      { additionalProperties: true, description: 'The delivery.' },
    ),
  },
  { additionalProperties: true, description: 'A platform gave up on the delivery of a webhook.' },
)
