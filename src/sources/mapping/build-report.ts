import { rfc3339 } from '../../domain/text/human.ts'
import type { GivenUp, ReportRequest } from '../give-up.ts'
import { parseLocator, pointerSteps } from './locator.ts'
import { type MappingRules, VALUE_NAMES, type ValueName } from './mapping.ts'

type Value = string | number
type Members = Record<string, unknown>

/** The report of a lost delivery that a mapping reads: each value is where its first locator looks for it. */
export function buildReport(rules: MappingRules, given: GivenUp): ReportRequest {
  const headers: Record<string, string> = {}
  const form = new URLSearchParams()
  const body: Members = {}
  const item: Members = {}
  const target = rules.each === undefined ? body : item
  const put = (locator: string, value: Value) => {
    const at = parseLocator(locator)
    if (at.in === 'header') headers[at.name] = String(value)
    else if (at.in === 'form') form.set(at.name, String(value))
    else if (at.in === 'body') setAt(target, at.steps, value)
  }
  const types = rules.lost ?? []
  if (rules.type !== undefined && types[0] !== undefined) put([rules.type].flat()[0]!, types[0])
  const values = valuesOf(rules, given)
  for (const name of VALUE_NAMES) {
    const [first] = [rules[name] ?? []].flat()
    const value = values[name]
    if (first !== undefined && value !== undefined && value !== '') put(first, value)
  }
  if (rules.each !== undefined) setAt(body, pointerSteps(rules.each), [item])
  if (form.size > 0)
    return { headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' }, body: form.toString() }
  return { headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

/** Of URL and reference the one that fits; where there is only one of them, that one. */
function valuesOf(rules: MappingRules, given: GivenUp): Partial<Record<ValueName, Value>> {
  const { endpoint, code, message, event, tenant, attempts, id, at } = given
  const isUrl = rules.ref === undefined || (rules.endpoint !== undefined && /^https?:/i.test(endpoint))
  const target = isUrl ? { endpoint } : { ref: endpoint }
  return { ...target, id, code, message, event, tenant, attempts, time: rfc3339(at) }
}

function setAt(root: Members, steps: readonly string[], value: unknown): void {
  let at = root
  for (const step of steps.slice(0, -1)) {
    const next = at[step]
    at[step] = typeof next === 'object' && next !== null ? next : {}
    at = at[step] as Members
  }
  const last = steps.at(-1)
  if (last !== undefined)
    Object.defineProperty(at, last, { value, enumerable: true, writable: true, configurable: true })
}
