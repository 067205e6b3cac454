/**
 * What a notification says: enough to act on without opening anything. Each text stands for itself, since an
 * AlertmanagerConfig cannot load files: there it is written out.
 */
const WHO = '{{ with .GroupLabels.team }}{{ . }}: {{ end }}{{ .GroupLabels.namespace }}/{{ .GroupLabels.job }}'

/** One alert by its endpoint and cause, several by their number. */
const title =
  // The end of what an inhibition kept silent rides along: lost deliveries say more.
  '{{ $first := index .Alerts 0 }}{{ range .Alerts }}{{ if and .Annotations.recovery (not $first.Annotations.recovery) }}{{ $first = . }}{{ end }}{{ end }}' +
  '{{ $count := len .Alerts.Firing }}{{ if gt $count 1 }}{{ $count }} firing{{ else if eq $count 0 }}Resolved{{ end }}' +
  '{{ if eq $count 1 }}{{ with index .Alerts.Firing 0 }}{{ with .Labels.endpoint }}{{ . }}: {{ end }}{{ .Annotations.summary }}{{ with .Annotations.cause }} ({{ . }}){{ end }}{{ end }}' +
  '{{ else }} · {{ with $first }}{{ with .Labels.endpoint }}{{ . }}: {{ end }}{{ .Annotations.summary }}{{ end }}{{ end }}' +
  ` · ${WHO}`

interface Words {
  readonly bold: (text: string) => string
  readonly link: (name: string, url: string) => string
  readonly code: (text: string) => string
  /** What makes a template's value plain text. */
  readonly plain: (value: string) => string
  readonly line: string
}

/** Ten alerts in full, the rest by number: thirty endpoints are one notification. */
const text = ({ bold, link, code, plain, line }: Words): string => {
  const said = (name: string, before = '', after = line) =>
    `{{ with .Annotations.${name} }}${before}${plain('.')}${after}{{ end }}`
  const firing =
    `{{ if .Annotations.why }}${said('why')}{{ else }}${plain('.Annotations.description')}${line}{{ end }}` +
    `{{ with .Annotations.cause }}Since {{ $alert.Annotations.since }}, {{ $alert.Annotations.failures_last_hour }} in the last hour. Cause ${bold('{{ . }}')}, the platform’s code {{ $alert.Annotations.code }}{{ with $alert.Annotations.event }}, event ${plain('.')}{{ end }}${line}{{ end }}` +
    said('first_check', `${bold('Check:')} `) +
    said('fix', `${bold('Fix:')} `)
  const resolved =
    `{{ with .Annotations.recovery }}Lost: deliveries since {{ $alert.Annotations.lost_since }}, until {{ $alert.EndsAt.UTC.Format "2006-01-02 15:04:05" }} UTC at the latest. Read again, for each merchant: {{ . }}${line}` +
    `{{ with $alert.Annotations.caution }}{{ . }}${line}{{ end }}` +
    `The incident has the exact times and the requests:${line}{{ end }}`
  const links =
    `{{ with .Annotations.api_url }}${link('Incident', '{{ . }}')}${line}{{ end }}` +
    `{{ if not .Annotations.api_url }}{{ with .Annotations.api_command }}Incident: ${code(plain('.'))}${line}{{ end }}{{ end }}`
  return (
    `{{ range $index, $alert := .Alerts }}{{ if lt $index 10 }}` +
    bold('{{ if eq .Status "resolved" }}RESOLVED{{ else }}{{ .Labels.severity | toUpper }}{{ end }}') +
    ` ${plain('(or .Labels.endpoint .Labels.source .Labels.job)')} · {{ .Annotations.summary }}${line}` +
    `{{ if eq .Status "firing" }}${firing}${links}` +
    `${link('Runbook', '{{ .Annotations.runbook_url }}')}${line}` +
    `{{ with .Annotations.dashboard_url }}${link('Dashboard', '{{ . }}')}${line}{{ end }}` +
    `{{ else if .Annotations.recovery }}${resolved}${links}{{ end }}${line}{{ end }}{{ end }}` +
    `{{ if gt (len .Alerts) 10 }}and more: {{ len .Alerts }} in all${line}{{ end }}`
  )
}

const asItIs = (value: string): string => `{{ ${value} }}`
/** Slack takes these three as markup (its "Formatting text for app surfaces"). */
const forSlack = (value: string): string =>
  `{{ ${value} | reReplaceAll "&" "&amp;" | reReplaceAll "<" "&lt;" | reReplaceAll ">" "&gt;" }}`

export const TEMPLATES = {
  title,
  slack: text({
    bold: (it) => `*${it}*`,
    link: (name, url) => `<${url}|${name}>`,
    code: (it) => `\`${it}\``,
    plain: forSlack,
    line: '\n',
  }),
  plain: text({
    bold: (it) => it,
    link: (name, url) => `${name}: ${url}`,
    code: (it) => it,
    plain: asItIs,
    line: '\n',
  }),
  html: text({
    bold: (it) => `<b>${it}</b>`,
    link: (name, url) => `<a href="${url}">${name}</a>`,
    code: (it) => `<code>${it}</code>`,
    plain: asItIs,
    line: '<br>\n',
  }),
} as const

/** The template file for Alertmanager. */
export const templateFile = (): string =>
  `{{/* Made by grafana/generate.ts; do not edit. */}}\n${Object.entries(TEMPLATES)
    .map(([name, body]) => `{{ define "webhooks.${name}" }}${body}{{ end }}\n`)
    .join('')}`
