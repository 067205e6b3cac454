{{/*
The sidecar form's named templates, for the application's own chart. Each takes this chart's context, `.Subcharts.NAME` of
the application's chart, and yields items for the place of its name. The README shows them in use.
*/}}
{{- define "webhook-error-exporter.sidecar.required" -}}
{{- if not (and (kindIs "map" .) (hasKey . "Values")) -}}
{{- fail "webhook-error-exporter: pass the dependency's context, {{ include \"webhook-error-exporter.sidecar.…\" .Subcharts.NAME }} (NAME is its alias), inside an `if` on the dependency's condition" -}}
{{- end -}}
{{- if not (include "webhook-error-exporter.sidecar" .) -}}
{{- fail (printf "webhook-error-exporter: the sidecar's templates are included, but the dependency runs as %s; set mode: sidecar in its values" .Values.mode) -}}
{{- end -}}
{{- include "webhook-error-exporter.validate" . -}}
{{- end }}

{{- define "webhook-error-exporter.sidecar.initContainers" -}}
{{- include "webhook-error-exporter.sidecar.required" . -}}
- {{ include "webhook-error-exporter.container" . | nindent 2 | trim }}
{{- end }}

{{- define "webhook-error-exporter.sidecar.volumes" -}}
{{- include "webhook-error-exporter.sidecar.required" . -}}
{{- include "webhook-error-exporter.volumes" . }}
{{- end }}

{{/* Empty unless `sidecar.workload` is StatefulSet and the journal is an SQLite file on a volume. */}}
{{- define "webhook-error-exporter.sidecar.volumeClaimTemplates" -}}
{{- include "webhook-error-exporter.sidecar.required" . -}}
{{- include "webhook-error-exporter.volumeClaimTemplates" . | trim }}
{{- end }}

{{- define "webhook-error-exporter.sidecar.podLabels" -}}
{{- include "webhook-error-exporter.sidecar.required" . -}}
{{- mergeOverwrite (deepCopy .Values.podLabels) (include "webhook-error-exporter.selectorLabels" . | fromYaml) | toYaml }}
{{- end }}

{{- define "webhook-error-exporter.sidecar.podAnnotations" -}}
{{- include "webhook-error-exporter.sidecar.required" . -}}
{{- include "webhook-error-exporter.podAnnotations" . }}
{{- end }}

{{/* Changes with the configuration, and with nothing else; podAnnotations has it already. */}}
{{- define "webhook-error-exporter.sidecar.configChecksum" -}}
{{- include "webhook-error-exporter.sidecar.required" . -}}
{{- include "webhook-error-exporter.configChecksum" . }}
{{- end }}

{{/* Lets the sidecar write to a volume that is mounted; for `securityContext` of the pod. Empty on OpenShift. */}}
{{- define "webhook-error-exporter.sidecar.podSecurityContext" -}}
{{- include "webhook-error-exporter.sidecar.required" . -}}
{{- if not .Values.openshift -}}
fsGroup: {{ .Values.runAs.group }}
fsGroupChangePolicy: OnRootMismatch
{{- end -}}
{{- end }}

{{- define "webhook-error-exporter.sidecar.imagePullSecrets" -}}
{{- include "webhook-error-exporter.sidecar.required" . -}}
{{- include "webhook-error-exporter.imagePullSecrets" . | trim }}
{{- end }}
