import { Type } from 'typebox'
import { MAX_CODE, MIN_CODE } from '../../domain/report/signal.ts'
import { codes } from '../codes.ts'

/**
 * RETM's error webhook. Its documentation spells the type of `code` "intger", so digits in a string are taken too.
 * Unknown fields are accepted: they stay in the journal's raw body.
 */
export const ReportSchema = Type.Object(
  {
    code: Type.Union(
      [
        Type.Integer({ minimum: MIN_CODE, maximum: MAX_CODE }),
        Type.String({ pattern: '^-?[0-9]{1,10}$', description: 'The same number as a string of digits.' }),
      ],
      { description: `What the platform saw: an HTTP status or a number of its own, ${MIN_CODE} to ${MAX_CODE}.` },
    ),
    endpoint: Type.String({
      minLength: 1,
      maxLength: 2_048,
      description:
        'URL of the webhook that could not be delivered. Text that is not an http(s) URL is recorded as `invalid`.',
    }),
    message: Type.Optional(
      Type.Union([Type.String(), Type.Null()], { description: 'Why, in the platform’s words; kept up to 8 KiB.' }),
    ),
  },
  { additionalProperties: true, description: 'The body of one error webhook.' },
)

/** Schemas of the source `retm`. */
export const retmSchemas = { config: { codes }, body: ReportSchema }
