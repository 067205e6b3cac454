import { API_BASE } from './annotations.ts'
import { measures } from './measures.ts'
import type { Alert } from './model.ts'

export const HEADINGS = ['Meaning', 'Impact', 'Diagnosis', 'Mitigation'] as const
/** The page that has the causes; others link to it. */
export const CAUSES_PAGE = 'WebhookEndpointFailing'

const SETUP = (
  hasEndpoint: boolean,
): string => `The commands below take these from the alert's labels. Where \`admin.externalUrl\` is set, API is that address (the alert
then has it as \`api_url\`, in the place of ${API_BASE}) and the port-forward is not needed; in the
sidecar form forward the port of the pod instead. With \`admin.apiToken\` add
\`--header "Authorization: Bearer $TOKEN"\` to each curl.

\`\`\`sh
NAMESPACE=webhooks JOB=webhook-error-exporter${hasEndpoint ? ' ENDPOINT=orders' : ''}
kubectl --namespace "$NAMESPACE" port-forward "service/$JOB-admin" 9464 &
API=http://127.0.0.1:9464
\`\`\``

const steps = (items: readonly string[]): string =>
  items.map((item, index) => `${index + 1}. ${item.replaceAll(/\n(?=.)/g, '\n   ')}`).join('\n')

const severityText = ({ severity }: Alert): string =>
  severity === 'endpoint' ? "the endpoint's own (`endpoints[].severity`, critical by default)" : severity

export function renderRunbook(rule: Alert): string {
  const { alert, runbook, summary } = rule
  const when = rule.for ? `after the condition held for ${rule.for}` : 'at once'
  return `<!-- Made by grafana/generate.ts from grafana/rules; do not edit. -->
# ${alert}

${summary}. Severity: ${severityText(rule)}. Fires ${when}${rule.keepFiringFor ? `, and keeps firing for ${rule.keepFiringFor}` : ''}.

\`\`\`promql
${rule.expr}
\`\`\`

## Meaning

${runbook.meaning}

## Impact

${runbook.impact}

## Diagnosis

${SETUP(/\bENDPOINT\b/.test(JSON.stringify(runbook)))}

${steps(runbook.diagnosis)}

## Mitigation

${steps(runbook.mitigation)}
${alert === CAUSES_PAGE ? renderCauses() : ''}`
}

function renderCauses(): string {
  const intro = `
## Causes

\`HOST\`, \`PORT\`, \`URL\` are the endpoint's; the incident (\`measures\`) has the same texts with all of it filled in.
`
  return `${intro}${measures
    .map(
      ({ cause, meaning, checks, mends, mended }) => `
### ${cause}

${meaning}

Check:

${steps(checks)}

Mend:

${steps(mends)}

Mended when: ${mended}
`,
    )
    .join('')}`
}

export function renderIndex(alerts: readonly Alert[]): string {
  const rows = alerts.map(
    (rule) =>
      `| [${rule.alert}](${rule.alert}.md) | ${rule.summary} | ${rule.severity === 'endpoint' ? "endpoint's" : rule.severity} | ${rule.for ?? 'at once'} |`,
  )
  return `<!-- Made by grafana/generate.ts from grafana/rules; do not edit. -->
# Runbooks

One page an alert: what it means, whom it hurts, how to find out why, what to do.

| alert | summary | severity | for |
| --- | --- | --- | --- |
${rows.join('\n')}
`
}
