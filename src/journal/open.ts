import type { Clock } from '../domain/clock.ts'
import type { IncidentSettings } from '../domain/incident.ts'
import type { Journal, JournalEvents, RetentionLimits } from '../domain/journal.ts'
import type { Fault } from './fault.ts'
import { openSqliteJournal } from './sqlite.ts'
import { inspectFile } from './sqlite-inspect.ts'

const pathOf = (url: string): string => url.slice('sqlite:'.length)

/** The adapter that a journal's URL names; it is opened by `Journal.open`. */
export function openJournal(
  { url, retention }: { readonly url: string; readonly retention: RetentionLimits },
  parts: { readonly events: JournalEvents; readonly clock: Clock; readonly incidents: IncidentSettings },
): Journal {
  return openSqliteJournal({ path: pathOf(url), retention, ...parts })
}

/** What would keep the service from writing to a journal that exists; nothing is made or changed. */
export async function inspectJournal({ url }: { readonly url: string }): Promise<Fault | undefined> {
  return inspectFile(pathOf(url))
}
