/**
 * Texts of a notification, at most twelve lines on a phone. Each text is self-contained because an AlertmanagerConfig cannot
 * load template files, so the chart inlines it. A group holds one alert name (see GROUPING), so one headline fits them all.
 */

/** Owner, otherwise the release. */
const WHO =
  '{{ if .GroupLabels.team }}team {{ .GroupLabels.team }}{{ else }}{{ .GroupLabels.namespace }}/{{ .GroupLabels.job }}{{ end }}'

/** What an alert is about. */
const SUBJECT = '{{ with .Labels.endpoint }}{{ . }}: {{ end }}'
/** A single alert by endpoint and cause, several by their count and what they share. */
const title =
  `{{ $alerts := .Alerts.Firing }}{{ if not $alerts }}{{ $alerts = .Alerts.Resolved }}Resolved: {{ end }}` +
  `{{ $count := len $alerts }}{{ with index $alerts 0 }}` +
  `{{ if gt $count 1 }}{{ $count }} × {{ .Annotations.summary }}` +
  `{{ else }}${SUBJECT}{{ or .Annotations.headline .Annotations.summary }}{{ end }}{{ end }}` +
  ` (${WHO})`

interface Words {
  readonly bold: (text: string) => string
  readonly link: (name: string, url: string) => string
  /** Whether links hide their address, so that several fit into one line. */
  readonly hidesUrls: boolean
  /** Renders a template value as plain text, escaped for the medium. */
  readonly plain: (value: string) => string
  readonly line: string
}

/** More alerts than these are counted. */
const SHOWN = 5
/** Characters of a check, and of a check with what precedes it, that leave room for the rest on a phone. */
const LONG = 260
const FITS = 290

const text = ({ bold, link, hidesUrls, plain, line }: Words): string => {
  const annotation = (name: string, before = '', after = line): string =>
    `{{ with .Annotations.${name} }}${before}${plain('.')}${after}{{ end }}`
  /** Incident, cause and runbook; where addresses are visible, the best of them. */
  const links = hidesUrls
    ? `{{ with .Annotations.api_url }}${link('Incident', '{{ . }}')} · {{ end }}{{ with .Annotations.remedy_url }}${link('Cause', '{{ . }}')} · {{ end }}{{ with .Annotations.dashboard_url }}${link('Dashboard', '{{ . }}')} · {{ end }}${link('Runbook', '{{ .Annotations.runbook_url }}')}${line}`
    : `{{ if .Annotations.api_url }}${link('Incident', '{{ .Annotations.api_url }}')}{{ else if .Annotations.remedy_url }}${link('Cause', '{{ .Annotations.remedy_url }}')}{{ else }}${link('Runbook', '{{ .Annotations.runbook_url }}')}{{ end }}${line}`
  const owner = 'Owner: {{ or .Labels.team "not configured" }}'
  const event = `{{ with .Annotations.event }} (${plain('.')}){{ end }}`
  const since = '{{ with .Annotations.since }} since {{ . }}{{ end }}'
  // A command that does not fit is left to the link; what it is for is kept.
  const check =
    `{{ with .Annotations.first_check }}${bold('Check:')} ` +
    `{{ if gt (len .) ${LONG} }}{{ $short := reReplaceAll ":? [(]?[\`].*" "" . }}${plain('$short')} (command: see the link){{ else }}${plain('.')}{{ end }}${line}{{ end }}`
  const one =
    `${bold('{{ .Labels.severity | toUpper }}')}${since}${line}` +
    `${owner}${event}${line}` +
    // The platform's own words, and what the probe adds to them if both fit beside the check.
    '{{ $said := .Annotations.platform }}{{ $both := printf "%s %s" $said .Annotations.verdict | reReplaceAll "^ +| +$" "" }}' +
    `{{ if le (len (printf "%s%s" $both .Annotations.first_check)) ${FITS} }}{{ $said = $both }}{{ end }}` +
    `{{ if $said }}${plain('$said')}${line}{{ else }}${plain('.Annotations.description')}${line}{{ end }}` +
    annotation('endpoints', 'Endpoints: ') +
    check +
    links
  const ended =
    `{{ if .Annotations.lost_since }}Lost: deliveries from {{ .Annotations.lost_since }} until {{ .EndsAt.UTC.Format "2006-01-02 15:04:05" }} UTC at the latest.${line}` +
    `${annotation('recovery', 'Recover, for each merchant: ')}${annotation('caution')}{{ end }}` +
    links
  const several = (detail: string): string =>
    `{{ range $index, $alert := $alerts }}{{ if lt $index ${SHOWN} }}${plain('or .Labels.endpoint .Labels.source .Labels.job')}${detail}${line}{{ end }}{{ end }}` +
    `{{ if gt $count ${SHOWN} }}… {{ $count }} in total${line}{{ end }}`
  const cause = '{{ with .Annotations.cause }}: {{ reReplaceAll "_" " " . }}{{ end }}'
  return (
    '{{ $alerts := .Alerts.Firing }}{{ if $alerts }}{{ $count := len $alerts }}' +
    `{{ if eq $count 1 }}{{ with index $alerts 0 }}${one}{{ end }}` +
    `{{ else }}{{ with index $alerts 0 }}${bold('{{ .Labels.severity | toUpper }}')}${since}${line}${owner}${line}{{ end }}${several(cause)}{{ with index $alerts 0 }}${links}{{ end }}{{ end }}` +
    '{{ else }}{{ $alerts = .Alerts.Resolved }}{{ $count := len $alerts }}' +
    `{{ if eq $count 1 }}{{ with index $alerts 0 }}${bold('RESOLVED')}${line}${ended}{{ end }}` +
    `{{ else }}${bold('RESOLVED')}${line}${several('')}{{ with index $alerts 0 }}{{ if .Annotations.lost_since }}Each incident shows what was lost and how to recover it.${line}{{ end }}${links}{{ end }}{{ end }}{{ end }}`
  )
}

const asItIs = (value: string): string => `{{ ${value} }}`
/** Slack treats these three characters as markup (its "Formatting text for app surfaces"). */
const forSlack = (value: string): string =>
  `{{ ${value} | reReplaceAll "&" "&amp;" | reReplaceAll "<" "&lt;" | reReplaceAll ">" "&gt;" }}`

export const TEMPLATES = {
  title,
  slack: text({
    bold: (it) => `*${it}*`,
    link: (name, url) => `<${url}|${name}>`,
    hidesUrls: true,
    plain: forSlack,
    line: '\n',
  }),
  plain: text({
    bold: (it) => it,
    link: (name, url) => `${name}: ${url}`,
    hidesUrls: false,
    plain: asItIs,
    line: '\n',
  }),
  html: text({
    bold: (it) => `<b>${it}</b>`,
    link: (name, url) => `<a href="${url}">${name}</a>`,
    hidesUrls: true,
    plain: asItIs,
    line: '<br>\n',
  }),
} as const

/** The template file for Alertmanager. */
export const templateFile = (): string =>
  `{{/* Generated by grafana/generate.ts; do not edit. */}}\n${Object.entries(TEMPLATES)
    .map(([name, body]) => `{{ define "webhooks.${name}" }}${body}{{ end }}\n`)
    .join('')}`
