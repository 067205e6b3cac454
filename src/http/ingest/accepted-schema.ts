import { Type } from 'typebox'

const id = Type.String({ format: 'uuid' })

const rejected = Type.Optional(
  Type.Array(
    Type.Object({
      index: Type.Integer({ minimum: 0, description: 'Position of the event in the request, from 0.' }),
      pointer: Type.String({ description: 'JSON Pointer (RFC 6901) to what is wrong.' }),
      detail: Type.String(),
    }),
    { description: 'Events of the batch that could not be read; the others were taken. Absent if there are none.' },
  ),
)

/** The body of the 202. */
export const AcceptedSchema = Type.Union([
  Type.Object({ id, rejected }, { description: 'One failure was recorded.' }),
  Type.Object(
    {
      ids: Type.Array(id, { description: 'The failures that were recorded, in the order of the request.' }),
      ignored: Type.Integer({ minimum: 0, description: 'Signals that are not failures.' }),
      signals: Type.Optional(
        Type.Array(id, { description: 'Ids of the signals that became rows of an incident’s timeline.' }),
      ),
      rejected,
    },
    { description: 'None or several were.' },
  ),
])
