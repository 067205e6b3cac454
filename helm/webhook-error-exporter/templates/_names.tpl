{{/*
Name in labels and selectors. Never .Chart.Name, which is the alias where this chart is a dependency under one: a selector
must stay what it is when the alias changes.
*/}}
{{- define "webhook-error-exporter.name" -}}
{{- .Values.nameOverride | default "webhook-error-exporter" -}}
{{- end }}

{{/*
Name of the release's objects, at most 52 characters: a StatefulSet's pods carry it with eleven more in a label of 63.
A hash keeps names apart that are equal in what is left of them.
*/}}
{{- define "webhook-error-exporter.fullname" -}}
{{- $name := include "webhook-error-exporter.name" . -}}
{{- $full := .Values.fullnameOverride -}}
{{- if not $full -}}
{{- $full = contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{- end -}}
{{- /* A release's name may have dots and begin with a digit, a Service's may not. */ -}}
{{- $full = replace "." "-" $full -}}
{{- if not (regexMatch "^[a-z]" $full) }}{{ $full = printf "r-%s" $full }}{{ end -}}
{{- if gt (len $full) 52 -}}
{{- $full = printf "%s-%s" (trunc 43 $full | trimSuffix "-") (sha256sum $full | trunc 8) -}}
{{- end -}}
{{- $full -}}
{{- end }}

{{- define "webhook-error-exporter.sidecar" -}}
{{- if eq .Values.mode "sidecar" }}true{{ end -}}
{{- end }}

{{/* Key of the label by which Services and monitors find the application's pods that carry the sidecar. */}}
{{- define "webhook-error-exporter.sidecarLabel" -}}
webhook-error-exporter.github.io/sidecar
{{- end }}

{{/* Labels that never change while the release lives; for selectors and the volumes' claims. */}}
{{- define "webhook-error-exporter.selectorLabels" -}}
{{- if include "webhook-error-exporter.sidecar" . -}}
{{ include "webhook-error-exporter.sidecarLabel" . }}: {{ include "webhook-error-exporter.fullname" . | quote }}
{{- else -}}
app.kubernetes.io/name: {{ include "webhook-error-exporter.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: receiver
{{- end }}
{{- end }}

{{/* Labels of every object. A tag may be longer than a label and end in what a label must not end in. */}}
{{- define "webhook-error-exporter.labels" -}}
{{- $labels := dict
  "app.kubernetes.io/name" (include "webhook-error-exporter.name" .)
  "app.kubernetes.io/instance" .Release.Name
  "app.kubernetes.io/version" (.Values.image.tag | default .Chart.AppVersion | trunc 63 | trimAll "-_.")
  "app.kubernetes.io/part-of" "webhook-error-exporter"
  "app.kubernetes.io/managed-by" .Release.Service
  "helm.sh/chart" (printf "webhook-error-exporter-%s" .Chart.Version | replace "+" "_" | trunc 63 | trimAll "-_.")
-}}
{{- toYaml (merge $labels (.Values.commonLabels | default dict)) }}
{{- end }}

{{/*
Metadata of an object. Takes a dict: root, name or suffix, and optionally namespace, labels (a list of maps),
annotations (a list of maps).
*/}}
{{- define "webhook-error-exporter.metadata" -}}
{{- $root := .root -}}
{{- $labels := include "webhook-error-exporter.labels" $root | fromYaml -}}
{{- /* A key whose values are all commented out is null. */ -}}
{{- range .labels }}{{ $labels = mergeOverwrite $labels (. | default dict) }}{{ end -}}
{{- $annotations := deepCopy ($root.Values.commonAnnotations | default dict) -}}
{{- range .annotations }}{{ $annotations = mergeOverwrite $annotations (. | default dict) }}{{ end -}}
name: {{ .name | default (printf "%s%s" (include "webhook-error-exporter.fullname" $root) (.suffix | default "")) | quote }}
namespace: {{ .namespace | default $root.Release.Namespace | quote }}
labels:
  {{- toYaml $labels | nindent 2 }}
{{- with $annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "webhook-error-exporter.image" -}}
{{- $repository := .Values.image.repository -}}
{{- with (.Values.global | default dict).imageRegistry -}}
{{- $parts := splitList "/" $repository -}}
{{- if regexMatch "[.:]|^localhost$" (first $parts) }}{{ $parts = rest $parts }}{{ end -}}
{{- $repository = printf "%s/%s" (trimSuffix "/" .) (join "/" $parts) -}}
{{- end -}}
{{- if .Values.image.digest -}}
{{ $repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ $repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{/* A list of `{name}`, the release's and the parent chart's, each once. */}}
{{- define "webhook-error-exporter.imagePullSecrets" -}}
{{- $names := list -}}
{{- range concat (.Values.imagePullSecrets | default list) ((.Values.global | default dict).imagePullSecrets | default list) -}}
{{- $names = append $names (kindIs "map" . | ternary (dict "name" .) (dict "name" (dict "name" .))).name.name -}}
{{- end -}}
{{- range uniq $names }}
- name: {{ . | quote }}
{{- end }}
{{- end }}

{{- define "webhook-error-exporter.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{ .Values.serviceAccount.name | default (include "webhook-error-exporter.fullname" .) }}
{{- else -}}
{{ .Values.serviceAccount.name | default "default" }}
{{- end -}}
{{- end }}

{{- define "webhook-error-exporter.tokensSecret" -}}
{{ .Values.tokens.existingSecret | default (printf "%s-tokens" (include "webhook-error-exporter.fullname" .)) }}
{{- end }}

{{/* The label `job` of every series, whichever way Prometheus found the pods. */}}
{{- define "webhook-error-exporter.job" -}}
{{ .Values.monitoring.job | default (include "webhook-error-exporter.fullname" .) }}
{{- end }}

{{/* Labels of the `helm test` pod: never those of a selector, or the Service would send reports to it. */}}
{{- define "webhook-error-exporter.testLabels" -}}
app.kubernetes.io/name: {{ include "webhook-error-exporter.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: test
{{- end }}
