import { visibleText } from './external-text.ts'
import { knownKeyAt } from './redact/known-keys.ts'
import { maskNamed } from './redact/named.ts'
import { cutCharacters, redact } from './redact.ts'

/** What platforms make ids of: `ep_1srOrx2ZWZBpBUvZwXKQmoEYga2`, `AC0123…`, `projects/p/subscriptions/s`, an ARN. */
const ID = /^[\w.:/~-]{1,255}$/
/** Characters that are looked at after those that are kept: a credential that is cut in two still looks like one. */
const SLACK = 1_024

/**
 * The name that a sender gives to an endpoint (a ref) or to a tenant, as it may be stored and shown. An id looks as random as a
 * credential does, but one that is masked is no name: all endpoints of the platform would be one. So only keys with a
 * documented prefix and values that are called a credential are masked in it; any other text is treated as `redact` says.
 * It becomes a label, which Prometheus and Alertmanager pass on as it is: what steers a terminal or cannot be seen is an escape.
 * @param limit UTF-16 code units
 */
export function safeName(name: string, limit: number): string {
  const seen = name.slice(0, limit + SLACK)
  const isId = ID.test(name) && !name.includes('://') && knownKeyAt(name) < 0 && maskNamed(name, false) === name
  return isId ? cutCharacters(name, limit) : visibleText(redact(seen, seen.length < name.length), limit)
}
