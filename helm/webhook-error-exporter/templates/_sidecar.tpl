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
{{- mergeOverwrite (deepCopy (.Values.podLabels | default dict)) (include "webhook-error-exporter.selectorLabels" . | fromYaml) | toYaml }}
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

{{/* Fails unless keys of a map are absent, null or of a kind. Takes a list: the map's name for the message, the map, "map" or "slice", keys. */}}
{{- define "webhook-error-exporter.sidecar.requireKind" -}}
{{- $name := index . 0 -}}{{- $map := index . 1 -}}{{- $kind := index . 2 -}}
{{- range $key := slice . 3 -}}
{{- if hasKey $map $key -}}
{{- $value := get $map $key -}}
{{- if not (or (kindIs "invalid" $value) (kindIs $kind $value)) -}}
{{- fail (printf "webhook-error-exporter: %s of %s, as given to webhook-error-exporter.sidecar.pod, is a %s; write a %s" $key $name (kindOf $value) (ternary "list" "map" (eq $kind "slice"))) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/*
The application's pod with the sidecar in it, as YAML: what the eight templates above yield, each in its place. Takes a list: this
chart's context and the pod, a map or YAML text, which is a pod template (`metadata` and `spec`) or its spec alone. Only a pod template
gets the label by which the Service finds the pod, and the annotation that rolls it with the configuration.
*/}}
{{- define "webhook-error-exporter.sidecar.pod" -}}
{{- if not (and (kindIs "slice" .) (eq (len .) 2)) -}}
{{- fail "webhook-error-exporter: webhook-error-exporter.sidecar.pod takes a list of two: {{ include \"webhook-error-exporter.sidecar.pod\" (list .Subcharts.NAME POD) }}, POD being a pod template or its spec, as a map or as YAML" -}}
{{- end -}}
{{- $root := first . -}}
{{- include "webhook-error-exporter.sidecar.required" $root -}}
{{- $pod := kindIs "string" (last .) | ternary (last . | toString | fromYaml) (last .) -}}
{{- if not (kindIs "map" $pod) }}{{ $pod = dict }}{{ end -}}
{{- if not (or (hasKey $pod "spec") (hasKey $pod "containers")) -}}
{{- fail (printf "webhook-error-exporter: the pod given to webhook-error-exporter.sidecar.pod has neither spec nor containers; %s" (get $pod "Error" | default "write a pod template or its spec, as a map or as YAML")) -}}
{{- end -}}
{{- $pod = deepCopy $pod -}}
{{- $isTemplate := hasKey $pod "spec" -}}
{{- $spec := $isTemplate | ternary $pod.spec $pod -}}
{{- if not (kindIs "map" $spec) }}{{ fail (printf "webhook-error-exporter: spec of the pod given to webhook-error-exporter.sidecar.pod is a %s; write a map" (kindOf $spec)) }}{{ end -}}
{{- include "webhook-error-exporter.sidecar.requireKind" (list "spec" $spec "slice" "initContainers" "volumes" "imagePullSecrets") -}}
{{- include "webhook-error-exporter.sidecar.requireKind" (list "spec" $spec "map" "securityContext") -}}
{{- include "webhook-error-exporter.sidecar.requireKind" (list "the pod" (omit $pod "spec") "map" "metadata") -}}
{{- include "webhook-error-exporter.sidecar.requireKind" (list "metadata" ($pod.metadata | default dict) "map" "labels" "annotations") -}}
{{- $_ := set $spec "initContainers" (concat (include "webhook-error-exporter.sidecar.initContainers" $root | fromYamlArray) ($spec.initContainers | default list)) -}}
{{- $_ := set $spec "volumes" (concat (include "webhook-error-exporter.sidecar.volumes" $root | fromYamlArray) ($spec.volumes | default list)) -}}
{{- with include "webhook-error-exporter.sidecar.imagePullSecrets" $root | fromYamlArray -}}
{{- $_ := set $spec "imagePullSecrets" (concat ($spec.imagePullSecrets | default list) . | uniq) -}}
{{- end -}}
{{- /* An emptyDir can be written without a group. */ -}}
{{- if ne (include "webhook-error-exporter.dataVolume" $root) "emptyDir" -}}
{{- with include "webhook-error-exporter.sidecar.podSecurityContext" $root | fromYaml -}}
{{- if not (hasKey ($spec.securityContext | default dict) "fsGroup") -}}
{{- $_ := set $spec "securityContext" (mergeOverwrite (dict) . ($spec.securityContext | default dict)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if $isTemplate -}}
{{- $metadata := $pod.metadata | default dict -}}
{{- $_ := set $metadata "labels" (mergeOverwrite ($metadata.labels | default dict) (include "webhook-error-exporter.sidecar.podLabels" $root | fromYaml)) -}}
{{- $_ := set $metadata "annotations" (mergeOverwrite ($metadata.annotations | default dict) (include "webhook-error-exporter.sidecar.podAnnotations" $root | fromYaml)) -}}
{{- $_ := set $pod "metadata" $metadata -}}
{{- end -}}
{{- toYaml $pod }}
{{- end }}
