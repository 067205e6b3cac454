{{/* What files/rules writes in the place of what only a release knows; see its head for the conventions. */}}
{{- define "webhook-error-exporter.rules.constants" -}}
job: job="webhook-error-exporter"
threshold: '[-+]?[0-9][-+.0-9eE]*([ \t]*# threshold)'
runbookUrl: https://github.com/webhook-error-exporter/webhook-error-exporter/blob/main/docs/runbooks
grafanaUrl: https://grafana.example.com
apiUrl: https://webhook-error-exporter.example.com
remedyUrl: https://github.com/webhook-error-exporter/webhook-error-exporter/blob/main/docs/remedies
forward: service/{{ "{{ $labels.job }}" }}-admin 9464
{{- end }}

{{/* Where the runbooks are: the default is replaced by that of the chart's own version. */}}
{{- define "webhook-error-exporter.rules.runbookUrl" -}}
{{- $constants := include "webhook-error-exporter.rules.constants" . | fromYaml -}}
{{- $url := trimSuffix "/" .Values.rules.runbookUrl -}}
{{- if eq $url $constants.runbookUrl -}}{{ replace "/blob/main/" (printf "/blob/v%s/" .Chart.Version) $url }}{{- else -}}{{ $url }}{{- end -}}
{{- end }}

{{/* Where the pages of the causes are: next to the runbooks if those are in a folder of that name, else those of the chart's version. */}}
{{- define "webhook-error-exporter.rules.remedyUrl" -}}
{{- $constants := include "webhook-error-exporter.rules.constants" . | fromYaml -}}
{{- $url := include "webhook-error-exporter.rules.runbookUrl" . -}}
{{- if hasSuffix "/runbooks" $url -}}{{ trimSuffix "runbooks" $url }}remedies{{- else -}}{{ replace "/blob/main/" (printf "/blob/v%s/" .Chart.Version) $constants.remedyUrl }}{{- end -}}
{{- end }}

{{/* All groups of files/rules as they are: `groups: […]`. */}}
{{- define "webhook-error-exporter.rules.files" -}}
{{- $groups := list -}}
{{- range $path, $_ := .Files.Glob "files/rules/*.yaml" -}}
{{- $groups = concat $groups (get ($.Files.Get $path | fromYaml) "groups") -}}
{{- end -}}
{{- toYaml (dict "groups" $groups) }}
{{- end }}

{{/*
The groups of this release. Nothing here goes through `tpl`: the annotations are Prometheus's templates.
*/}}
{{- define "webhook-error-exporter.rules" -}}
{{- $constants := include "webhook-error-exporter.rules.constants" . | fromYaml -}}
{{- $values := .Values.rules -}}
{{- $runbooks := include "webhook-error-exporter.rules.runbookUrl" . -}}
{{- $remedies := include "webhook-error-exporter.rules.remedyUrl" . -}}
{{- $scope := printf "job=%q, namespace=%q" (include "webhook-error-exporter.job" .) .Release.Namespace -}}
{{- $forward := printf "service/%s-admin 9464:%d" (include "webhook-error-exporter.fullname" .) (int .Values.config.admin.port) -}}
{{- $groups := list -}}
{{- range get (include "webhook-error-exporter.rules.files" . | fromYaml) "groups" -}}
{{- $rules := list -}}
{{- range .rules -}}
{{- $_ := set . "expr" (.expr | toString | replace $constants.job $scope) -}}
{{- $override := get $values.overrides (.alert | default "") | default dict -}}
{{- if hasKey $override "threshold" -}}
{{- $_ := set . "expr" (regexReplaceAll $constants.threshold .expr (printf "%s${1}" (toString $override.threshold))) -}}
{{- end -}}
{{- if $override.for -}}{{- $_ := set . "for" $override.for -}}{{- end -}}
{{- if .alert -}}
{{- $labels := mergeOverwrite (.labels | default dict) (deepCopy $values.extraAlertLabels) ($override.labels | default dict) -}}
{{- with $override.severity }}{{ $_ := set $labels "severity" . }}{{ end -}}
{{- $_ := set . "labels" $labels -}}
{{- with .annotations -}}
{{- if .runbook_url }}{{ $_ := set . "runbook_url" (replace $constants.runbookUrl $runbooks .runbook_url) }}{{ end -}}
{{- if .remedy_url }}{{ $_ := set . "remedy_url" (replace $constants.remedyUrl $remedies .remedy_url) }}{{ end -}}
{{- if .dashboard_url -}}
{{- if $values.grafanaUrl -}}
{{- $_ := set . "dashboard_url" (replace $constants.grafanaUrl (trimSuffix "/" $values.grafanaUrl) .dashboard_url) -}}
{{- else -}}
{{- $_ := unset . "dashboard_url" -}}
{{- end -}}
{{- end -}}
{{- if $.Values.config.admin.externalUrl -}}
{{- if .api_url }}{{ $_ := set . "api_url" (replace $constants.apiUrl (trimSuffix "/" $.Values.config.admin.externalUrl) .api_url) }}{{ end -}}
{{- $_ := unset . "api_command" -}}
{{- else -}}
{{- $_ := unset . "api_url" -}}
{{- if .api_command }}{{ $_ := set . "api_command" (replace $constants.forward $forward .api_command) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if ne (toString $override.enabled) "false" }}{{ $rules = append $rules . }}{{ end -}}
{{- end -}}
{{- $_ := set . "rules" $rules -}}
{{- if $rules }}{{ $groups = append $groups . }}{{ end -}}
{{- end -}}
{{- toYaml (dict "groups" $groups) }}
{{- end }}
