import { SIGNALS, type Signal } from './signals.ts'

/** docs/metrics.md: every metric, and every recording that is worth a query of one's own. */
export function renderMetricsPage(): string {
  const all: readonly Signal[] = Object.values(SIGNALS)
  const table = (signals: readonly Signal[]) =>
    signals
      .map(
        ({ name, type, unit, labels, help, absent }) =>
          `| \`${name}\` | ${type} | ${unit.replace('_', ' ')} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help}${absent && !/Absent/.test(help) ? ` Absent ${absent}.` : ''} |`,
      )
      .join('\n')
  const queries = all.map(({ name, expression }) => `- \`${name}\`: \`${expression}\``).join('\n')
  return `<!-- Made by grafana/generate.ts from grafana/signals.ts; do not edit. -->
# Metrics

Target labels (\`namespace\`, \`job\`, \`instance\`, \`pod\`) come on top of those listed. The rest of \`process_*\` and
\`nodejs_*\` is what prom-client shows by default.

| metric | type | unit | labels | help |
| --- | --- | --- | --- | --- |
${table(all.filter(({ type }) => type !== 'recorded'))}

## Recorded

These come from the rules (helm/webhook-error-exporter/files/rules).

| record | type | unit | labels | what it holds |
| --- | --- | --- | --- | --- |
${table(all.filter(({ type }) => type === 'recorded'))}

## How each is read

\`$select\` stands for matchers such as \`job="webhook-error-exporter"\`, \`$window\` for a range such as \`5m\`.

${queries}
`
}
