/**
 * Pieces of runbooks, in Markdown: a step, and below it what is to be pasted. In their commands NAMESPACE, JOB, ENDPOINT and
 * API are set as each page's head says.
 */

/** A step and commands for a shell. */
export const sh = (text: string, ...lines: readonly string[]): string => `${text}\n\n${fence('sh', lines.join('\n'))}`
/** A step and a query. */
export const promql = (text: string, query: string): string => `${text}\n\n${fence('promql', query)}`
const fence = (language: string, code: string): string => `\`\`\`${language}\n${code}\n\`\`\``

/** A look at the log. @param filter an extended regular expression for grep */
export const LOGS = (what: string, filter: string): string =>
  sh(what, `kubectl --namespace "$NAMESPACE" logs --tail=2000 "service/$JOB-admin" | grep -E '${filter}'`)
export const PODS = sh(
  'Look at the pods, their restarts and events:',
  'kubectl --namespace "$NAMESPACE" get pods --selector app.kubernetes.io/name=webhook-error-exporter --output wide',
  `kubectl --namespace "$NAMESPACE" get events --sort-by .lastTimestamp | tail -30`,
)
export const CONDITIONS = sh(
  'Ask the receiver how it is; it names the condition and since when:',
  'curl --silent "$API/readyz" | jq',
)
export const INCIDENT = sh(
  'Read the incident: why, since when, what was seen from here, what to check, how to mend it, what to read again:',
  `api --header 'Accept: text/plain' --get "$API/api/v1/incidents" --data-urlencode limit=1 --data-urlencode "endpoint=$ENDPOINT"`,
)
export const FAILURES = sh(
  'Read the newest failures, as the platform reported them; `tenant` is the merchant, `traceId` leads to the trace:',
  `api --get "$API/api/v1/failures" --data-urlencode "endpoint=$ENDPOINT" --data-urlencode limit=5 | jq '.failures[] | {receivedAt, tenant, code, cause, message, traceId}'`,
)
export const PROBE = sh(
  'Look at the endpoint yourself, from where the receiver looks (exit 0: it is well, 1: it is not):',
  `kubectl --namespace "$NAMESPACE" exec "service/$JOB-admin" --container webhook-error-exporter -- /nodejs/bin/node /app/src/main.ts probe "$ENDPOINT"`,
)
export const LOST =
  'Each failure is a delivery that the platform gave up: it will not come again by itself, and data of yours is missing until it is read again.'
export const RECOVER = sh(
  'When it is well again, read the lost time from the platform. The incident says from when until when and has the requests; the merchants concerned are:',
  `api --header 'Accept: application/x-ndjson' --get "$API/api/v1/failures" --data-urlencode "endpoint=$ENDPOINT" --data-urlencode since=1d | jq --raw-output .tenant | sort | uniq -c`,
)
export const RECOVER_ALL =
  'When it is well again, read the lost time from the platform, endpoint by endpoint: each incident says from when until when and has the requests.'
