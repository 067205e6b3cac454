import type { Alert } from './model.ts'
import { remedies } from './remedies.ts'

/** What every page has, in this order. */
export const HEADINGS = ['Meaning', 'Impact', 'Diagnosis', 'Mitigation'] as const
/** The page that has the causes; others link to it. */
export const CAUSES_PAGE = 'WebhookEndpointFailing'

const SETUP = (
  hasEndpoint: boolean,
): string => `Set these from the alert's labels. Where people reach the admin listener by an address (\`admin.externalUrl\`, the
beginning of the alert's \`api_url\`), API is that one and the port-forward is left out:

\`\`\`sh
NAMESPACE=webhooks JOB=webhook-error-exporter${hasEndpoint ? ' ENDPOINT=orders' : ''}
API=http://127.0.0.1:9464; kubectl --namespace "$NAMESPACE" port-forward "service/$JOB-admin" 9464 >/dev/null & sleep 2
\`\`\`

\`\`\`sh
api() { curl --silent --show-error \${TOKEN:+--header} \${TOKEN:+"Authorization: Bearer $TOKEN"} "$@"; }
\`\`\`

A 401 means that \`admin.apiToken\` is set: then set TOKEN to what is in its Secret (chart: \`admin.apiToken.existingSecret\`).`

const steps = (items: readonly string[]): string =>
  items.map((item, index) => `${index + 1}. ${item.replaceAll(/\n(?=.)/g, '\n   ')}`).join('\n')

const severityText = ({ severity }: Alert): string =>
  severity === 'endpoint' ? "the endpoint's own (`endpoints[].severity`, critical by default)" : severity

/** @returns docs/runbooks/NAME.md */
export function renderRunbook(rule: Alert): string {
  const { alert, runbook, summary } = rule
  const when = rule.for ? `after the condition held for ${rule.for}` : 'at once'
  return `<!-- Made by grafana/generate.ts from grafana/rules; do not edit. -->
# ${alert}

${summary}. Severity: ${severityText(rule)}. Fires ${when}${rule.keepFiringFor ? `, and keeps firing for ${rule.keepFiringFor}` : ''}.

## Meaning

${runbook.meaning}

## Impact

${runbook.impact}

## Diagnosis

${SETUP(/\bENDPOINT\b/.test(JSON.stringify(runbook)))}

${steps(runbook.diagnosis)}

## Mitigation

${steps(runbook.mitigation)}
${alert === CAUSES_PAGE ? renderCauses() : ''}
## Expression

\`\`\`promql
${rule.expr}
\`\`\`
`
}

function renderCauses(): string {
  const intro = `
## Causes

The alert and the incident have these texts with all of it filled in; for those here set the endpoint's own:

\`\`\`sh
HOST=shop.example PORT=443 URL=https://shop.example/hooks/orders
\`\`\`
`
  return `${intro}${remedies
    .map(
      ({ id, meaning, checks, fixes, verify }) => `
### ${id}

${meaning}

Check:

${steps(checks)}

Fix:

${steps(fixes)}

Verify: ${verify}
`,
    )
    .join('')}`
}

/** @returns docs/runbooks/README.md */
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
