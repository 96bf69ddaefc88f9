{{/* Where the database and the cache are, as JSON: use with fromJson. */}}

{{/* host, port, username, password, database, sslmode */}}
{{- define "contract.database" -}}
{{- $database := .Values.database -}}
{{- $external := $database.external -}}
{{- $internal := eq $database.type "internal" -}}
{{- $name := include "contract.name" (dict "root" . "component" "database") -}}
{{- $password := ternary $database.internal.password $external.password $internal -}}
{{- if and $internal (not $password) -}}
{{- $live := lookup "v1" "Secret" .Release.Namespace $name -}}
{{- $password = dig "data" "POSTGRES_PASSWORD" "" $live | b64dec -}}
{{- end -}}
{{ dict
    "host" (ternary $name $external.host $internal)
    "port" (ternary "5432" (toString $external.port) $internal)
    "username" (ternary "postgres" $external.username $internal)
    "password" $password
    "database" (ternary "registry" $external.coreDatabase $internal)
    "sslmode" (ternary "disable" $external.sslmode $internal)
| toJson }}
{{- end -}}

{{/* scheme, addr, masterSet, username and password (for the registry), url (without index), index (by use), query */}}
{{- define "contract.redis" -}}
{{- $external := .Values.redis.external -}}
{{- $internal := eq .Values.redis.type "internal" -}}
{{- $tls := and (not $internal) (default false ($external.tlsOptions).enable) -}}
{{- $masterSet := ternary "" (default "" $external.sentinelMasterSet) $internal -}}
{{- $scheme := printf "%s%s" (ternary "rediss" "redis" $tls) (ternary "+sentinel" "" (not (empty $masterSet))) -}}
{{- $username := ternary "" (default "" $external.username) $internal -}}
{{- $password := ternary "" (default "" $external.password) $internal -}}
{{- $credentials := "" -}}
{{- if and (not $internal) $external.existingSecret -}}
{{- /* The official chart reads this Secret while it renders and writes the password into its ConfigMaps. */ -}}
{{- $live := lookup "v1" "Secret" .Release.Namespace $external.existingSecret -}}
{{- $username = dig "data" "REDIS_USERNAME" "" $live | b64dec | trim -}}
{{- $password = dig "data" "REDIS_PASSWORD" "" $live | b64dec | trim -}}
{{- $credentials = printf "%s:%s@" ($username | urlquery) ($password | urlquery) -}}
{{- else if $password -}}
{{- $credentials = printf "%s:%s@" ($username | urlquery) ($password | urlquery) -}}
{{- end -}}
{{- $name := include "contract.name" (dict "root" . "component" "redis") -}}
{{- $addr := ternary (printf "%s:6379" $name) $external.addr $internal -}}
{{- $url := printf "%s://%s%s%s" $scheme $credentials $addr (ternary (print "/" $masterSet) "" (ne $masterSet "")) -}}
{{- $indexes := ternary .Values.redis.internal $external $internal -}}
{{ dict
    "scheme" $scheme "addr" $addr "masterSet" $masterSet "tls" $tls
    "username" $username "password" $password
    "core" (printf "%s/%v?idle_timeout_seconds=30" $url (ternary "0" $external.coreDatabaseIndex $internal))
    "jobservice" (printf "%s/%v" $url $indexes.jobserviceDatabaseIndex)
    "registry" (printf "%s/%v?idle_timeout_seconds=30" $url $indexes.registryDatabaseIndex)
    "registryIndex" $indexes.registryDatabaseIndex
    "trivy" (printf "%s/%v?idle_timeout_seconds=30" $url $indexes.trivyAdapterIndex)
    "harbor" (ternary (printf "%s/%v?idle_timeout_seconds=30" $url $indexes.harborDatabaseIndex) "" (not (empty $indexes.harborDatabaseIndex)))
    "cache" (ternary (printf "%s/%v?idle_timeout_seconds=30" $url $indexes.cacheLayerDatabaseIndex) "" (not (empty $indexes.cacheLayerDatabaseIndex)))
| toJson }}
{{- end -}}

{{/* dict root, data (changed in place), component: the proxy's variables, where the component uses it */}}
{{- define "contract.addProxy" -}}
{{- if has .component .root.Values.proxy.components -}}
{{- $_ := set .data "HTTP_PROXY" (toString (default "" .root.Values.proxy.httpProxy)) -}}
{{- $_ := set .data "HTTPS_PROXY" (toString (default "" .root.Values.proxy.httpsProxy)) -}}
{{- $_ := set .data "NO_PROXY" (include "contract.noProxy" .root) -}}
{{- end -}}
{{- end -}}

{{- define "contract.noProxy" -}}
{{- $hosts := list -}}
{{- range list "core" "jobservice" "database" "registry" "portal" "trivy" "exporter" -}}
{{- $hosts = append $hosts (include "contract.name" (dict "root" $ "component" .)) -}}
{{- end -}}
{{ append $hosts .Values.proxy.noProxy | join "," }}
{{- end -}}

{{/* dict root, data (changed in place), service: variables of tracing */}}
{{- define "contract.addTrace" -}}
{{- $trace := .root.Values.trace -}}
{{- $add := dict -}}
{{- if $trace.enabled -}}
{{- $add = dict "TRACE_SERVICE_NAME" .service "TRACE_ENABLED" "true" "TRACE_SAMPLE_RATE" $trace.sample_rate "TRACE_NAMESPACE" $trace.namespace -}}
{{- with $trace.attributes }}{{ $_ := set $add "TRACE_ATTRIBUTES" (toJson .) }}{{ end -}}
{{- if eq $trace.provider "jaeger" -}}
{{- range $key, $setting := dict "ENDPOINT" "endpoint" "USERNAME" "username" "AGENT_HOSTNAME" "agent_host" "AGENT_PORT" "agent_port" -}}
{{- $_ := set $add (print "TRACE_JAEGER_" $key) (index $trace.jaeger $setting) -}}
{{- end -}}
{{- else -}}
{{- range $key, $value := $trace.otel }}{{ $_ := set $add (print "TRACE_OTEL_" (upper $key)) $value }}{{ end -}}
{{- end -}}
{{- end -}}
{{- range $key, $value := $add -}}
{{- $_ := set $.data $key (kindIs "invalid" $value | ternary "" (toString $value)) -}}
{{- end -}}
{{- end -}}

{{/* dict root, secret, key, given, length: the value given, else the one in the live Secret, else a random one */}}
{{- define "contract.keptSecret" -}}
{{- $live := lookup "v1" "Secret" .root.Release.Namespace .secret -}}
{{ default (default (randAlphaNum .length) (dig "data" .key "" $live | b64dec)) .given }}
{{- end -}}

{{- define "contract.tracePassword" -}}
{{- if and .Values.trace.enabled (eq .Values.trace.provider "jaeger") -}}
TRACE_JAEGER_PASSWORD: {{ .Values.trace.jaeger.password | default "" | b64enc | quote }}
{{- end -}}
{{- end -}}
