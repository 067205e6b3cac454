/**
 * What a notification says: enough to act on without opening anything. Each text stands for itself, since an
 * AlertmanagerConfig cannot load files: there it is written out.
 */
const WHO = '{{ with .GroupLabels.team }}{{ . }}: {{ end }}{{ .GroupLabels.namespace }}/{{ .GroupLabels.job }}'

const title = `{{ if .Alerts.Firing }}{{ len .Alerts.Firing }} firing{{ else }}Resolved{{ end }} · {{ (index .Alerts 0).Annotations.summary }} · ${WHO}`

interface Words {
  readonly bold: (text: string) => string
  readonly link: (name: string, url: string) => string
  readonly code: (text: string) => string
  readonly line: string
}

/** Ten alerts in full, the rest by number: thirty endpoints are one notification. */
const text = ({ bold, link, code, line }: Words): string =>
  `{{ range $index, $alert := .Alerts }}{{ if lt $index 10 }}` +
  bold('{{ if eq .Status "resolved" }}RESOLVED{{ else }}{{ .Labels.severity | toUpper }}{{ end }}') +
  ` {{ or .Labels.endpoint .Labels.source .Labels.job }} · {{ .Annotations.summary }}${line}` +
  `{{ if eq .Status "firing" }}{{ .Annotations.description }}${line}` +
  `{{ with .Annotations.cause }}Cause: ${bold('{{ . }}')}, code {{ $alert.Annotations.code }}, since {{ $alert.Annotations.since }}, {{ $alert.Annotations.failures_last_hour }} in the last hour${line}{{ end }}` +
  `{{ with .Annotations.first_check }}First check: {{ . }}${line}{{ end }}` +
  link('Runbook', '{{ .Annotations.runbook_url }}') +
  `{{ with .Annotations.dashboard_url }} · ${link('Dashboard', '{{ . }}')}{{ end }}` +
  `{{ with .Annotations.api_url }} · ${link('Incident', '{{ . }}')}{{ end }}${line}` +
  `{{ if not .Annotations.api_url }}{{ with .Annotations.api_command }}Incident: ${code('{{ . }}')}${line}{{ end }}{{ end }}` +
  `{{ end }}${line}{{ end }}{{ end }}` +
  `{{ if gt (len .Alerts) 10 }}and more: {{ len .Alerts }} in all${line}{{ end }}`

export const TEMPLATES = {
  title,
  slack: text({
    bold: (it) => `*${it}*`,
    link: (name, url) => `<${url}|${name}>`,
    code: (it) => `\`${it}\``,
    line: '\n',
  }),
  plain: text({ bold: (it) => it, link: (name, url) => `${name}: ${url}`, code: (it) => it, line: '\n' }),
  html: text({
    bold: (it) => `<b>${it}</b>`,
    link: (name, url) => `<a href="${url}">${name}</a>`,
    code: (it) => `<code>${it}</code>`,
    line: '<br>\n',
  }),
} as const

/** The template file for Alertmanager. */
export const templateFile = (): string =>
  `{{/* Made by grafana/generate.ts; do not edit. */}}\n${Object.entries(TEMPLATES)
    .map(([name, body]) => `{{ define "webhooks.${name}" }}${body}{{ end }}\n`)
    .join('')}`
