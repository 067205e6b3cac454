import type { EndpointState, Incident, LastDelivery } from '../../domain/incident/incident.ts'
import type { RemedyId } from '../../domain/remedies/remedy.ts'
import type { Verdict } from '../../domain/verdict/verdict.ts'

/** Rule ids that 0.1 stored under another name. */
const RENAMED_RULES: Readonly<Record<string, string>> = { well: 'ok', kin: 'related' }

/** Until 0.1 `remedy` was called `measure`. */
type StoredVerdict = Verdict & { readonly measure?: RemedyId }

function currentVerdict({ measure, ...verdict }: StoredVerdict): Verdict {
  const remedy = verdict.remedy ?? measure
  return { ...verdict, rule: RENAMED_RULES[verdict.rule] ?? verdict.rule, ...(remedy && { remedy }) }
}

type Origin = Pick<Incident, 'sources' | 'tenants' | 'tenantsComplete'>

/** Until 0.1 an incident did not note where its failures came from. */
const originOf = ({
  sources,
  tenants,
  tenantsComplete,
  failures,
}: Partial<Origin> & Pick<Incident, 'failures'>): Origin => ({
  sources: sources ?? [],
  tenants: tenants ?? [],
  tenantsComplete: tenantsComplete ?? failures === 0,
})

/** An incident from its JSON in the journal, under today's names whichever version stored it. */
export function parseIncident(json: string): Incident {
  const stored = JSON.parse(json) as Omit<Incident, keyof Origin> & Partial<Origin>
  const incident = { ...stored, ...originOf(stored) }
  return incident.verdict ? { ...incident, verdict: currentVerdict(incident.verdict) } : incident
}

/** An incident's verdicts, oldest first, likewise. */
export const parseVerdicts = (json: string): Verdict[] => (JSON.parse(json) as StoredVerdict[]).map(currentVerdict)

/** The status of an incident's recovery as its column holds it: null while it is open, and where recovery was off. */
export const recoveryColumn = ({ closedAt, recovery }: Pick<Incident, 'closedAt' | 'recovery'>): string | null =>
  closedAt === null ? null : (recovery?.status ?? null)

type Delivered = Pick<EndpointState, 'delivered'>

/** An endpoint's last deliveries as its column holds them. */
export const deliveredJson = (delivered: Delivered['delivered']): string =>
  delivered === undefined ? '[]' : JSON.stringify(delivered)

/** The member of the state; empty if there is none. */
export const parseDelivered = (json: string): Delivered =>
  json === '[]' ? {} : { delivered: JSON.parse(json) as LastDelivery[] }
