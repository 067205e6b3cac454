{{/* Name of a volume. Beside an application's own volumes ours carry a prefix. Takes a list: root, name. */}}
{{- define "webhook-error-exporter.volumeName" -}}
{{- if include "webhook-error-exporter.sidecar" (first .) }}webhook-error-exporter-{{ end }}{{ last . -}}
{{- end }}

{{/*
The container, the same in all forms. A sidecar runs below a supervisor, which restarts the service and answers the liveness
probe, so that a crash or an invalid configuration never makes the pod unready; and it has no probe that would gate the
application.
*/}}
{{- define "webhook-error-exporter.container" -}}
{{- $sidecar := include "webhook-error-exporter.sidecar" . -}}
{{- $config := .Values.config -}}
name: webhook-error-exporter
image: {{ include "webhook-error-exporter.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- if $sidecar }}
restartPolicy: Always
{{- end }}
{{- $args := .Values.args | default list }}
{{- $liveness := list . .Values.livenessProbe "/healthz" $config.admin.port }}
{{- if $sidecar }}
{{- $args = prepend $args "supervise" }}
{{- $liveness = list . .Values.livenessProbe "/livez" .Values.sidecar.supervisorPort }}
{{- end }}
{{- with $args }}
args:
  {{- toYaml . | nindent 2 }}
{{- end }}
env:
  {{- include "webhook-error-exporter.env" . | nindent 2 }}
{{- with .Values.envFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
ports:
  - name: webhook-ingest
    containerPort: {{ $config.ingest.port }}
    protocol: TCP
  - name: webhook-admin
    containerPort: {{ $config.admin.port }}
    protocol: TCP
  {{- if $config.proxy }}
  - name: webhook-proxy
    containerPort: {{ include "webhook-error-exporter.proxyPort" . }}
    protocol: TCP
  {{- end }}
  {{- if $sidecar }}
  - name: webhook-live
    containerPort: {{ .Values.sidecar.supervisorPort }}
    protocol: TCP
  {{- end }}
{{- with include "webhook-error-exporter.probe" $liveness }}
livenessProbe:
  {{- . | nindent 2 }}
{{- end }}
{{- if not $sidecar }}
{{- with include "webhook-error-exporter.probe" (list . .Values.readinessProbe "/readyz" $config.admin.port) }}
readinessProbe:
  {{- . | nindent 2 }}
{{- end }}
{{- with include "webhook-error-exporter.probe" (list . .Values.startupProbe "/healthz" $config.admin.port) }}
startupProbe:
  {{- . | nindent 2 }}
{{- end }}
{{- end }}
{{- with include "webhook-error-exporter.lifecycle" . }}
lifecycle:
  {{- . | nindent 2 }}
{{- end }}
resources:
  {{- toYaml .Values.resources | nindent 2 }}
securityContext:
  {{- include "webhook-error-exporter.securityContext" . | nindent 2 }}
volumeMounts:
  {{- include "webhook-error-exporter.volumeMounts" . | nindent 2 }}
{{- end }}

{{/*
The image sets some of these variables itself, and variables win over the file; so what the file says is repeated here.
Secrets are files, never variables: a variable keeps its value while the container lives, and with a missing Secret the image's
own JOURNAL_URL would count.
*/}}
{{- define "webhook-error-exporter.env" -}}
- name: CONFIG_FILE
  value: /etc/webhook-error-exporter/config/config.yaml
- name: INGEST_HOST
  value: {{ .Values.config.ingest.host | quote }}
- name: INGEST_PORT
  value: {{ .Values.config.ingest.port | toString | quote }}
- name: ADMIN_HOST
  value: {{ .Values.config.admin.host | quote }}
- name: ADMIN_PORT
  value: {{ .Values.config.admin.port | toString | quote }}
{{- if include "webhook-error-exporter.sidecar" . }}
- name: SUPERVISOR_PORT
  value: {{ .Values.sidecar.supervisorPort | toString | quote }}
{{- end }}
{{- if .Values.journal.existingSecret }}
- name: JOURNAL_URL_FILE
  value: {{ include "webhook-error-exporter.journalPath" . }}/url
{{- else }}
- name: JOURNAL_URL
  value: {{ .Values.config.journal.url | quote }}
{{- end }}
{{- if (.Values.journal.passwordFile | default dict).existingSecret }}
- name: JOURNAL_PASSWORD_FILE
  value: {{ include "webhook-error-exporter.journalPath" . }}/password
{{- end }}
{{- /* Events name their sender by the pod's namespace and name; HOSTNAME is the pod's name in every container. */}}
{{- $names := list }}
{{- range .Values.env }}{{ $names = append $names .name }}{{ end }}
{{- if and .Values.config.hooks (not (has "POD_NAMESPACE" $names)) }}
- name: POD_NAMESPACE
  valueFrom:
    fieldRef:
      fieldPath: metadata.namespace
{{- end }}
{{- with .Values.env }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Takes a list: root, the values' probe, path, port. A probe with its own handler keeps it. */}}
{{- define "webhook-error-exporter.probe" -}}
{{- with index . 1 -}}
{{- $probe := deepCopy . -}}
{{- if not (or .httpGet .exec .tcpSocket .grpc) -}}
{{- $_ := set $probe "httpGet" (dict "path" (index $ 2) "port" (index $ 3)) -}}
{{- end -}}
{{- toYaml $probe }}
{{- end -}}
{{- end }}

{{/* In a sidecar a postStart hook would delay the application's start. */}}
{{- define "webhook-error-exporter.lifecycle" -}}
{{- $sidecar := include "webhook-error-exporter.sidecar" . -}}
{{- $hooks := .Values.lifecycle | default dict -}}
{{- if $sidecar }}{{ $hooks = omit $hooks "postStart" }}{{ end -}}
{{- if $hooks -}}
{{- toYaml $hooks }}
{{- else if include "webhook-error-exporter.shared" . -}}
{{- /* Until every proxy knows that the pod is going. A sidecar's hook runs at once, beside the end of the application. */}}
preStop:
  sleep:
    seconds: 5
{{- end -}}
{{- end }}

{{- define "webhook-error-exporter.securityContext" -}}
{{- $context := dict
  "allowPrivilegeEscalation" false
  "capabilities" (dict "drop" (list "ALL"))
  "privileged" false
  "readOnlyRootFilesystem" true
  "runAsNonRoot" true
  "seccompProfile" (dict "type" "RuntimeDefault")
-}}
{{- if not .Values.openshift -}}
{{- $_ := set $context "runAsUser" .Values.runAs.user -}}
{{- $_ := set $context "runAsGroup" .Values.runAs.group -}}
{{- end -}}
{{- toYaml (mergeOverwrite $context (deepCopy (.Values.securityContext | default dict))) }}
{{- end }}

{{- define "webhook-error-exporter.podSecurityContext" -}}
{{- $context := dict
  "fsGroupChangePolicy" "OnRootMismatch"
  "runAsNonRoot" true
  "seccompProfile" (dict "type" "RuntimeDefault")
-}}
{{- if not .Values.openshift -}}
{{- $_ := set $context "fsGroup" .Values.runAs.group -}}
{{- end -}}
{{- toYaml (mergeOverwrite $context (deepCopy (.Values.podSecurityContext | default dict))) }}
{{- end }}

{{/*
Folders, never a subPath: that would not see a rotated Secret.
*/}}
{{- define "webhook-error-exporter.volumeMounts" -}}
- name: {{ include "webhook-error-exporter.volumeName" (list . "config") }}
  mountPath: /etc/webhook-error-exporter/config
  readOnly: true
{{- include "webhook-error-exporter.secretMounts" . }}
{{- if include "webhook-error-exporter.journalSecrets" . }}
- name: {{ include "webhook-error-exporter.volumeName" (list . "journal") }}
  mountPath: {{ include "webhook-error-exporter.journalPath" . }}
  readOnly: true
{{- end }}
- name: {{ include "webhook-error-exporter.volumeName" (list . "data") }}
  mountPath: /data
- name: {{ include "webhook-error-exporter.volumeName" (list . "tmp") }}
  mountPath: /tmp
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/*
How the journal's volume comes: `template` (the workload's volumeClaimTemplates), `claim`, or `emptyDir`.
*/}}
{{- define "webhook-error-exporter.dataVolume" -}}
{{- if or (include "webhook-error-exporter.shared" .) (not .Values.persistence.enabled) -}}
emptyDir
{{- else if .Values.persistence.existingClaim -}}
claim
{{- else if and (include "webhook-error-exporter.sidecar" .) (eq .Values.sidecar.workload "Deployment") -}}
claim
{{- else -}}
template
{{- end -}}
{{- end }}

{{- define "webhook-error-exporter.claimName" -}}
{{ .Values.persistence.existingClaim | default (printf "%s-data" (include "webhook-error-exporter.fullname" .)) }}
{{- end }}

{{/* Modes let every user of the pod read: a sidecar's pod need not have our fsGroup. Only what mounts a volume sees it. */}}
{{- define "webhook-error-exporter.volumes" -}}
- name: {{ include "webhook-error-exporter.volumeName" (list . "config") }}
  configMap:
    name: {{ include "webhook-error-exporter.fullname" . | quote }}
    defaultMode: 292
{{- include "webhook-error-exporter.secretVolumes" . }}
{{- with include "webhook-error-exporter.journalSecrets" . }}
- name: {{ include "webhook-error-exporter.volumeName" (list $ "journal") }}
  projected:
    defaultMode: 292
    sources:
      {{- . | nindent 6 }}
{{- end }}
{{- $data := include "webhook-error-exporter.dataVolume" . }}
{{- if eq $data "emptyDir" }}
- name: {{ include "webhook-error-exporter.volumeName" (list . "data") }}
  emptyDir: {}
{{- else if eq $data "claim" }}
- name: {{ include "webhook-error-exporter.volumeName" (list . "data") }}
  persistentVolumeClaim:
    claimName: {{ include "webhook-error-exporter.claimName" . | quote }}
{{- end }}
- name: {{ include "webhook-error-exporter.volumeName" (list . "tmp") }}
  emptyDir: {}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/*
Sources of the volume with the journal's URL and password; empty without either. A missing Secret must not keep the application
beside a sidecar from starting: the service then reports it, and starts when the file appears.
*/}}
{{- define "webhook-error-exporter.journalSecrets" -}}
{{- $journal := .Values.journal -}}
{{- $password := $journal.passwordFile | default dict -}}
{{- $sources := list -}}
{{- range list (list $journal.existingSecret $journal.existingSecretKey "url") (list $password.existingSecret ($password.key | default "password") "password") -}}
{{- if first . -}}
{{- $secret := dict "name" (first .) "items" (list (dict "key" (index . 1) "path" (last .))) -}}
{{- if include "webhook-error-exporter.sidecar" $ }}{{ $_ := set $secret "optional" true }}{{ end -}}
{{- $sources = append $sources (dict "secret" $secret) -}}
{{- end -}}
{{- end -}}
{{- if $sources }}{{ toYaml $sources }}{{ end -}}
{{- end }}

{{/* Tokens and secrets that senders and readers use: for the container, and for the pod of `helm test` where it verifies. */}}
{{- define "webhook-error-exporter.secretMounts" -}}
{{- range include "webhook-error-exporter.tokensDirs" . | fromJsonArray }}
- name: {{ include "webhook-error-exporter.volumeName" (list $ "tokens") }}
  mountPath: {{ . | quote }}
  readOnly: true
{{- end }}
{{- range include "webhook-error-exporter.sources" . | fromJsonArray }}
{{- if .secret }}
- name: {{ include "webhook-error-exporter.sourceVolume" (list $ .name) }}
  mountPath: {{ include "webhook-error-exporter.sourcePath" .name }}
  readOnly: true
{{- end }}
{{- end }}
{{- if or .Values.admin.apiToken.existingSecret .Values.admin.metricsToken.existingSecret }}
- name: {{ include "webhook-error-exporter.volumeName" (list . "admin-tokens") }}
  mountPath: {{ include "webhook-error-exporter.adminTokensPath" . }}
  readOnly: true
{{- end }}
{{- include "webhook-error-exporter.canaryMount" (list . (include "webhook-error-exporter.volumeName" (list . "canary"))) }}
{{- if (.Values.simulation | default dict).existingSecret }}
- name: {{ include "webhook-error-exporter.volumeName" (list . "simulation") }}
  mountPath: {{ include "webhook-error-exporter.simulationPath" . }}
  readOnly: true
{{- end }}
{{- end }}

{{- define "webhook-error-exporter.secretVolumes" -}}
{{- if include "webhook-error-exporter.tokensDirs" . | fromJsonArray }}
- name: {{ include "webhook-error-exporter.volumeName" (list . "tokens") }}
  secret:
    secretName: {{ include "webhook-error-exporter.tokensSecret" . | quote }}
    defaultMode: 292
    optional: true
{{- end }}
{{- range include "webhook-error-exporter.sources" . | fromJsonArray }}
{{- if .secret }}
- name: {{ include "webhook-error-exporter.sourceVolume" (list $ .name) }}
  secret:
    secretName: {{ .secret | quote }}
    defaultMode: 292
    optional: true
{{- end }}
{{- end }}
{{- if or .Values.admin.apiToken.existingSecret .Values.admin.metricsToken.existingSecret }}
- name: {{ include "webhook-error-exporter.volumeName" (list . "admin-tokens") }}
  projected:
    defaultMode: 292
    sources:
      {{- with .Values.admin.apiToken }}
      {{- if .existingSecret }}
      - secret:
          name: {{ .existingSecret | quote }}
          optional: true
          items:
            - key: {{ .key | quote }}
              path: api-token
      {{- end }}
      {{- end }}
      {{- with .Values.admin.metricsToken }}
      {{- if .existingSecret }}
      - secret:
          name: {{ .existingSecret | quote }}
          optional: true
          items:
            - key: {{ .key | quote }}
              path: metrics-token
      {{- end }}
      {{- end }}
{{- end }}
{{- include "webhook-error-exporter.canaryVolume" (list . (include "webhook-error-exporter.volumeName" (list . "canary"))) }}
{{- with .Values.simulation }}
{{- if .existingSecret }}
- name: {{ include "webhook-error-exporter.volumeName" (list $ "simulation") }}
  secret:
    secretName: {{ .existingSecret | quote }}
    defaultMode: 292
    optional: true
    items:
      - key: {{ .secretKey | quote }}
        path: secret
{{- end }}
{{- end }}
{{- end }}

{{/* For the container and for the pod of `helm test`. Both take a list: root, the volume's name. */}}
{{- define "webhook-error-exporter.canaryMount" -}}
{{- if (first .).Values.canary.existingSecret }}
- name: {{ last . }}
  mountPath: {{ include "webhook-error-exporter.canaryPath" (first .) }}
  readOnly: true
{{- end }}
{{- end }}

{{- define "webhook-error-exporter.canaryVolume" -}}
{{- $root := first . -}}
{{- with $root.Values.canary }}
{{- if .existingSecret }}
- name: {{ last $ }}
  secret:
    secretName: {{ .existingSecret | quote }}
    defaultMode: 292
    optional: true
    items:
      - key: {{ .secretKey | quote }}
        path: secret
      {{- if include "webhook-error-exporter.canaryToken" $root }}
      - key: {{ .tokenKey | quote }}
        path: token
      {{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "webhook-error-exporter.claimSpec" -}}
{{- with .Values.persistence -}}
accessModes:
  {{- toYaml .accessModes | nindent 2 }}
volumeMode: Filesystem
resources:
  requests:
    storage: {{ .size | quote }}
{{- if eq .storageClass "-" }}
storageClassName: ''
{{- else if .storageClass }}
storageClassName: {{ .storageClass | quote }}
{{- end }}
{{- with .selector }}
selector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
{{- end }}

{{/*
A StatefulSet's claims cannot be changed, so nothing here changes with chart or release. Kind and API version are what the
API server adds; without them every GitOps controller sees a difference for ever.
*/}}
{{- define "webhook-error-exporter.volumeClaimTemplates" -}}
{{- if eq (include "webhook-error-exporter.dataVolume" .) "template" }}
- apiVersion: v1
  kind: PersistentVolumeClaim
  metadata:
    name: {{ include "webhook-error-exporter.volumeName" (list . "data") }}
    labels:
      {{- mergeOverwrite (include "webhook-error-exporter.selectorLabels" . | fromYaml) (.Values.persistence.labels | default dict) | toYaml | nindent 6 }}
    {{- with .Values.persistence.annotations }}
    annotations:
      {{- toYaml . | nindent 6 }}
    {{- end }}
  spec:
    {{- include "webhook-error-exporter.claimSpec" . | nindent 4 }}
{{- end }}
{{- end }}
