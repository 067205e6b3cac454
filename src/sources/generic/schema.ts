import { Type } from 'typebox'
import { object } from '../../schema-fields.ts'
import { codes } from '../codes.ts'
import { LOCATOR_PATTERN, POINTER_PATTERN } from '../mapping/locator.ts'

const locator = (description: string, example: string) =>
  Type.Optional(
    Type.String({
      pattern: LOCATOR_PATTERN,
      maxLength: 1_024,
      examples: [example],
      description: `${description} A JSON Pointer into the body, header:NAME, form:NAME or text:LITERAL.`,
    }),
  )
const selected = (description: string, example: string) =>
  Type.Array(Type.String({ minLength: 1, maxLength: 255, examples: [example], description: 'Text at type.' }), {
    maxItems: 100,
    default: [],
    description,
  })

const map = object(
  {
    type: locator('Where the type of an event is. Without it, every event is a lost delivery.', '/type'),
    lost: selected('Types of events that mean: the platform gave up on a delivery.', 'delivery.failed'),
    failing: selected('Types that mean: deliveries fail, and are still tried.', 'delivery.failing'),
    disabled: selected('Types that mean: the platform switched the endpoint off.', 'endpoint.disabled'),
    recovered: selected('Types that mean: the endpoint works again, or was switched on.', 'endpoint.recovered'),
    delivered: selected('Types that mean: a delivery arrived.', 'delivery.succeeded'),
    each: Type.Optional(
      Type.String({
        pattern: POINTER_PATTERN,
        maxLength: 1_024,
        examples: ['/events'],
        description:
          'JSON Pointer to a list, each item of which is an event. The other pointers are looked up in the item first, then in the body.',
      }),
    ),
    id: locator('The sender’s id of the event, the same for each retry.', '/id'),
    endpoint: locator('URL that the delivery was for. Either endpoint or ref is needed.', '/data/url'),
    ref: locator('The sender’s reference to the endpoint, where it names no URL.', '/data/endpoint_id'),
    code: locator('HTTP status or number of the sender.', '/data/status'),
    message: locator('Why the delivery failed, in words.', '/data/error'),
    time: locator('When it happened: RFC 3339, or seconds or milliseconds since the epoch.', '/timestamp'),
    event: locator('Type of the notification that was to be delivered.', '/data/event_type'),
    tenant: locator('Tenant that the delivery was for.', '/data/account'),
    attempts: locator('Number of attempts.', '/data/attempts'),
  },
  'Where the values of a signal are in what the sender sends.',
)

export const genericConfig = { map, codes }

/** Schemas of the source `generic`. */
export const genericSchemas = {
  config: genericConfig,
  body: Type.Any({ description: 'Any content that the mapping of the source reads.' }),
}
