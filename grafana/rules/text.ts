/** Pieces of runbooks. In their commands NAMESPACE, JOB, ENDPOINT and API are set as each page's head says. */
export const sh = (text: string, ...lines: readonly string[]): string => `${text}\n\n${fence('sh', lines.join('\n'))}`
export const promql = (text: string, query: string): string => `${text}\n\n${fence('promql', query)}`
const fence = (language: string, code: string): string => `\`\`\`${language}\n${code}\n\`\`\``

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
  'Read the incident: its cause, what was checked from here, the corrective measures, and what to read again from the platform:',
  `curl --silent --get "$API/api/v1/incidents" --data-urlencode state=open --data-urlencode "endpoint=$ENDPOINT" | jq '.incidents[0]'`,
  `ID=$(curl --silent --get "$API/api/v1/incidents" --data-urlencode state=open --data-urlencode "endpoint=$ENDPOINT" | jq --raw-output '.incidents[0].id')`,
  `curl --silent "$API/api/v1/incidents/$ID" | jq '{verdicts, measures, readAgain}'`,
)
export const FAILURES = sh(
  'Read the newest failures, as the platform reported them; `traceId` leads to the trace:',
  `curl --silent --get "$API/api/v1/failures" --data-urlencode "endpoint=$ENDPOINT" --data-urlencode limit=5 | jq '.failures[] | {receivedAt, code, cause, message, traceId}'`,
)
export const LOST =
  'Each failure is a delivery that the platform gave up: it will not come again by itself, and data of yours is missing until it is read again.'
export const READ_AGAIN =
  'When it is well again, read the lost time from the platform: `lossWindow` of the incident says from when until when, `readAgain` has the requests.'
