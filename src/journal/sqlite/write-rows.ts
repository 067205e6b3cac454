import type { EndpointState } from '../../domain/incident/incident.ts'
import type { Result } from '../core/complete.ts'
import { failureEvent } from '../core/failure-event.ts'
import type { RowCount } from './count.ts'
import type { IncidentRows } from './incidents.ts'
import type { Group, Row } from './rows.ts'
import type { SignalRows } from './signals.ts'
import { type Statements, Totals, write } from './write.ts'

interface Tables {
  readonly statements: Statements
  readonly incidents: IncidentRows
  readonly signals: SignalRows
  readonly count: RowCount
}

/** Writes the rows of a group within the open transaction. @returns one result per row, in order */
export function writeRows(
  { shared, rows, bodies }: Group,
  { statements, incidents, signals, count }: Tables,
): { readonly results: Result[]; readonly endpoints: EndpointState[]; readonly added: number } {
  const totals = new Totals(shared)
  const changed = new Set<string>()
  let offset = 0
  let added = 0
  const writeRow = (row: Row): Result => {
    if ('nonce' in row) return incidents.canary(row.nonce, row.at) ? 'accepted' : 'replayed'
    if ('recovery' in row) return { recovery: incidents.recover(row.incident, row.recovery) }
    if ('signal' in row) {
      const result = signals.write(row)
      if ('signal' in result && result.signal !== null) changed.add(row.signal.endpoint)
      return result
    }
    if ('event' in row) {
      changed.add(row.endpoint)
      return { change: incidents.apply(row.endpoint, row.event) ?? 'none' }
    }
    const raw = new Uint8Array(bodies, offset, row.size)
    offset += row.size
    const common = shared[row.shared]!
    const result = write(statements, row, common, raw)
    if (result !== 'added') return result
    if (!row.own.mark) totals.count(row)
    count.added(row.own.id)
    added++
    if (!row.isTracked) return [null, null]
    const { endpoint } = common.fields
    const event = failureEvent({ ...common.fields, ...row.own }, row.isProvable, row.openedBy)
    const change = incidents.apply(endpoint, event)
    if (change !== null) changed.add(endpoint)
    return [null, change]
  }
  const results = rows.map(writeRow)
  for (const { labels, count: failures, at } of totals.sums()) statements.count.run(...labels, failures, at)
  incidents.flush()
  if (added > 0) statements.record.run(added)
  return { results, endpoints: [...changed].map((endpoint) => incidents.state(endpoint)), added }
}
