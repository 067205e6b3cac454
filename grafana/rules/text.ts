/**
 * Building blocks of runbooks, in Markdown: a step followed by the command or query to paste. Commands use NAMESPACE, JOB,
 * ENDPOINT and API, which each page sets before its first step.
 */

/** A step with shell commands. */
export const sh = (text: string, ...lines: readonly string[]): string => `${text}\n\n${fence('sh', lines.join('\n'))}`
/** A step with a query. */
export const promql = (text: string, query: string): string => `${text}\n\n${fence('promql', query)}`
const fence = (language: string, code: string): string => `\`\`\`${language}\n${code}\n\`\`\``

/** A step that searches the log. @param filter an extended regular expression for grep */
export const LOGS = (what: string, filter: string): string =>
  sh(what, `kubectl --namespace "$NAMESPACE" logs --tail=2000 "service/$JOB-admin" | grep -E '${filter}'`)
export const PODS = sh(
  'Check the pods, their restarts and recent events:',
  'kubectl --namespace "$NAMESPACE" get pods --selector app.kubernetes.io/name=webhook-error-exporter --output wide',
  `kubectl --namespace "$NAMESPACE" get events --sort-by .lastTimestamp | tail -30`,
)
export const CONDITIONS = sh(
  'Ask the receiver for its conditions, each with the time it began:',
  'curl --silent "$API/readyz" | jq',
)
export const INCIDENT = sh(
  'Read the incident. It states the cause, when it started, what the probes found, what to check, how to fix it, and what to recover:',
  `api --header 'Accept: text/plain' --get "$API/api/v1/incidents" --data-urlencode limit=1 --data-urlencode "endpoint=$ENDPOINT"`,
)
export const FAILURES = sh(
  'Read the latest failures as the platform reported them. `tenant` is the merchant; `traceId` finds the trace:',
  `api --get "$API/api/v1/failures" --data-urlencode "endpoint=$ENDPOINT" --data-urlencode limit=5 | jq '.failures[] | {receivedAt, tenant, code, cause, message, traceId}'`,
)
export const PROBE = sh(
  'Probe the endpoint from inside the receiver’s pod (exit 0: up, 1: down):',
  `kubectl --namespace "$NAMESPACE" exec "service/$JOB-admin" --container webhook-error-exporter -- /nodejs/bin/node /app/src/main.ts probe "$ENDPOINT"`,
)
export const LOST =
  'The platform does not retry a delivery it has given up on. Your data stays incomplete until you recover what those deliveries would have carried.'
export const RECOVER = sh(
  'Recover the lost data. The incident shows the loss window and the requests to run; run them for each affected merchant:',
  `api --header 'Accept: application/x-ndjson' --get "$API/api/v1/failures" --data-urlencode "endpoint=$ENDPOINT" --data-urlencode since=1d | jq --raw-output .tenant | sort | uniq -c`,
)
export const RECOVER_ALL =
  'Recover the lost data, endpoint by endpoint: each incident shows its loss window and the requests to run.'
