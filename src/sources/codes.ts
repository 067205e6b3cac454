import { Type } from 'typebox'
import { CAUSES } from '../domain/cause/cause.ts'
import { object } from '../schema-fields.ts'

/** The key `codes` of a source: what the numbers in its reports mean. */
export const codes = object(
  {
    meaning: Type.Optional(
      Type.Union([Type.Literal('http'), Type.Literal('curl'), Type.Literal('errno'), Type.Literal('own')], {
        description:
          'What its numbers are: HTTP statuses, libcurl results, errno of either sign, or its own. Without it the text and the number’s range decide.',
      }),
    ),
    own: Type.Record(Type.String({ pattern: '^-?[0-9]{1,10}$' }), Type.Enum([...CAUSES]), {
      default: {},
      additionalProperties: false,
      description: 'Causes of the platform’s own numbers, by number: {"1001": timeout}.',
    }),
  },
  'How the numbers in its reports are to be read.',
)
