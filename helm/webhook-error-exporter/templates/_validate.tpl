{{/* Bytes of a Kubernetes quantity or of a size in the service's notation; 0 for what it does not know. */}}
{{- define "webhook-error-exporter.bytes" -}}
{{- $units := dict "" 0 "B" 0 "k" 1 "kB" 1 "M" 2 "MB" 2 "G" 3 "GB" 3 "T" 4 "TB" 4 "P" 5 "Ki" 11 "KiB" 11 "Mi" 12 "MiB" 12 "Gi" 13 "GiB" 13 "Ti" 14 "TiB" 14 "Pi" 15 -}}
{{- $text := toString . -}}
{{- $bytes := regexFind "^[0-9.]+" $text | float64 -}}
{{- $unit := regexReplaceAll "^[0-9.]+" $text "" -}}
{{- if hasKey $units $unit -}}
{{- $power := get $units $unit | int -}}
{{- range until (mod $power 10 | int) }}{{ $bytes = mulf $bytes (ge $power 10 | ternary 1024.0 1000.0) }}{{ end -}}
{{- printf "%.0f" $bytes -}}
{{- else -}}
0
{{- end -}}
{{- end }}

{{/* Milliseconds of a Prometheus duration. */}}
{{- define "webhook-error-exporter.milliseconds" -}}
{{- $units := dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000 "d" 86400000 "w" 604800000 "y" 31536000000 -}}
{{- $sum := 0 -}}
{{- range regexFindAll "[0-9]+(ms|[smhdwy])" . -1 -}}
{{- $sum = add $sum (mul (regexFind "[0-9]+" . | int64) (get $units (regexFind "[a-z]+" .))) -}}
{{- end -}}
{{- $sum -}}
{{- end }}

{{/* How many of n pods a PodDisruptionBudget's value stands for; a percentage is rounded up. Takes a list: value, n. */}}
{{- define "webhook-error-exporter.podCount" -}}
{{- $value := first . | toString -}}
{{- if hasSuffix "%" $value -}}
{{- divf (mul (trimSuffix "%" $value | int) (last . | int)) 100 | ceil | int -}}
{{- else -}}
{{- $value | int -}}
{{- end -}}
{{- end }}

{{/* The names that stand more than once in a list, as a list of lines. */}}
{{- define "webhook-error-exporter.twice" -}}
{{- $seen := dict -}}
{{- range . -}}
{{- if hasKey $seen . }}{{ . }}{{ "\n" }}{{ end -}}
{{- $_ := set $seen . true -}}
{{- end -}}
{{- end }}

{{/*
Everything that values.schema.json cannot see, in one place and in one message: each line says what is wrong and what to
write instead.
*/}}
{{- define "webhook-error-exporter.validate" -}}
{{- $v := .Values -}}
{{- $sidecar := include "webhook-error-exporter.sidecar" . -}}
{{- $shared := include "webhook-error-exporter.shared" . -}}
{{- $replicas := $v.autoscaling.enabled | ternary $v.autoscaling.minReplicas $v.replicas | int -}}
{{- $faults := list -}}

{{- /* Journal and replicas */ -}}
{{- if and (not $shared) (not $sidecar) (gt $replicas 1) -}}
{{- $faults = append $faults (printf "replicas: %d pods cannot share an SQLite file, which has one writer; write replicas: 1, or keep the journal in PostgreSQL (journal.existingSecret)" $replicas) -}}
{{- end -}}
{{- if and (not $shared) $sidecar (gt (int $v.sidecar.replicas) 1) -}}
{{- $faults = append $faults (printf "sidecar.replicas: %d pods cannot share an SQLite file, which has one writer; keep the journal in PostgreSQL (journal.existingSecret), or run the stand-alone form" (int $v.sidecar.replicas)) -}}
{{- end -}}
{{- if and (not $shared) (not $v.persistence.enabled) (not $v.journal.acceptLossOnPodDeletion) -}}
{{- $faults = append $faults "persistence.enabled: without a volume the journal is lost with the pod; write persistence.enabled: true, or journal.existingSecret (PostgreSQL), or accept the loss with journal.acceptLossOnPodDeletion: true" -}}
{{- end -}}
{{- if and $v.autoscaling.enabled (not $shared) -}}
{{- $faults = append $faults "autoscaling.enabled: an SQLite journal has one writer; set journal.existingSecret (PostgreSQL) first" -}}
{{- end -}}
{{- if and $v.autoscaling.enabled (gt (int $v.autoscaling.minReplicas) (int $v.autoscaling.maxReplicas)) -}}
{{- $faults = append $faults "autoscaling.minReplicas: is more than autoscaling.maxReplicas; write at most autoscaling.maxReplicas" -}}
{{- end -}}
{{- if and $v.autoscaling.enabled (not $v.autoscaling.targetCPUUtilizationPercentage) (not $v.autoscaling.metrics) -}}
{{- $faults = append $faults "autoscaling: has no metric to scale on; write targetCPUUtilizationPercentage or metrics" -}}
{{- end -}}
{{- if and $v.autoscaling.enabled $v.autoscaling.targetCPUUtilizationPercentage (not (dig "requests" "cpu" "" $v.resources)) -}}
{{- $faults = append $faults "resources.requests.cpu: is missing, but autoscaling.targetCPUUtilizationPercentage is a percentage of it; write it" -}}
{{- end -}}
{{- if regexMatch "^postgres(ql)?://[^/@]*:[^/@]*@" $v.config.journal.url -}}
{{- $faults = append $faults "config.journal.url: do not put a password into a ConfigMap; put the whole URL into a Secret and name it in journal.existingSecret" -}}
{{- end -}}
{{- if and $v.journal.existingSecret (hasPrefix "postgres" $v.config.journal.url) -}}
{{- $faults = append $faults "config.journal.url: journal.existingSecret already sets the journal; write only one of them" -}}
{{- end -}}
{{- if not $shared -}}
{{- $path := trimPrefix "sqlite:" $v.config.journal.url -}}
{{- $mounted := hasPrefix "/data/" $path -}}
{{- range $v.extraVolumeMounts }}{{ if hasPrefix (printf "%s/" (trimSuffix "/" .mountPath)) $path }}{{ $mounted = true }}{{ end }}{{ end -}}
{{- if not $mounted -}}
{{- $faults = append $faults (printf "config.journal.url: %s is not on a volume, and the root file system is read-only; write sqlite:/data/journal.db" $path) -}}
{{- end -}}
{{- end -}}
{{- if and (eq (include "webhook-error-exporter.dataVolume" .) "template") -}}
{{- $retention := include "webhook-error-exporter.bytes" (dig "journal" "retention" "size" "1GiB" $v.config) | float64 -}}
{{- if ge $retention (include "webhook-error-exporter.bytes" $v.persistence.size | float64) -}}
{{- $faults = append $faults (printf "persistence.size: %s does not hold a journal of config.journal.retention.size (1GiB by default) and its write-ahead log; write a larger one, or a smaller retention" $v.persistence.size) -}}
{{- end -}}
{{- end -}}
{{- if and (has "ReadWriteOncePod" $v.persistence.accessModes) (gt (len $v.persistence.accessModes) 1) -}}
{{- $faults = append $faults "persistence.accessModes: ReadWriteOncePod cannot be combined with other access modes" -}}
{{- end -}}

{{- /* Listeners */ -}}
{{- range $name := list "ingest" "admin" -}}
{{- $listener := index $v.config $name -}}
{{- if lt (int $listener.port) 1024 -}}
{{- $faults = append $faults (printf "config.%s.port: the container may not listen on %d; write 1024 or more (service.port can be any port)" $name (int $listener.port)) -}}
{{- end -}}
{{- if regexMatch "^(127\\.|localhost$|::1$)" $listener.host -}}
{{- $faults = append $faults (printf "config.%s.host: %s is unreachable from outside the pod, even for the kubelet's probes; write 0.0.0.0 or ::" $name $listener.host) -}}
{{- end -}}
{{- end -}}
{{- if eq (int $v.config.ingest.port) (int $v.config.admin.port) -}}
{{- $faults = append $faults "config.admin.port: is the same as config.ingest.port; the private listener needs its own port" -}}
{{- end -}}
{{- if and $sidecar (has (int $v.sidecar.supervisorPort) (list (int $v.config.ingest.port) (int $v.config.admin.port))) -}}
{{- $faults = append $faults (printf "sidecar.supervisorPort: %d is the port of config.ingest or config.admin; the supervisor needs its own port" (int $v.sidecar.supervisorPort)) -}}
{{- end -}}
{{- if and $v.service.nodePort (eq $v.service.type "ClusterIP") -}}
{{- $faults = append $faults "service.nodePort: a ClusterIP Service has none; write service.type: NodePort or LoadBalancer" -}}
{{- end -}}
{{- if and $v.service.externalTrafficPolicy (eq $v.service.type "ClusterIP") -}}
{{- $faults = append $faults "service.externalTrafficPolicy: a ClusterIP Service has none; write service.type: NodePort or LoadBalancer" -}}
{{- end -}}
{{- if and (or $v.service.loadBalancerClass $v.service.loadBalancerSourceRanges) (ne $v.service.type "LoadBalancer") -}}
{{- $faults = append $faults "service.loadBalancerClass, service.loadBalancerSourceRanges: apply only to service.type: LoadBalancer" -}}
{{- end -}}
{{- if and $v.ingress.enabled (not $v.ingress.hosts) -}}
{{- $faults = append $faults "ingress.hosts: is empty, which would claim the path for every host of the controller; write the host that the platform calls" -}}
{{- end -}}
{{- if and $v.httpRoute.enabled (not $v.httpRoute.parentRefs) -}}
{{- $faults = append $faults "httpRoute.parentRefs: is empty, so no Gateway would serve the route; write one, for example {name: …, namespace: …}" -}}
{{- end -}}

{{- /* Secrets */ -}}
{{- range $name := list "apiToken" "metricsToken" -}}
{{- if and (index $v.admin $name).existingSecret (hasKey $v.config.admin $name) -}}
{{- $faults = append $faults (printf "config.admin.%s: admin.%s.existingSecret already sets it; write only one of them" $name $name) -}}
{{- end -}}
{{- end -}}
{{- $canary := $v.config.canary | default dict -}}
{{- if and $canary (not $canary.secret) (not $v.canary.existingSecret) -}}
{{- $faults = append $faults "config.canary.secret: is missing; write the name of the Secret that signs canaries to canary.existingSecret" -}}
{{- end -}}
{{- if and $v.canary.existingSecret (not $canary) -}}
{{- $faults = append $faults "canary.existingSecret: no canary is configured; write config.canary.url, the public URL of the error webhook" -}}
{{- end -}}
{{- if and $v.canary.existingSecret (or $canary.secret $canary.token) -}}
{{- $faults = append $faults "config.canary.secret, config.canary.token: canary.existingSecret already sets them; write only one of them" -}}
{{- end -}}
{{- if not $v.config.sources -}}
{{- $faults = append $faults "config.sources: is empty; write at least one source" -}}
{{- end -}}
{{- if and $v.tokens.create (not (include "webhook-error-exporter.tokensDirs" . | fromJsonArray)) -}}
{{- $faults = append $faults "tokens.create: the tokens would not be read; keep config.sources.retm.tokensDir, or write that of another source" -}}
{{- end -}}
{{- range $i, $endpoint := $v.config.endpoints -}}
{{- range $endpoint.urls -}}
{{- if regexMatch "^[a-z]+://[^/]*@" . -}}
{{- $faults = append $faults (printf "config.endpoints[%d].urls: do not put a password into a ConfigMap; remove everything before the @" $i) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* What the API server would refuse */ -}}
{{- $reserved := list "CONFIG_FILE" "INGEST_HOST" "INGEST_PORT" "ADMIN_HOST" "ADMIN_PORT" "JOURNAL_URL" -}}
{{- if $sidecar }}{{ $reserved = append $reserved "SUPERVISOR_PORT" }}{{ end -}}
{{- $names := list -}}
{{- range $v.env -}}
{{- $names = append $names .name -}}
{{- if has .name $reserved -}}
{{- $faults = append $faults (printf "env: the chart sets %s; write %s" .name (eq .name "JOURNAL_URL" | ternary "journal.existingSecret (a URL in a Secret) or config.journal.url" (eq .name "CONFIG_FILE" | ternary "the configuration itself under config" (eq .name "SUPERVISOR_PORT" | ternary "sidecar.supervisorPort" "config.ingest or config.admin")))) -}}
{{- end -}}
{{- end -}}
{{- range include "webhook-error-exporter.twice" $names | splitList "\n" | compact | uniq -}}
{{- $faults = append $faults (printf "env: %s occurs twice; remove one" .) -}}
{{- end -}}
{{- $names = list -}}
{{- range list "config" "tokens" "admin-tokens" "canary" "data" "tmp" }}{{ $names = append $names (include "webhook-error-exporter.volumeName" (list $ .)) }}{{ end -}}
{{- range $v.extraVolumes }}{{ $names = append $names .name }}{{ end -}}
{{- range include "webhook-error-exporter.twice" $names | splitList "\n" | compact | uniq -}}
{{- $faults = append $faults (printf "extraVolumes: a volume named %s already exists; choose another name" .) -}}
{{- end -}}
{{- $paths := list -}}
{{- range include "webhook-error-exporter.volumeMounts" . | fromYamlArray }}{{ $paths = append $paths (.mountPath | trimSuffix "/") }}{{ end -}}
{{- range include "webhook-error-exporter.twice" $paths | splitList "\n" | compact | uniq -}}
{{- $faults = append $faults (printf "extraVolumeMounts: another volume is already mounted at %s; choose another mountPath" .) -}}
{{- end -}}
{{- $names = list "webhook-error-exporter" -}}
{{- range concat $v.extraInitContainers $v.extraContainers }}{{ $names = append $names .name }}{{ end -}}
{{- range include "webhook-error-exporter.twice" $names | splitList "\n" | compact | uniq -}}
{{- $faults = append $faults (printf "extraContainers, extraInitContainers: %s is the name of another container; choose another" .) -}}
{{- end -}}
{{- range $key := list "commonLabels" "podLabels" -}}
{{- range $label, $_ := index $v $key -}}
{{- if has $label (list "app.kubernetes.io/name" "app.kubernetes.io/instance" "app.kubernetes.io/component" (include "webhook-error-exporter.sidecarLabel" $)) -}}
{{- $faults = append $faults (printf "%s: the chart sets %s, which is part of selectors; remove it (nameOverride changes the name)" $key $label) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- range list "livenessProbe" "startupProbe" -}}
{{- if ne (dig "successThreshold" 1 (index $v . | default dict) | int) 1 -}}
{{- $faults = append $faults (printf "%s.successThreshold: Kubernetes accepts only 1" .) -}}
{{- end -}}
{{- end -}}
{{- range include "webhook-error-exporter.sources" . | fromJsonArray -}}
{{- if and .tokensDir (not (hasPrefix "/" .tokensDir)) -}}
{{- $faults = append $faults (printf "config.sources.%s.tokensDir: %s is where the Secret is mounted, so it must be an absolute path" .name .tokensDir) -}}
{{- end -}}
{{- end -}}
{{- with $v.updateStrategy -}}
{{- $rolling := .rollingUpdate | default dict -}}
{{- if has .type (list "OnDelete") | and $shared -}}
{{- $faults = append $faults "updateStrategy.type: a Deployment supports RollingUpdate and Recreate" -}}
{{- else if and (eq (.type | default "") "Recreate") (not $shared) -}}
{{- $faults = append $faults "updateStrategy.type: a StatefulSet supports RollingUpdate and OnDelete (and replaces a pod only after it has stopped)" -}}
{{- end -}}
{{- if and $rolling (ne (.type | default "RollingUpdate") "RollingUpdate") -}}
{{- $faults = append $faults (printf "updateStrategy.rollingUpdate: does not apply to type %s; remove it" .type) -}}
{{- end -}}
{{- if and $shared (hasKey $rolling "partition") -}}
{{- $faults = append $faults "updateStrategy.rollingUpdate.partition: applies only to a StatefulSet" -}}
{{- end -}}
{{- if and (not $shared) (hasKey $rolling "maxSurge") -}}
{{- $faults = append $faults "updateStrategy.rollingUpdate.maxSurge: applies only to a Deployment" -}}
{{- end -}}
{{- if and (hasKey $rolling "maxSurge") (hasKey $rolling "maxUnavailable") -}}
{{- if and (has (toString $rolling.maxSurge) (list "0" "0%")) (has (toString $rolling.maxUnavailable) (list "0" "0%")) -}}
{{- $faults = append $faults "updateStrategy.rollingUpdate: with maxSurge and maxUnavailable 0 no pod could ever be replaced" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* Availability */ -}}
{{- with $v.podDisruptionBudget -}}
{{- if .enabled -}}
{{- if not (or (kindIs "invalid" .minAvailable) (kindIs "invalid" .maxUnavailable)) -}}
{{- $faults = append $faults "podDisruptionBudget: has minAvailable and maxUnavailable; the API server accepts only one of them" -}}
{{- else if not (kindIs "invalid" .minAvailable) -}}
{{- if ge (include "webhook-error-exporter.podCount" (list .minAvailable $replicas) | int) $replicas -}}
{{- $faults = append $faults (printf "podDisruptionBudget.minAvailable: %v of %d pods would block every node drain; write maxUnavailable: 1" .minAvailable $replicas) -}}
{{- end -}}
{{- else if not (kindIs "invalid" .maxUnavailable) -}}
{{- if eq (include "webhook-error-exporter.podCount" (list .maxUnavailable $replicas) | int) 0 -}}
{{- $faults = append $faults (printf "podDisruptionBudget.maxUnavailable: %v would block every node drain; write 1" .maxUnavailable) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* NetworkPolicy */ -}}
{{- with $v.networkPolicy -}}
{{- if .enabled -}}
{{- if $sidecar -}}
{{- $faults = append $faults "networkPolicy.enabled: a policy applies to the whole pod and would cut off the application; write the ports config.ingest.port and config.admin.port into the application's own policy" -}}
{{- else -}}
{{- if not .monitoringNamespaceSelector -}}
{{- $faults = append $faults "networkPolicy.monitoringNamespaceSelector: is empty, so Prometheus could not scrape; write the labels of its namespace, for example {kubernetes.io/metadata.name: monitoring}" -}}
{{- end -}}
{{- if and $shared (not .egress.database) -}}
{{- $faults = append $faults "networkPolicy.egress.database: is empty, so the PostgreSQL journal would be unreachable; write [{to: [peers], ports: [5432]}]" -}}
{{- end -}}
{{- $otlp := false -}}
{{- range $v.env }}{{ if hasPrefix "OTEL_EXPORTER_OTLP_" .name }}{{ $otlp = true }}{{ end }}{{ end -}}
{{- if and $otlp (not .egress.otlp) -}}
{{- $faults = append $faults "networkPolicy.egress.otlp: is empty, but env sets an OTLP collector; write [{to: [peers], ports: [4318]}]" -}}
{{- end -}}
{{- if and (dig "canary" "url" "" $v.config) (not .egress.canary) -}}
{{- $faults = append $faults "networkPolicy.egress.canary: is empty, so the canary (config.canary.url) would be blocked; write [{to: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [443]}]" -}}
{{- end -}}
{{- $probed := false -}}
{{- range $v.config.endpoints -}}
{{- if or (dig "probe" "onReport" true .) (dig "probe" "interval" "" .) }}{{ $probed = true }}{{ end -}}
{{- end -}}
{{- if and $probed (not .egress.probeCIDRs) (not .egress.extra) -}}
{{- $faults = append $faults "networkPolicy.egress.probeCIDRs: is empty, so probes of config.endpoints would be blocked and every endpoint would appear unreachable; write their networks, for example [0.0.0.0/0]" -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* Monitoring */ -}}
{{- if and $v.serviceMonitor.enabled $v.podMonitor.enabled -}}
{{- $faults = append $faults "podMonitor.enabled: with serviceMonitor.enabled every pod would be scraped twice and every failure counted twice; write only one of them" -}}
{{- end -}}
{{- if gt (include "webhook-error-exporter.milliseconds" $v.monitoring.scrapeTimeout | int64) (include "webhook-error-exporter.milliseconds" $v.monitoring.interval | int64) -}}
{{- $faults = append $faults "monitoring.scrapeTimeout: is longer than monitoring.interval, and the Operator ignores such a monitor; write at most the interval" -}}
{{- end -}}
{{- if and $v.monitoring.annotations (or $v.serviceMonitor.enabled $v.podMonitor.enabled) -}}
{{- $faults = append $faults "monitoring.annotations: with a monitor every pod would be scraped twice and every failure counted twice; write only one of them" -}}
{{- end -}}
{{- if and $v.monitoring.annotations $v.admin.metricsToken.existingSecret -}}
{{- $faults = append $faults "monitoring.annotations: a scrape by annotations sends no token, but admin.metricsToken requires one; use a monitor, or remove the token" -}}
{{- end -}}
{{- if and $v.alertmanagerConfig.enabled (not $v.alertmanagerConfig.receivers) -}}
{{- $faults = append $faults "alertmanagerConfig.receivers: is empty, so no one would be notified; write at least one" -}}
{{- end -}}
{{- if $v.alertmanagerConfig.enabled -}}
{{- $names = list -}}
{{- range $v.alertmanagerConfig.receivers }}{{ $names = append $names .name }}{{ end -}}
{{- if and $names (not (has $v.alertmanagerConfig.route.receiver $names)) -}}
{{- $faults = append $faults (printf "alertmanagerConfig.route.receiver: must be one of the receivers; write %s" (join " or " $names)) -}}
{{- end -}}
{{- end -}}
{{- $alerts := dict -}}
{{- range get (include "webhook-error-exporter.rules.files" . | fromYaml) "groups" -}}
{{- range .rules }}{{ if .alert }}{{ $_ := set $alerts .alert .expr }}{{ end }}{{ end -}}
{{- end -}}
{{- $constants := include "webhook-error-exporter.rules.constants" . | fromYaml -}}
{{- range $name, $override := $v.rules.overrides -}}
{{- if not (hasKey $alerts $name) -}}
{{- $faults = append $faults (printf "rules.overrides.%s: unknown alert; known are %s" $name (keys $alerts | sortAlpha | join ", ")) -}}
{{- else if and (hasKey $override "threshold") (not (regexMatch $constants.threshold (get $alerts $name))) -}}
{{- $faults = append $faults (printf "rules.overrides.%s.threshold: this alert follows a state and has no threshold; change its for, or write enabled: false" $name) -}}
{{- end -}}
{{- end -}}

{{- /* What belongs to the application's own pod */ -}}
{{- if $sidecar -}}
{{- range list "extraContainers" "extraInitContainers" "nodeSelector" "affinity" "tolerations" "topologySpreadConstraints" "priorityClassName" "runtimeClassName" "podSecurityContext" "updateStrategy" -}}
{{- if index $v . -}}
{{- $faults = append $faults (printf "%s: in the sidecar form the pod belongs to the application; set it in the application's chart" .) -}}
{{- end -}}
{{- end -}}
{{- if $v.podDisruptionBudget.enabled -}}
{{- $faults = append $faults "podDisruptionBudget.enabled: in the sidecar form the pods belong to the application; set the budget in the application's chart" -}}
{{- end -}}
{{- if $v.autoscaling.enabled -}}
{{- $faults = append $faults "autoscaling.enabled: in the sidecar form the pods belong to the application; scale them in the application's chart" -}}
{{- end -}}
{{- if gt (int $v.replicas) 1 -}}
{{- $faults = append $faults "replicas: in the sidecar form the application's chart sets the number of pods; tell this chart by sidecar.replicas" -}}
{{- end -}}
{{- if dig "postStart" "" $v.lifecycle -}}
{{- $faults = append $faults "lifecycle.postStart: in the sidecar form it would delay the application's start; remove it" -}}
{{- end -}}
{{- if not (and $v.resources.requests $v.resources.limits) -}}
{{- $faults = append $faults "resources: a sidecar without requests and limits could starve the application; write both" -}}
{{- end -}}
{{- end -}}

{{- if $faults -}}
{{- fail (printf "\n\n%d error(s) in the values of webhook-error-exporter:\n  - %s\n" (len $faults) (join "\n  - " $faults)) -}}
{{- end -}}
{{- end }}
