{{- define "webhook-error-exporter.podAnnotations" -}}
{{- $annotations := dict "webhook-error-exporter.github.io/config-checksum" (include "webhook-error-exporter.configChecksum" .) -}}
{{- $annotations = mergeOverwrite $annotations (include "webhook-error-exporter.scrapeAnnotations" . | fromYaml) -}}
{{- mergeOverwrite (deepCopy .Values.podAnnotations) $annotations | toYaml }}
{{- end }}

{{/* The pod of the stand-alone form, for StatefulSet and Deployment. */}}
{{- define "webhook-error-exporter.podTemplate" -}}
metadata:
  labels:
    {{- /* Not the chart's version: a new chart with the same image and configuration need not roll the pods. */ -}}
    {{- $labels := omit (include "webhook-error-exporter.labels" . | fromYaml) "helm.sh/chart" "app.kubernetes.io/managed-by" }}
    {{- mergeOverwrite $labels .Values.podLabels (include "webhook-error-exporter.selectorLabels" . | fromYaml) | toYaml | nindent 4 }}
  annotations:
    {{- include "webhook-error-exporter.podAnnotations" . | nindent 4 }}
spec:
  serviceAccountName: {{ include "webhook-error-exporter.serviceAccountName" . | quote }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
  {{- with include "webhook-error-exporter.imagePullSecrets" . | trim }}
  imagePullSecrets:
    {{- . | nindent 4 }}
  {{- end }}
  securityContext:
    {{- include "webhook-error-exporter.podSecurityContext" . | nindent 4 }}
  {{- with .Values.extraInitContainers }}
  initContainers:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - {{ include "webhook-error-exporter.container" . | nindent 6 | trim }}
    {{- with .Values.extraContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  volumes:
    {{- include "webhook-error-exporter.volumes" . | nindent 4 }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . | quote }}
  {{- end }}
  {{- with .Values.runtimeClassName }}
  runtimeClassName: {{ . | quote }}
  {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- range . }}
    {{- $constraint := deepCopy . }}
    {{- if not .labelSelector }}
    {{- $_ := set $constraint "labelSelector" (dict "matchLabels" (include "webhook-error-exporter.selectorLabels" $ | fromYaml)) }}
    {{- end }}
    - {{ toYaml $constraint | nindent 6 | trim }}
    {{- end }}
  {{- end }}
{{- end }}
