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

{{/* Processors of a quantity, such as 250m; 0 for what it does not know. */}}
{{- define "webhook-error-exporter.cores" -}}
{{- $text := toString . -}}
{{- if regexMatch "^[0-9.]+m$" $text }}{{ divf (trimSuffix "m" $text | float64) 1000.0 }}{{ else }}{{ float64 $text }}{{ end -}}
{{- end }}

{{/*
What no schema can see and no API server refuses: values with which reports would be lost, tokens or secrets would not protect, or
pods would be scraped twice. Each line of the one message says what is wrong and what to write instead.
*/}}
{{- define "webhook-error-exporter.validate" -}}
{{- $v := .Values -}}
{{- $sidecar := include "webhook-error-exporter.sidecar" . -}}
{{- $shared := include "webhook-error-exporter.shared" . -}}
{{- $faults := list -}}

{{- /* Data loss: the journal */ -}}
{{- if not $shared -}}
{{- if $sidecar -}}
{{- $replicas := max (int $v.sidecar.replicas) (int $v.replicas) -}}
{{- if gt $replicas 1 -}}
{{- $faults = append $faults (printf "sidecar.replicas: %d pods cannot share an SQLite file, which has one writer; keep the journal in PostgreSQL (journal.existingSecret), or run the stand-alone form" $replicas) -}}
{{- end -}}
{{- else if $v.autoscaling.enabled -}}
{{- $faults = append $faults "autoscaling.enabled: an SQLite journal has one writer; set journal.existingSecret (PostgreSQL) first" -}}
{{- else if gt (int $v.replicas) 1 -}}
{{- $faults = append $faults (printf "replicas: %d pods cannot share an SQLite file, which has one writer; write replicas: 1, or keep the journal in PostgreSQL (journal.existingSecret)" (int $v.replicas)) -}}
{{- end -}}
{{- if and (not $v.persistence.enabled) (not $v.journal.acceptLossOnPodDeletion) -}}
{{- $faults = append $faults "persistence.enabled: without a volume the journal is lost with the pod; write persistence.enabled: true, or journal.existingSecret (PostgreSQL), or accept the loss with journal.acceptLossOnPodDeletion: true" -}}
{{- end -}}
{{- $path := trimPrefix "sqlite:" $v.config.journal.url -}}
{{- $mounted := hasPrefix "/data/" $path -}}
{{- range $v.extraVolumeMounts }}{{ if hasPrefix (printf "%s/" (trimSuffix "/" .mountPath)) $path }}{{ $mounted = true }}{{ end }}{{ end -}}
{{- if not $mounted -}}
{{- $faults = append $faults (printf "config.journal.url: %s is not on a volume, and the root file system is read-only; write sqlite:/data/journal.db" $path) -}}
{{- end -}}
{{- if or ($v.journal.passwordFile | default dict).existingSecret $v.config.journal.passwordFile -}}
{{- $faults = append $faults "journal.passwordFile: is for a PostgreSQL journal, and config.journal.url is an SQLite file; write a postgres:// URL there" -}}
{{- end -}}
{{- if eq (include "webhook-error-exporter.dataVolume" .) "template" -}}
{{- $retention := include "webhook-error-exporter.bytes" (dig "journal" "retention" "size" "1GiB" $v.config) | float64 -}}
{{- /* What retention tolerates above its limit, the write-ahead log, and what is kept free so that it can write. */ -}}
{{- if ge (mulf $retention 1.1) (include "webhook-error-exporter.bytes" $v.persistence.size | float64) -}}
{{- $faults = append $faults (printf "persistence.size: %s does not hold a journal of config.journal.retention.size (1GiB by default), a tenth more and its write-ahead log; write a larger one, or a smaller retention" $v.persistence.size) -}}
{{- end -}}
{{- end -}}
{{- else if and $v.journal.existingSecret (hasPrefix "postgres" $v.config.journal.url) -}}
{{- $faults = append $faults "config.journal.url: journal.existingSecret already sets the journal; write only one of them" -}}
{{- end -}}

{{- /* Data loss: reports that reach no listener, and an application that its sidecar cuts off */ -}}
{{- range $name := list "ingest" "admin" "proxy" -}}
{{- $host := dig $name "host" "" $v.config -}}
{{- if regexMatch "^(127\\.|localhost$|::1$)" $host -}}
{{- $faults = append $faults (printf "config.%s.host: %s is unreachable from outside the pod, even for the kubelet's probes; write 0.0.0.0 or ::" $name $host) -}}
{{- end -}}
{{- end -}}
{{- if eq (int $v.config.admin.port) (int $v.config.ingest.port) -}}
{{- $faults = append $faults (printf "config.admin.port: %d is the port of config.ingest, too; the private listener needs its own port" (int $v.config.admin.port)) -}}
{{- end -}}
{{- range $container := get ($v.podSpec | default dict) "containers" | default list -}}
{{- range $key, $value := dict "env" "env" "volumeMounts" "extraVolumeMounts" -}}
{{- if and (kindIs "map" $container) (eq (dig "name" "" $container | toString) "webhook-error-exporter") (hasKey $container $key) -}}
{{- $faults = append $faults (printf "podSpec.containers: %s of webhook-error-exporter would replace that of the chart, so that the service finds neither its configuration nor its volume; write %s" $key $value) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and $sidecar (has (int $v.sidecar.supervisorPort) (list (int $v.config.ingest.port) (int $v.config.admin.port))) -}}
{{- $faults = append $faults (printf "sidecar.supervisorPort: %d is the port of config.ingest or config.admin; the supervisor needs its own port" (int $v.sidecar.supervisorPort)) -}}
{{- end -}}
{{- with $v.config.proxy -}}
{{- $port := include "webhook-error-exporter.proxyPort" $ | int -}}
{{- if has $port (list (int $v.config.ingest.port) (int $v.config.admin.port)) -}}
{{- $faults = append $faults (printf "config.proxy.port: %d is the port of config.ingest or config.admin; the proxy needs its own port" $port) -}}
{{- else if and $sidecar (eq $port (int $v.sidecar.supervisorPort)) -}}
{{- $faults = append $faults (printf "config.proxy.port: %d is sidecar.supervisorPort; the proxy needs its own port" $port) -}}
{{- end -}}
{{- $replicas := $v.autoscaling.enabled | ternary $v.autoscaling.minReplicas $v.replicas | int -}}
{{- if and (not $sidecar) (or (not $shared) (lt $replicas 2)) -}}
{{- $faults = append $faults "config.proxy: with one pod each rollout and each node drain would lose deliveries; write replicas: 2 with the journal in PostgreSQL (journal.existingSecret), or run the proxy in the sidecar form" -}}
{{- end -}}
{{- if and $v.networkPolicy.enabled (not $sidecar) (not $v.networkPolicy.egress.upstreams) -}}
{{- $faults = append $faults "networkPolicy.egress.upstreams: is empty, so no delivery would reach an application; write the upstreams of config.proxy.routes, as [{to: [peers], ports: [8080]}]" -}}
{{- end -}}
{{- end -}}
{{- $reserved := dict "CONFIG_FILE" "the configuration itself under config" "INGEST_HOST" "config.ingest" "INGEST_PORT" "config.ingest" "ADMIN_HOST" "config.admin" "ADMIN_PORT" "config.admin" "JOURNAL_URL" "journal.existingSecret (a URL in a Secret) or config.journal.url" "JOURNAL_URL_FILE" "journal.existingSecret" "JOURNAL_PASSWORD_FILE" "journal.passwordFile" "SUPERVISOR_PORT" "sidecar.supervisorPort" -}}
{{- range $v.env -}}
{{- if hasKey $reserved .name -}}
{{- $faults = append $faults (printf "env: the chart sets %s; write %s" .name (get $reserved .name)) -}}
{{- end -}}
{{- end -}}
{{- if $v.networkPolicy.enabled -}}
{{- if $sidecar -}}
{{- $faults = append $faults "networkPolicy.enabled: a policy applies to the whole pod and would cut off the application; write the ports config.ingest.port and config.admin.port into the application's own policy" -}}
{{- else if and $shared (not $v.networkPolicy.egress.database) -}}
{{- $faults = append $faults "networkPolicy.egress.database: is empty, so the PostgreSQL journal would be unreachable; write [{to: [peers], ports: [5432]}]" -}}
{{- end -}}
{{- end -}}

{{- /* Memory with which the kernel kills the service at each start, or under load: nothing but its log would say so. */ -}}
{{- range $name, $least := dict "memory" "128Mi" "cpu" "" -}}
{{- $convert := eq $name "cpu" | ternary "webhook-error-exporter.cores" "webhook-error-exporter.bytes" -}}
{{- $limit := dig "limits" $name "" $v.resources -}}
{{- $request := dig "requests" $name "" $v.resources -}}
{{- $limited := include $convert $limit | float64 -}}
{{- if and $limited (lt $limited (include $convert $request | float64)) -}}
{{- $faults = append $faults (printf "resources.limits.%s: %v is below the request of %v, and Kubernetes refuses the pod; write at least %v" $name $limit $request $request) -}}
{{- else if and $limited $least (lt $limited (include $convert $least | float64)) -}}
{{- $faults = append $faults (printf "resources.limits.%s: with %v the kernel kills the service under load, or as it starts; write at least %s (512Mi by default)" $name $limit $least) -}}
{{- end -}}
{{- end -}}

{{- /* Authentication */ -}}
{{- range $tenant, $tokens := $v.tokens.create -}}
{{- range splitList "\n" (trimSuffix "\n" $tokens) -}}
{{- $length := len (trimSuffix "\r" .) -}}
{{- if lt $length 16 -}}
{{- $faults = append $faults (printf "tokens.create.%s: a token of %d characters can be guessed; write one of at least 16, from `openssl rand -hex 32` for example" $tenant $length) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and $v.networkPolicy.enabled (not $sidecar) (not $v.networkPolicy.monitoringNamespaceSelector) -}}
{{- $faults = append $faults "networkPolicy.monitoringNamespaceSelector: is empty, which would open the admin port to every namespace; write the labels of the namespace of Prometheus, for example {kubernetes.io/metadata.name: monitoring}" -}}
{{- end -}}
{{- if regexMatch "^postgres(ql)?://[^/@]*:[^/@]*@" $v.config.journal.url -}}
{{- $faults = append $faults "config.journal.url: do not put a password into a ConfigMap; put the whole URL into a Secret and name it in journal.existingSecret, or only the password, in journal.passwordFile" -}}
{{- end -}}
{{- range $i, $endpoint := $v.config.endpoints -}}
{{- range $endpoint.urls -}}
{{- if regexMatch "^[a-z]+://[^/]*@" . -}}
{{- $faults = append $faults (printf "config.endpoints[%d].urls: do not put a password into a ConfigMap; remove everything before the @" $i) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $name := list "apiToken" "metricsToken" -}}
{{- if and (index $v.admin $name).existingSecret (hasKey $v.config.admin $name) -}}
{{- $faults = append $faults (printf "config.admin.%s: admin.%s.existingSecret already sets it; write only one of them" $name $name) -}}
{{- end -}}
{{- end -}}
{{- with $v.config.canary -}}
{{- if not (or .secret $v.canary.existingSecret) -}}
{{- $faults = append $faults "config.canary.secret: is missing; write the name of the Secret that signs canaries to canary.existingSecret" -}}
{{- else if and $v.canary.existingSecret (or .secret .token) -}}
{{- $faults = append $faults "config.canary.secret, config.canary.token: canary.existingSecret already sets them; write only one of them" -}}
{{- end -}}
{{- end -}}
{{- if and ($v.simulation | default dict).existingSecret $v.config.simulation -}}
{{- $faults = append $faults "config.simulation: simulation.existingSecret already sets it; write only one of them" -}}
{{- end -}}
{{- if not $v.config.sources -}}
{{- $faults = append $faults "config.sources: is empty; write at least one source" -}}
{{- end -}}
{{- range $name, $_ := $v.sources -}}
{{- if not (hasKey $v.config.sources $name) -}}
{{- $faults = append $faults (printf "sources.%s: there is no such source; write it under config.sources, which has %s" $name (keys $v.config.sources | sortAlpha | join ", ")) -}}
{{- end -}}
{{- end -}}
{{- range list "ingress" "httpRoute" -}}
{{- if and (index $v .).enabled (not (include "webhook-error-exporter.publicSources" $ | fromJsonArray)) -}}
{{- $faults = append $faults (printf "%s.enabled: no source authenticates its senders, and the path of one with auth: none is not published; configure the auth of a source" .) -}}
{{- end -}}
{{- end -}}
{{- if and $v.ingress.enabled (not $v.ingress.hosts) -}}
{{- $faults = append $faults "ingress.hosts: is empty, so the Ingress has no rule and reaches nothing; write the host names that the platform calls" -}}
{{- end -}}
{{- if and $v.httpRoute.enabled (not $v.httpRoute.parentRefs) -}}
{{- $faults = append $faults "httpRoute.parentRefs: is empty, so no Gateway takes the route; write [{name: GATEWAY, namespace: ITS_NAMESPACE}]" -}}
{{- end -}}
{{- if and $v.tokens.create (not (include "webhook-error-exporter.tokensDirs" . | fromJsonArray)) -}}
{{- $faults = append $faults "tokens.create: the tokens would not be read; keep config.sources.retm.tokensDir, or write that of another source" -}}
{{- end -}}
{{- range include "webhook-error-exporter.sources" . | fromJsonArray -}}
{{- if and .tokensDir (not (hasPrefix "/" .tokensDir)) -}}
{{- $faults = append $faults (printf "config.sources.%s.tokensDir: %s is where the Secret is mounted, so it must be an absolute path" .name .tokensDir) -}}
{{- end -}}
{{- end -}}

{{- with $v.podDisruptionBudget -}}
{{- if and .enabled (not (kindIs "invalid" .minAvailable)) (not (kindIs "invalid" .maxUnavailable)) -}}
{{- $faults = append $faults "podDisruptionBudget: has minAvailable and maxUnavailable, and Kubernetes takes one; write only one of them" -}}
{{- end -}}
{{- end -}}

{{- /* Monitoring: double scraping, scrapes without a token, and alerts that no one gets */ -}}
{{- if and $v.serviceMonitor.enabled $v.podMonitor.enabled -}}
{{- $faults = append $faults "podMonitor.enabled: with serviceMonitor.enabled every pod would be scraped twice and every failure counted twice; write only one of them" -}}
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
{{- $names := list -}}
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
{{- $removed := .Files.Get "files/alerts/removed.yaml" | fromYaml -}}
{{- range $name, $override := $v.rules.overrides -}}
{{- if and (not (hasKey $alerts $name)) (hasKey $removed $name) -}}
{{- $faults = append $faults (printf "rules.overrides.%s: this alert was removed; %s has taken its place%s" $name (get $removed $name) (hasKey $alerts (get $removed $name) | ternary (printf ": write %s" (get $removed $name)) "")) -}}
{{- else if not (hasKey $alerts $name) -}}
{{- $faults = append $faults (printf "rules.overrides.%s: unknown alert; known are %s" $name (keys $alerts | sortAlpha | join ", ")) -}}
{{- else if and (hasKey $override "threshold") (not (regexMatch $constants.threshold (get $alerts $name))) -}}
{{- $faults = append $faults (printf "rules.overrides.%s.threshold: this alert follows a state and has no threshold; change its for, or write enabled: false" $name) -}}
{{- end -}}
{{- end -}}

{{- if $faults -}}
{{- fail (printf "\n\n%d error(s) in the values of webhook-error-exporter:\n  - %s\n" (len $faults) (join "\n  - " $faults)) -}}
{{- end -}}
{{- end }}
