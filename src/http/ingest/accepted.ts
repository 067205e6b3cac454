import { visible } from '../../domain/text/external-text.ts'
import type { RecordedRequest } from '../../service/record.ts'
import type { RejectedEvent } from '../../sources/source.ts'

const LONGEST_DETAIL = 500

/** As `AcceptedSchema` says. */
export function acceptedBody(
  { failures, rows }: RecordedRequest,
  signals: number,
  faulty: readonly RejectedEvent[] = [],
): string {
  const [first] = failures
  const rejected = faulty.length > 0 && {
    rejected: visible(
      faulty.map(({ index, pointer, detail }) => ({ index, pointer, detail })),
      LONGEST_DETAIL,
    ),
  }
  if (failures.length === 1) return JSON.stringify({ id: first!.id, ...rejected })
  return JSON.stringify({
    ids: failures.map((each) => each.id),
    ignored: signals - failures.length,
    ...(rows.length > 0 && { signals: rows.map((each) => each.id) }),
    ...rejected,
  })
}
