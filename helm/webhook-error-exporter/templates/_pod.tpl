{{- define "webhook-error-exporter.podAnnotations" -}}
{{- $annotations := dict "webhook-error-exporter.github.io/config-checksum" (include "webhook-error-exporter.configChecksum" .) -}}
{{- $annotations = mergeOverwrite $annotations (include "webhook-error-exporter.scrapeAnnotations" . | fromYaml) -}}
{{- mergeOverwrite (deepCopy (.Values.podAnnotations | default dict)) $annotations | toYaml }}
{{- end }}

{{/*
One pod spec laid over another, as YAML. Takes a list: base, overlay. Maps merge key by key, containers, volumes and pull secrets by the items' names,
and any other list is replaced.
*/}}
{{- define "webhook-error-exporter.mergePodSpec" -}}
{{- $base := deepCopy (first .) -}}
{{- $overlay := deepCopy (last .) -}}
{{- range $key := list "initContainers" "containers" "volumes" "imagePullSecrets" -}}
{{- if hasKey $overlay $key -}}
{{- $merged := list -}}
{{- $left := dict -}}
{{- range get $overlay $key }}{{ $_ := set $left .name . }}{{ end -}}
{{- range get $base $key | default list -}}
{{- $merged = append $merged (mergeOverwrite . (get $left .name | default dict)) -}}
{{- $left = unset $left .name -}}
{{- end -}}
{{- range get $overlay $key }}{{ if hasKey $left .name }}{{ $merged = append $merged . }}{{ end }}{{ end -}}
{{- $_ := set $overlay $key $merged -}}
{{- end -}}
{{- end -}}
{{- toYaml (mergeOverwrite $base $overlay) }}
{{- end }}

{{/* The pod of the stand-alone form, for StatefulSet and Deployment. */}}
{{- define "webhook-error-exporter.podTemplate" -}}
metadata:
  labels:
    {{- /* Not the chart's version: a new chart with the same image and configuration need not roll the pods. */ -}}
    {{- $labels := omit (include "webhook-error-exporter.labels" . | fromYaml) "helm.sh/chart" "app.kubernetes.io/managed-by" }}
    {{- mergeOverwrite $labels (.Values.podLabels | default dict) (include "webhook-error-exporter.selectorLabels" . | fromYaml) | toYaml | nindent 4 }}
  annotations:
    {{- include "webhook-error-exporter.podAnnotations" . | nindent 4 }}
spec:
  {{- include "webhook-error-exporter.mergePodSpec" (list (include "webhook-error-exporter.podSpec" . | fromYaml) (.Values.podSpec | default dict)) | nindent 2 }}
{{- end }}

{{- define "webhook-error-exporter.podSpec" -}}
serviceAccountName: {{ include "webhook-error-exporter.serviceAccountName" . | quote }}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
{{- with include "webhook-error-exporter.imagePullSecrets" . | trim }}
imagePullSecrets:
  {{- . | nindent 2 }}
{{- end }}
securityContext:
  {{- include "webhook-error-exporter.podSecurityContext" . | nindent 2 }}
{{- with .Values.extraInitContainers }}
initContainers:
  {{- toYaml . | nindent 2 }}
{{- end }}
containers:
  - {{ include "webhook-error-exporter.container" . | nindent 4 | trim }}
  {{- with .Values.extraContainers }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
volumes:
  {{- include "webhook-error-exporter.volumes" . | nindent 2 }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with .Values.runtimeClassName }}
runtimeClassName: {{ . | quote }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- range . }}
  {{- $constraint := deepCopy . }}
  {{- if not .labelSelector }}
  {{- $_ := set $constraint "labelSelector" (dict "matchLabels" (include "webhook-error-exporter.selectorLabels" $ | fromYaml)) }}
  {{- end }}
  - {{ toYaml $constraint | nindent 4 | trim }}
  {{- end }}
{{- end }}
{{- end }}
