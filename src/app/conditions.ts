import type { JournalStatus } from '../domain/ports/journal.ts'
import { rfc3339 } from '../domain/text/human.ts'
import type { Condition } from '../http/admin/health-handlers.ts'
import type { Phase } from './phases.ts'

export const OPEN_ADMIN =
  'the admin API needs no token and listens beyond this machine: anyone who reaches it can read failures and incidents; set admin.apiToken'

export interface ConditionState {
  readonly phase: Phase
  readonly journal: JournalStatus
  /** Whether other replicas share the journal. */
  readonly shared: boolean
  /** Whether deliveries pass through this replica. */
  readonly proxies: boolean
  readonly credentials: { readonly ok: boolean; readonly detail: string }
  readonly adminIsOpen: boolean
}

/** The conditions of `GET /readyz`. */
export const conditions = ({
  phase,
  journal,
  shared,
  proxies,
  credentials,
  adminIsOpen,
}: ConditionState): Condition[] => [
  { name: 'lifecycle', ok: phase === 'ready', blocks: true, detail: phase },
  {
    name: 'journal',
    ok: journal.up || journal.spill?.usable === true,
    // Other replicas take over where there are any; a single one must stay reachable to answer 503 with Retry-After. Deliveries do
    // not need the journal, and without a ready replica none would reach the application.
    blocks: shared && !proxies,
    detail: journalDetail(journal),
    since: rfc3339(journal.since),
  },
  { name: 'credentials', blocks: false, ...credentials },
  { name: 'admin_api', ok: !adminIsOpen, blocks: false, detail: adminIsOpen ? OPEN_ADMIN : 'protected' },
]

function journalDetail({ up, fault, spill, opening, warnings = [] }: JournalStatus): string {
  if (up) return ['open', ...warnings].join('; ')
  const down = fault?.detail ?? `it is being opened${opening === undefined ? '' : `: ${opening}`}`
  return spill?.usable ? `${down}; reports are kept in the spill meanwhile, ${spill.waiting} wait there` : down
}
