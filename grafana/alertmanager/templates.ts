/**
 * Texts of a notification. Each text is self-contained because an AlertmanagerConfig cannot load template files, so the chart
 * inlines it. A group holds one alert name (see GROUPING), so one headline fits them all.
 *
 * A message holds all of its group. What began or ended since the message before is shown in full; what was told then is not
 * told again: of what still fails, only the names. If nothing is new, the message repeats what fires.
 */

/**
 * Seconds that something is new: `group_interval`, and what an evaluation and a notification take. Alerts begin and end with
 * evaluations, and messages are sent 10 s after one, so there is room.
 */
export const NEW = 92
const began = `lt (since .StartsAt).Seconds ${NEW}.0`
const ended = `lt (since .EndsAt).Seconds ${NEW}.0`
/** Templates have no arithmetic: a dot for each. */
const count = (name: string, list: string, condition: string): string =>
  `{{ $${name} := "" }}{{ range ${list} }}{{ if ${condition} }}{{ $${name} = printf "%s." $${name} }}{{ end }}{{ end }}`
/** What is shown in full: `$fires` and `$ends`, and whether all that fires is (`$all`). */
const COUNTS =
  `${count('begun', '.Alerts.Firing', began)}${count('over', '.Alerts.Resolved', ended)}` +
  `{{ $all := not (or $begun $over) }}${count('fires', '.Alerts.Firing', `or $all (${began})`)}` +
  `${count('ends', '.Alerts.Resolved', `or (and $all (not $fires)) (${ended})`)}`
/** Each of those. */
const FIRES = `or $all (${began})`
const ENDS = `or (and $all (not $fires)) (${ended})`
const ofAlert = (condition: string): string => condition.replaceAll('since .', 'since $alert.')
const FIRES_OF_ALERT = ofAlert(FIRES)
const ENDS_OF_ALERT = ofAlert(ENDS)

/** Owner, otherwise the release. */
const WHO =
  '{{ if .GroupLabels.team }}team {{ .GroupLabels.team }}{{ else }}{{ .GroupLabels.namespace }}/{{ .GroupLabels.job }}{{ end }}'

/** A single alert by endpoint and cause, several by their count and what they share. */
const title =
  `${COUNTS}{{ $one := index .Alerts 0 }}{{ $count := $fires }}` +
  `{{ if $fires }}{{ range .Alerts.Firing }}{{ if ${FIRES} }}{{ $one = . }}{{ end }}{{ end }}` +
  `{{ else }}{{ $count = $ends }}Resolved: {{ range .Alerts.Resolved }}{{ if ${ENDS} }}{{ $one = . }}{{ end }}{{ end }}{{ end }}` +
  `{{ if gt (len $count) 1 }}{{ len $count }} × {{ $one.Annotations.summary }}` +
  `{{ else }}{{ with $one }}{{ with .Labels.endpoint }}{{ . }}: {{ end }}{{ or .Annotations.headline .Annotations.summary }}{{ end }}{{ end }}` +
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

/** Alerts that are shown in full. Of the others there are names, at most so many. */
const SHOWN = 5
const NAMED = 30
/** Characters of a check, and of a check with what precedes it, that leave room for the rest on a phone. */
const LONG = 260
const FITS = 330
const TIME = '.UTC.Format "2006-01-02 15:04:05"'

const text = ({ bold, link, hidesUrls, plain, line }: Words): string => {
  const annotation = (name: string, before = '', after = line): string =>
    `{{ with .Annotations.${name} }}${before}${plain('.')}${after}{{ end }}`
  const best = `{{ if .Annotations.api_url }}${link('Incident', '{{ .Annotations.api_url }}')}{{ else if .Annotations.remedy_url }}${link('Cause', '{{ .Annotations.remedy_url }}')}{{ else }}${link('Runbook', '{{ .Annotations.runbook_url }}')}{{ end }}${line}`
  /** Incident, cause and runbook; where addresses are visible, the best of them. */
  const links = hidesUrls
    ? `{{ with .Annotations.api_url }}${link('Incident', '{{ . }}')} · {{ end }}{{ with .Annotations.remedy_url }}${link('Cause', '{{ . }}')} · {{ end }}{{ with .Annotations.dashboard_url }}${link('Dashboard', '{{ . }}')} · {{ end }}${link('Runbook', '{{ .Annotations.runbook_url }}')}${line}`
    : best
  const name = 'or .Labels.endpoint .Labels.hook .Labels.source .Labels.job'
  const owner =
    'Owner: {{ with .Labels.team }}{{ . }}{{ else }}{{ if .Labels.endpoint }}not configured{{ else }}the operators of {{ with .Labels.namespace }}{{ . }}/{{ end }}{{ .Labels.job }}{{ end }}{{ end }}'
  const event = `{{ with .Annotations.event }} (${plain('.')}){{ end }}`
  const since = '{{ with .Annotations.since }} since {{ . }}{{ end }}'
  // A command that does not fit is left to the link; what it is for is kept.
  const check =
    `{{ with .Annotations.first_check }}${bold('Check:')} ` +
    `{{ if gt (len .) ${LONG} }}{{ $short := reReplaceAll ":? [(]?[\`].*" "" . }}${plain('$short')} (command: see the link){{ else }}${plain('.')}{{ end }}${line}{{ end }}`
  // What the probe adds to the platform's words is left to the link where it does not fit beside the check.
  const described =
    '{{ $said := .Annotations.description }}' +
    `{{ if gt (len (printf "%s%s" $said .Annotations.first_check)) ${FITS} }}{{ $said = reReplaceAll "([)][.]) .*" "$1" $said }}{{ end }}` +
    `${plain('$said')}${line}`
  const one =
    `${bold('{{ .Labels.severity | toUpper }}')}${since}${line}` +
    `${owner}${event}${line}` +
    annotation('instance', 'Instance: ') +
    described +
    annotation('endpoints', 'Endpoints: ') +
    check +
    links
  /** One of several: who, what and since when in a line. */
  const each = `${bold(plain(name))}: ${plain('or .Annotations.headline .Annotations.summary')}${since}${line}${check}${best}`
  const over =
    annotation('proof') +
    `{{ if .Annotations.lost_since }}Lost: deliveries from {{ .Annotations.lost_since }} until {{ or .Annotations.lost_until (printf "%s UTC at the latest" (.EndsAt${TIME})) }}.${line}${annotation('recovery')}{{ end }}` +
    `{{ with .Annotations.unobserved_since }}Not observed: from {{ . }} until {{ $alert.EndsAt${TIME} }} UTC. Compare the platform’s own list of failed deliveries for that time.${line}{{ end }}` +
    links
  /** Those that a condition picks, the first five in full. */
  const list = (alerts: string, condition: string, full: string, state: string): string =>
    `{{ $shown := "" }}{{ $rest := "" }}{{ range $alert := ${alerts} }}{{ if ${condition} }}{{ $shown = printf "%s." $shown }}` +
    `{{ if le (len $shown) ${SHOWN} }}{{ with $alert }}${full}{{ end }}` +
    `{{ else if le (len $shown) ${SHOWN + NAMED} }}{{ $rest = printf "%s, %s" $rest (${name.replaceAll('.Labels', '$alert.Labels')}) }}{{ end }}{{ end }}{{ end }}` +
    `{{ if $rest }}{{ $rest = reReplaceAll "^, " "" $rest }}{{ len $shown }} in all. The others: ${plain('$rest')}${line}` +
    `{{ with (index .Alerts 0).Annotations.api_url }}${link('All', `{{ reReplaceAll "[?].*" "?state=${state}" . }}`)}${line}{{ end }}{{ end }}`
  const still =
    `{{ if not $all }}{{ $still := "" }}{{ range .Alerts.Firing }}{{ if not (${began}) }}{{ if lt (len $still) 1000 }}{{ $still = printf "%s, %s" $still (${name}) }}{{ end }}{{ end }}{{ end }}` +
    `{{ if $still }}{{ $still = reReplaceAll "^, " "" $still }}Still failing: ${plain('$still')}${line}{{ end }}{{ end }}`
  return (
    COUNTS +
    `{{ if eq (len $fires) 1 }}{{ range .Alerts.Firing }}{{ if ${FIRES} }}${one}{{ end }}{{ end }}` +
    `{{ else if $fires }}{{ with index .Alerts.Firing 0 }}${bold('{{ .Labels.severity | toUpper }}')}${line}${owner}${line}{{ end }}${list('.Alerts.Firing', FIRES_OF_ALERT, each, 'open')}{{ end }}` +
    `{{ if eq (len $ends) 1 }}{{ range $alert := .Alerts.Resolved }}{{ if ${ENDS_OF_ALERT} }}{{ with $alert }}${bold('RESOLVED')} ${plain(name)}${line}${over}{{ end }}{{ end }}{{ end }}` +
    `{{ else if $ends }}${bold('RESOLVED')}${line}${list('.Alerts.Resolved', ENDS_OF_ALERT, `${bold(plain(name))}: ${over}`, 'closed')}{{ end }}` +
    still
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
