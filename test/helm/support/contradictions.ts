export type Values = Record<string, unknown>

export const OURS = 'webhook-error-exporter'

const RECEIVERS = [{ name: 'on-call', webhookConfigs: [{ url: 'https://a.example' }] }]

const NETWORK = { enabled: true, monitoringNamespaceSelector: { a: 'b' } }

/** What no schema sees: values that contradict each other, each with the sentence that says what to write instead. */
export const CONTRADICTIONS: readonly (readonly [what: string, values: Values, said: RegExp])[] = [
  ['replicas on SQLite', { replicas: 2 }, /replicas: 2 pods cannot share an SQLite file.*journal\.existingSecret/],
  [
    'autoscaling on SQLite',
    { autoscaling: { enabled: true } },
    /autoscaling\.enabled: an SQLite journal has one writer/,
  ],
  [
    'a sidecar’s replicas on SQLite',
    { mode: 'sidecar', sidecar: { replicas: 2 } },
    /sidecar\.replicas: 2 pods cannot share/,
  ],
  [
    'one port for both listeners',
    { config: { ingest: { port: 9464 } } },
    /config\.admin\.port: 9464 is the port of config\.ingest, too/,
  ],
  [
    'variables instead of the chart’s',
    { podSpec: { containers: [{ name: OURS, env: [{ name: 'A', value: 'b' }] }] } },
    /podSpec\.containers: env of webhook-error-exporter would replace.*write env/,
  ],
  [
    'mounts instead of the chart’s',
    { podSpec: { containers: [{ name: 'other' }, { name: OURS, volumeMounts: [] }] } },
    /podSpec\.containers: volumeMounts of webhook-error-exporter would replace.*write extraVolumeMounts/,
  ],
  [
    'memory in which it cannot run',
    { resources: { requests: { memory: '64Mi' }, limits: { memory: '64Mi' } } },
    /resources\.limits\.memory: with 64Mi the kernel kills.*at least 128Mi/,
  ],
  [
    'a limit of memory below the request',
    { resources: { requests: { memory: '1Gi' } } },
    /resources\.limits\.memory: 512Mi is below the request of 1Gi/,
  ],
  [
    'a limit of processors below the request',
    { resources: { requests: { cpu: 2 }, limits: { cpu: '1500m' } } },
    /resources\.limits\.cpu: 1500m is below the request of 2/,
  ],
  [
    'a token that can be guessed',
    { tokens: { create: { 'merchant-a': `${'a'.repeat(16)}\nabcde\n` } } },
    /tokens\.create\.merchant-a: a token of 5 characters can be guessed/,
  ],
  ['an Ingress without hosts', { ingress: { enabled: true, hosts: [] } }, /ingress\.hosts: is empty/],
  ['a route without a Gateway', { httpRoute: { enabled: true } }, /httpRoute\.parentRefs: is empty/],
  [
    'a budget with both numbers',
    { podDisruptionBudget: { enabled: true, minAvailable: 1, maxUnavailable: 1 } },
    /podDisruptionBudget: has minAvailable and maxUnavailable/,
  ],
  ['no volume', { persistence: { enabled: false } }, /persistence\.enabled: .*acceptLossOnPodDeletion: true/],
  [
    'a sidecar without a volume',
    { mode: 'sidecar', persistence: { enabled: false } },
    /persistence\.enabled: .*journal\.existingSecret/,
  ],
  [
    'a password in the ConfigMap',
    { config: { journal: { url: 'postgres://a:b@db/j' } } },
    /config\.journal\.url: do not put a password into a ConfigMap/,
  ],
  [
    'a password in an endpoint',
    { config: { endpoints: [{ name: 'a', urls: ['https://u:p@a.example/x'] }] } },
    /config\.endpoints\[0\]\.urls/,
  ],
  [
    'a password for a file',
    { journal: { passwordFile: { existingSecret: 'p' } } },
    /journal\.passwordFile: is for a PostgreSQL journal.*write a postgres:/,
  ],
  [
    'two journals',
    { journal: { existingSecret: 'j' }, config: { journal: { url: 'postgres://db/j' } } },
    /config\.journal\.url: journal\.existingSecret already sets/,
  ],
  [
    'a journal on no volume',
    { config: { journal: { url: 'sqlite:./data/journal.db' } } },
    /is not on a volume.*sqlite:\/data\/journal\.db/,
  ],
  ['a volume too small', { persistence: { size: '1Gi' } }, /persistence\.size: 1Gi does not hold/],
  [
    'a volume without room for what comes before retention',
    { persistence: { size: '1100Mi' } },
    /persistence\.size: 1100Mi does not hold/,
  ],
  [
    'a retention too large',
    { config: { journal: { retention: { size: '3GB' } } } },
    /persistence\.size: 2Gi does not hold/,
  ],
  [
    'a loopback address',
    { config: { admin: { host: '127.0.0.1' } } },
    /config\.admin\.host: 127\.0\.0\.1 is unreachable from outside the pod/,
  ],
  [
    'a token said twice',
    { admin: { apiToken: { existingSecret: 'a' } }, config: { admin: { apiToken: { env: 'A' } } } },
    /config\.admin\.apiToken: admin\.apiToken\.existingSecret already sets/,
  ],
  [
    'tokens that nobody reads',
    { tokens: { create: { a: 'b'.repeat(16) } }, config: { sources: { retm: { tokensDir: null } } } },
    /tokens\.create: the tokens would not be read/,
  ],
  [
    'the Secret of a source that there is not',
    { sources: { svix: { existingSecret: 'a' } } },
    /sources\.svix: there is no such source; write it under config\.sources, which has retm/,
  ],
  [
    'an Ingress to sources that anyone can use',
    { ingress: { enabled: true, hosts: ['a.example'] }, config: { sources: { retm: { auth: 'none' } } } },
    /ingress\.enabled: no source authenticates its senders/,
  ],
  [
    'a variable of the chart',
    { env: [{ name: 'INGEST_PORT', value: '1' }] },
    /env: the chart sets INGEST_PORT; write config\.ingest/,
  ],
  [
    'the journal as a variable',
    { env: [{ name: 'JOURNAL_URL', value: 'x' }] },
    /env: the chart sets JOURNAL_URL; write journal\.existingSecret/,
  ],
  [
    'a policy without Prometheus',
    { networkPolicy: { enabled: true } },
    /networkPolicy\.monitoringNamespaceSelector: is empty, which would open the admin port/,
  ],
  [
    'a policy around a sidecar',
    { mode: 'sidecar', networkPolicy: NETWORK },
    /networkPolicy\.enabled: a policy applies to the whole pod/,
  ],
  [
    'a policy without the database',
    { journal: { existingSecret: 'j' }, networkPolicy: NETWORK },
    /networkPolicy\.egress\.database: is empty/,
  ],
  [
    'a canary that nobody signs',
    { config: { canary: { url: 'https://a.example' } } },
    /config\.canary\.secret: is missing/,
  ],
  [
    'a canary’s secret said twice',
    { canary: { existingSecret: 'c' }, config: { canary: { url: 'https://a.example', secret: { env: 'A' } } } },
    /canary\.existingSecret already sets them/,
  ],
  [
    'a simulation’s secret said twice',
    { simulation: { existingSecret: 's' }, config: { simulation: { secret: { env: 'A' } } } },
    /simulation\.existingSecret already sets it/,
  ],
  ['a relative folder', { config: { sources: { retm: { tokensDir: 'tokens' } } } }, /tokensDir: tokens is where/],
  ['two monitors', { serviceMonitor: { enabled: true }, podMonitor: { enabled: true } }, /counted twice/],
  [
    'a monitor and annotations',
    { serviceMonitor: { enabled: true }, monitoring: { annotations: true } },
    /monitoring\.annotations: with a monitor/,
  ],
  [
    'annotations and a token',
    { admin: { metricsToken: { existingSecret: 'a' } }, monitoring: { annotations: true } },
    /sends no token/,
  ],
  [
    'an Alertmanager that tells nobody',
    { alertmanagerConfig: { enabled: true } },
    /alertmanagerConfig\.receivers: is empty/,
  ],
  [
    'a route to nobody',
    { alertmanagerConfig: { enabled: true, receivers: RECEIVERS } },
    /alertmanagerConfig\.route\.receiver: must be one of the receivers; write on-call/,
  ],
  [
    'an unknown alert',
    { rules: { overrides: { WebhookOops: { enabled: false } } } },
    /rules\.overrides\.WebhookOops: unknown alert; known are .*WebhookJournalDown/,
  ],
  [
    'a threshold of a state',
    { rules: { overrides: { WebhookJournalDown: { threshold: 1 } } } },
    /WebhookJournalDown\.threshold: this alert follows a state/,
  ],
  ['a sidecar’s replicas as the chart’s', { mode: 'sidecar', replicas: 3 }, /sidecar\.replicas: 3 pods cannot share/],
]
