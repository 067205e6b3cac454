{{/*
The sources with their defaults, as a JSON list of name, path, auth (a word: none, bearer, hmac, …), tokensDir, and secret, the name of
its own Secret, or empty. What a kind presets is in files/sources.json.
*/}}
{{- define "webhook-error-exporter.sources" -}}
{{- $kinds := .Files.Get "files/sources.json" | fromJson -}}
{{- $sources := list -}}
{{- range $name, $source := .Values.config.sources -}}
{{- $source = $source | default dict -}}
{{- $kind := get $kinds ($source.kind | default $name) | default dict -}}
{{- $path := $source.path | default (get (get $kinds $name | default dict) "path" | default (printf "/webhooks/%s" $name)) -}}
{{- $auth := $source.auth | default $kind.auth | default "bearer" -}}
{{- if kindIs "map" $auth }}{{ $auth = $auth.kind | default $kind.auth }}{{ end -}}
{{- $secret := get (get ($.Values.sources | default dict) $name | default dict) "existingSecret" -}}
{{- $dir := empty $secret | ternary ($source.tokensDir | default "") (include "webhook-error-exporter.sourcePath" $name) -}}
{{- $sources = append $sources (dict "name" $name "path" $path "auth" $auth "tokensDir" $dir "secret" $secret) -}}
{{- end -}}
{{- toJson $sources -}}
{{- end }}

{{/* Where the Secret of a source is mounted. Takes its name. */}}
{{- define "webhook-error-exporter.sourcePath" -}}
/etc/webhook-error-exporter/sources/{{ . }}
{{- end }}

{{/* Name of that volume; a source's name may be too long for one, and have underscores. Takes a list: root, name. */}}
{{- define "webhook-error-exporter.sourceVolume" -}}
{{- $name := last . -}}
{{- if not (regexMatch "^[a-z0-9-]{1,30}$" $name) }}{{ $name = sha256sum $name | trunc 10 }}{{ end -}}
{{- include "webhook-error-exporter.volumeName" (list (first .) (printf "source-%s" $name)) -}}
{{- end }}

{{/* The sources that Ingress and HTTPRoute let in, as JSON: the path of one without authentication is not published. */}}
{{- define "webhook-error-exporter.publicSources" -}}
{{- $public := list -}}
{{- range include "webhook-error-exporter.sources" . | fromJsonArray -}}
{{- if ne .auth "none" }}{{ $public = append $public . }}{{ end -}}
{{- end -}}
{{- toJson $public -}}
{{- end }}

{{/* Folders in which sources expect the Secret of `tokens`, as JSON: all but those where something else is mounted. */}}
{{- define "webhook-error-exporter.tokensDirs" -}}
{{- $dirs := list -}}
{{- $others := list -}}
{{- range .Values.extraVolumeMounts }}{{ $others = append $others (.mountPath | trimSuffix "/") }}{{ end -}}
{{- range include "webhook-error-exporter.sources" . | fromJsonArray -}}
{{- if and .tokensDir (not .secret) (not (has (.tokensDir | trimSuffix "/") $others)) -}}
{{- $dirs = append $dirs .tokensDir -}}
{{- end -}}
{{- end -}}
{{- $dirs | uniq | toJson -}}
{{- end }}

{{/* The source that NOTES.txt explains and whose way in a canary takes, as JSON. */}}
{{- define "webhook-error-exporter.mainSource" -}}
{{- $sources := include "webhook-error-exporter.sources" . | fromJsonArray -}}
{{- $main := first $sources -}}
{{- range $sources }}{{ if eq .path "/webhooks/error" }}{{ $main = . }}{{ end }}{{ end -}}
{{- toJson $main -}}
{{- end }}

{{/* The configuration's `sources` as YAML, each with the folder in which its own Secret is mounted. */}}
{{- define "webhook-error-exporter.configuredSources" -}}
{{- $configured := deepCopy .Values.config.sources -}}
{{- range include "webhook-error-exporter.sources" . | fromJsonArray -}}
{{- if .secret -}}
{{- $key := eq .auth "bearer" | ternary "tokensDir" "secretsDir" -}}
{{- $_ := set $configured .name (mergeOverwrite (get $configured .name | default dict) (dict $key .tokensDir)) -}}
{{- end -}}
{{- end -}}
{{- toYaml $configured -}}
{{- end }}
