{{/* The value at a path of keys ("deployment.replicas"), as JSON; the default where nothing is set there. */}}
{{- define "operator.value" -}}
{{- $value := .in -}}
{{- range splitList "." (default "" .path) -}}
{{- if kindIs "map" $value -}}{{- $value = get $value . -}}{{- else -}}{{- $value = "" -}}{{- end -}}
{{- end -}}
{{- if or (kindIs "invalid" $value) (eq (toJson $value) "\"\"") -}}{{- $value = .default -}}{{- end -}}
{{- toJson $value -}}
{{- end -}}
