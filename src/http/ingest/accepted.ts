import { Type } from 'typebox'
import type { Recorded } from '../../domain/journal.ts'

const id = Type.String({ format: 'uuid' })

/** The body of the 202. */
export const AcceptedSchema = Type.Union([
  Type.Object({ id }, { description: 'One failure was recorded.' }),
  Type.Object(
    {
      ids: Type.Array(id, { description: 'The failures that were recorded, in the order of the request.' }),
      ignored: Type.Integer({ minimum: 0, description: 'Signals that were acknowledged only.' }),
    },
    { description: 'None or several were.' },
  ),
])

/** As `AcceptedSchema` says. */
export function acceptedBody(recorded: readonly Recorded[], signals: number): string {
  const [first] = recorded
  if (recorded.length === 1) return JSON.stringify({ id: first!.id })
  return JSON.stringify({ ids: recorded.map((each) => each.id), ignored: signals - recorded.length })
}
