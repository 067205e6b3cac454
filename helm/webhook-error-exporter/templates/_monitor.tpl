{{/*
Name of an object for monitoring, which may be in the namespace of Prometheus or Grafana; there it carries that of the release's,
since other namespaces may have a release of the same name. Takes a list: root, the object's values.
*/}}
{{- define "webhook-error-exporter.monitoringName" -}}
{{- $root := first . -}}
{{- $values := last . -}}
{{- $name := include "webhook-error-exporter.fullname" $root -}}
{{- if and $values.namespace (ne $values.namespace $root.Release.Namespace) -}}
{{- $name = printf "%s-%s" $root.Release.Namespace $name -}}
{{- end -}}
{{- $name -}}
{{- end }}

{{- define "webhook-error-exporter.monitoringMetadata" -}}
{{- $root := first . -}}
{{- $values := last . -}}
{{- $name := include "webhook-error-exporter.monitoringName" . -}}
{{- include "webhook-error-exporter.metadata" (dict "root" $root "name" $name "namespace" $values.namespace "labels" (list $root.Values.monitoring.labels $values.labels)) -}}
{{- end }}

{{/* What ServiceMonitor and PodMonitor say alike of an endpoint. Takes a list: root, the monitor's values. */}}
{{- define "webhook-error-exporter.monitorEndpoint" -}}
{{- $root := first . -}}
{{- $monitor := last . -}}
path: /metrics
{{- if $monitor.tlsConfig }}
scheme: https
tlsConfig:
  {{- toYaml $monitor.tlsConfig | nindent 2 }}
{{- else }}
scheme: http
{{- end }}
interval: {{ $root.Values.monitoring.interval }}
scrapeTimeout: {{ $root.Values.monitoring.scrapeTimeout }}
{{- with $root.Values.admin.metricsToken }}
{{- if .existingSecret }}
authorization:
  type: Bearer
  credentials:
    name: {{ .existingSecret | quote }}
    key: {{ .key | quote }}
{{- end }}
{{- end }}
relabelings:
  # The Operator writes the port's name into the label `endpoint`, which is ours.
  - action: labeldrop
    regex: endpoint
  # The same job whichever way the pods were found; the rules ask for it.
  - action: replace
    targetLabel: job
    replacement: {{ include "webhook-error-exporter.job" $root | quote }}
  {{- with $monitor.relabelings }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with $monitor.metricRelabelings }}
metricRelabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
