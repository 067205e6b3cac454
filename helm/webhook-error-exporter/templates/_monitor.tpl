{{/* What ServiceMonitor and PodMonitor say alike of an endpoint. Takes a list: root, the monitor's values. */}}
{{- define "webhook-error-exporter.monitorEndpoint" -}}
{{- $root := first . -}}
{{- $monitor := last . -}}
path: /metrics
scheme: http
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
