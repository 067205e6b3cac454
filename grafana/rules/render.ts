import { Document, isMap, isScalar, type Pair, Scalar, visit, type YAMLMap, type YAMLSeq } from 'yaml'
import { annotations } from './annotations.ts'
import { INTERVAL } from './groups.ts'
import { type Alert, type Group, isAlert, type Recording } from './model.ts'

const HEAD = ` Made by grafana/generate.ts; do not edit. Complete and valid for promtool as it stands; for a Prometheus without the
 Operator load this file. The chart makes a PrometheusRule of it and keeps to these conventions:
 1. A selector says job="webhook-error-exporter". The chart writes the release's job and namespace in its place.
 2. The number that \`rules.overrides.ALERT.threshold\` replaces is followed by the comment "# threshold" at the end of its line.
 3. runbook_url, dashboard_url and api_url begin with addresses that \`rules.runbookUrl\`, \`rules.grafanaUrl\` and
    \`config.admin.externalUrl\` replace; without a value the chart leaves the last two out.`

const severityLabel = ({ severity }: Alert): string =>
  severity === 'endpoint' ? '{{ or $labels.severity "critical" }}' : severity

function plain(rule: Alert | Recording): Record<string, unknown> {
  if (!isAlert(rule)) return { record: rule.record, expr: `${rule.expr}\n` }
  return {
    alert: rule.alert,
    expr: `${rule.expr}\n`,
    ...(rule.for && { for: rule.for }),
    ...(rule.keepFiringFor && { keep_firing_for: rule.keepFiringFor }),
    labels: { severity: severityLabel(rule) },
    annotations: annotations(rule),
  }
}

/** A rule file for Prometheus; the same bytes for the same rules. */
export function renderGroup({ name, rules }: Group): string {
  const document = new Document({ groups: [{ name, interval: INTERVAL, rules: rules.map(plain) }] })
  document.commentBefore = HEAD
  visit(document, {
    Pair(_, pair: Pair) {
      const { key, value } = pair
      if (isScalar(key) && key.value === 'expr' && isScalar(value)) value.type = Scalar.BLOCK_LITERAL
    },
  })
  const nodes = document.getIn(['groups', 0, 'rules']) as YAMLSeq<YAMLMap>
  for (const [index, node] of nodes.items.entries()) {
    const { why } = rules[index]!
    if (why && isMap(node)) node.commentBefore = ` ${why}`
    if (index > 0) node.spaceBefore = true
  }
  return document.toString({ lineWidth: 0 })
}
