/**
 * Building blocks of runbooks, in Markdown: a step followed by the command or query to paste. Commands use NAMESPACE, JOB,
 * PODS, ENDPOINT and API, which the page's set-up defines. They select pods by label and name the container, so they are
 * the same for the StatefulSet, the Deployment and the sidecar.
 */

/** A step with shell commands that work anywhere. */
export const sh = (text: string, ...lines: readonly string[]): string => `${text}\n\n${fence('sh', lines.join('\n'))}`
/** A step with a query. */
export const promql = (text: string, query: string): string => `${text}\n\n${fence('promql', query)}`
/** A step with commands for Kubernetes, and those for a service that runs without it. */
export const either = (text: string, kubernetes: readonly string[], without: readonly string[]): string =>
  `${sh(text, ...kubernetes)}\n\n${sh('Without Kubernetes, by systemd or as a container:', ...without)}`
/** A step that exists in Kubernetes only. */
export const kubernetes = (text: string, ...lines: readonly string[]): string => sh(`Kubernetes: ${text}`, ...lines)
const fence = (language: string, code: string): string => `\`\`\`${language}\n${code}\n\`\`\``

/** What a command of kubectl begins with. */
export const KUBECTL = 'kubectl --namespace "$NAMESPACE"'
export const CONTAINER = 'webhook-error-exporter'
export const UNIT = 'webhook-error-exporter'
/** Runs a command of the program where the receiver runs, whichever form that has. */
export const exporter = (command: string): string => `exporter ${command}`
/** A step that does so. */
export const program = (text: string, command: string): string => sh(text, exporter(command))

/** A step that searches the log. @param filter an extended regular expression for grep */
export const LOGS = (what: string, filter: string): string => sh(what, `logs | grep -E '${filter}'`)

/** What `exporter` and `logs` are in each form of the receiver, as the README, examples/systemd and the chart install it. */
export const FORMS: readonly { readonly name: string; readonly exporter: string; readonly logs: string }[] = [
  {
    name: 'Kubernetes',
    exporter: `exporter() { ${KUBECTL} exec "service/$JOB-admin" --container ${CONTAINER} -- /nodejs/bin/node /app/src/main.ts "$@"; }`,
    logs: `logs() { ${KUBECTL} logs --selector "$PODS" --container ${CONTAINER} --prefix --tail=2000; }`,
  },
  {
    name: 'Container (docker or podman), by its name or id',
    exporter: `exporter() { docker exec ${CONTAINER} /nodejs/bin/node /app/src/main.ts "$@"; }`,
    logs: `logs() { docker logs --since 1h ${CONTAINER} 2>&1; }`,
  },
  {
    name: 'systemd, on its machine',
    exporter: `exporter() { sudo -u ${UNIT} sh -c 'set -a; . /etc/${UNIT}/environment; cd /opt/${UNIT} && exec node_modules/.bin/node src/main.ts "$@"' sh "$@"; }`,
    logs: `logs() { journalctl --unit ${UNIT} --since -1h; }`,
  },
  {
    name: '`npm start`, in the clone, with the variables that it was started with (CONFIG_FILE, ADMIN_PORT, JOURNAL_URL), and its output in exporter.log',
    exporter: `exporter() { npx webhook-error-exporter "$@"; }`,
    logs: `logs() { cat exporter.log; }`,
  },
]

export const PODS = either(
  'Check the pods, their restarts and recent events:',
  [`${KUBECTL} get pods --selector "$PODS" --output wide`, `${KUBECTL} get events --sort-by .lastTimestamp | tail -30`],
  [`systemctl status ${UNIT}`, `docker ps --all --filter name=${CONTAINER}`],
)
export const RESTART = either(
  'Restart it: the first command for the StatefulSet, the second for the Deployment. A sidecar restarts with its application; name that workload instead:',
  [`${KUBECTL} rollout restart "statefulset/$JOB"`, `${KUBECTL} rollout restart "deployment/$JOB"`],
  [`systemctl restart ${UNIT}`, `docker restart ${CONTAINER}`],
)
export const ENLARGE = sh(
  'Enlarge the volume. Kubernetes, if the storage class allows it: name the claim (`data-$JOB-0` for the StatefulSet, `$JOB-data` for a sidecar, or your own):',
  `${KUBECTL} get persistentvolumeclaims`,
  `${KUBECTL} patch persistentvolumeclaim "data-$JOB-0" --patch '{"spec":{"resources":{"requests":{"storage":"10Gi"}}}}'`,
)
export const SHRINK =
  'Or keep less: lower `journal.retention.size` to at most two thirds of the volume, or lower `journal.retention.age`, and restart the service. Old failures are removed within a minute; counters are not affected.'
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
export const PROBE = program(
  'Probe the endpoint from where the receiver runs (exit 0: up, 1: down):',
  'probe "$ENDPOINT"',
)
export const PHASES = sh(
  'See the latest probe results, phase by phase, from the public and the internal vantage point:',
  `api "$API/api/v1/endpoints/$(jq --null-input --raw-output --arg name "$ENDPOINT" '$name | @uri')" | jq .probes`,
)
export const LOST =
  'The platform does not retry a delivery it has given up on. Your data stays incomplete until you recover what those deliveries would have carried.'
export const RECOVER = sh(
  'Recover the lost data. The incident shows the loss window and the requests to run; run them for each affected merchant:',
  `api --header 'Accept: application/x-ndjson' --get "$API/api/v1/failures" --data-urlencode "endpoint=$ENDPOINT" --data-urlencode since=1d | jq --raw-output .tenant | sort | uniq -c`,
)
export const RECOVER_ALL =
  'Recover the lost data, endpoint by endpoint: each incident shows its loss window and the requests to run.'
/** Where each cause has its own page. */
export const CAUSES_LINK = '[Causes](../remedies.md)'
