{{/* Whether replicas share the journal: "true" with PostgreSQL, empty with SQLite. */}}
{{- define "webhook-error-exporter.shared" -}}
{{- if or .Values.journal.existingSecret (hasPrefix "postgres" .Values.config.journal.url) }}true{{ end -}}
{{- end }}

{{/* Port on which deliveries arrive, with `config.proxy`. */}}
{{- define "webhook-error-exporter.proxyPort" -}}
{{ int (.Values.config.proxy.port | default 8081) }}
{{- end }}

{{- define "webhook-error-exporter.adminTokensPath" -}}
/etc/webhook-error-exporter/admin
{{- end }}

{{- define "webhook-error-exporter.canaryPath" -}}
/etc/webhook-error-exporter/canary
{{- end }}

{{- define "webhook-error-exporter.simulationPath" -}}
/etc/webhook-error-exporter/simulation
{{- end }}

{{/* Whether reports can be marked as simulated or as verifications. */}}
{{- define "webhook-error-exporter.simulation" -}}
{{- if or (.Values.simulation | default dict).existingSecret .Values.config.simulation }}true{{ end -}}
{{- end }}

{{- define "webhook-error-exporter.journalPath" -}}
/etc/webhook-error-exporter/journal
{{- end }}

{{/* Whether a canary carries a bearer token. */}}
{{- define "webhook-error-exporter.canaryToken" -}}
{{- $open := false -}}
{{- range include "webhook-error-exporter.sources" . | fromJsonArray -}}
{{- if and (ne .auth "bearer") (hasSuffix .path (($.Values.config.canary | default dict).url | default "")) }}{{ $open = true }}{{ end -}}
{{- end -}}
{{- if not $open }}true{{ end -}}
{{- end }}

{{/* The configuration file: `config` and what other values mean for it. */}}
{{- define "webhook-error-exporter.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- $_ := set $config "sources" (include "webhook-error-exporter.configuredSources" . | fromYaml) -}}
{{- $folder := include "webhook-error-exporter.adminTokensPath" . -}}
{{- if and $config.proxy (not $config.proxy.host) -}}
{{- /* The service's own default is the loopback address. */ -}}
{{- $_ := set $config.proxy "host" "0.0.0.0" -}}
{{- end -}}
{{- if .Values.admin.apiToken.existingSecret -}}
{{- $_ := set $config.admin "apiToken" (dict "file" (printf "%s/api-token" $folder)) -}}
{{- end -}}
{{- if .Values.admin.metricsToken.existingSecret -}}
{{- $_ := set $config.admin "metricsToken" (dict "file" (printf "%s/metrics-token" $folder)) -}}
{{- end -}}
{{- if and .Values.canary.existingSecret $config.canary -}}
{{- $folder := include "webhook-error-exporter.canaryPath" . -}}
{{- $_ := set $config.canary "secret" (dict "file" (printf "%s/secret" $folder)) -}}
{{- if include "webhook-error-exporter.canaryToken" . -}}
{{- $_ := set $config.canary "token" (dict "file" (printf "%s/token" $folder)) -}}
{{- end -}}
{{- end -}}
{{- if (.Values.simulation | default dict).existingSecret -}}
{{- $_ := set $config "simulation" (dict "secret" (dict "file" (printf "%s/secret" (include "webhook-error-exporter.simulationPath" .)))) -}}
{{- end -}}
{{- if .Values.journal.existingSecret -}}
{{- /* JOURNAL_URL_FILE names the file with the URL. */ -}}
{{- $_ := unset $config.journal "url" -}}
{{- end -}}
{{- toYaml $config }}
{{- end }}

{{/* Rolls the pods with the configuration. Tokens are read again when they change, so they are no part of it. */}}
{{- define "webhook-error-exporter.configChecksum" -}}
{{ include "webhook-error-exporter.config" . | sha256sum }}
{{- end }}

{{- define "webhook-error-exporter.scrapeAnnotations" -}}
{{- if .Values.monitoring.annotations }}
prometheus.io/scrape: 'true'
prometheus.io/port: {{ .Values.config.admin.port | toString | quote }}
prometheus.io/path: /metrics
{{- end }}
{{- end }}
