import type { Clock } from '../domain/clock.ts'
import type { Journal, JournalEvents, RetentionLimits } from '../domain/journal.ts'
import { openSqliteJournal } from './sqlite.ts'

/** The adapter that a journal's URL names; it is opened by `Journal.open`. */
export function openJournal(
  { url, retention }: { readonly url: string; readonly retention: RetentionLimits },
  parts: { readonly events: JournalEvents; readonly clock: Clock },
): Journal {
  return openSqliteJournal({ path: url.slice('sqlite:'.length), retention, ...parts })
}
