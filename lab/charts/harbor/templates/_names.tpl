{{/* Names, labels, ports and addresses. Every helper that takes a dict finds the chart's scope in .root */}}

{{- define "contract.app" -}}
{{ default "harbor" .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{/* The prefix of every object's name: the release's name where this contains the app's name already. */}}
{{- define "contract.prefix" -}}
{{- $app := default "harbor" .Values.nameOverride -}}
{{- $joined := ternary .Release.Name (printf "%s-%s" .Release.Name $app) (contains $app .Release.Name) -}}
{{ default $joined .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{/* dict root, component */}}
{{- define "contract.name" -}}
{{ printf "%s-%s" (include "contract.prefix" .root) .component }}
{{- end -}}

{{- define "contract.labels" -}}
heritage: {{ .Release.Service }}
release: {{ .Release.Name }}
chart: {{ .Chart.Name }}
app: {{ include "contract.app" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/name: {{ include "contract.app" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: {{ include "contract.app" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end -}}

{{/* dict root, component: what Services, workloads and others select on */}}
{{- define "contract.selector" -}}
release: {{ .root.Release.Name }}
app: {{ include "contract.app" .root | quote }}
component: {{ .component }}
{{- end -}}

{{/* dict root, name, labels?, annotations?, component?: metadata of an object */}}
{{- define "contract.metadata" -}}
name: {{ .name | quote }}
namespace: {{ .root.Release.Namespace | quote }}
labels:
  {{- include "contract.labels" .root | nindent 2 }}
  {{- with .component }}
  component: {{ . }}
  app.kubernetes.io/component: {{ . }}
  {{- end }}
  {{- with .labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "contract.scheme" -}}
{{ ternary "https" "http" .Values.internalTLS.enabled }}
{{- end -}}

{{/* dict root, component: the port that the component's container listens on */}}
{{- define "contract.containerPort" -}}
{{- $tls := .root.Values.internalTLS.enabled -}}
{{- if eq .component "registry" }}{{ ternary 5443 5000 $tls }}{{ else }}{{ ternary 8443 8080 $tls }}{{ end -}}
{{- end -}}

{{/* dict root, component: the port of the component's Service */}}
{{- define "contract.servicePort" -}}
{{- if has .component (list "core" "jobservice" "portal") -}}
{{ ternary 443 80 .root.Values.internalTLS.enabled }}
{{- else -}}
{{ include "contract.containerPort" . }}
{{- end -}}
{{- end -}}

{{/* dict root, component, host?: address inside the cluster, with its port */}}
{{- define "contract.url" -}}
{{- $host := include "contract.name" (dict "root" .root "component" (default .component .host)) -}}
{{ include "contract.scheme" .root }}://{{ $host }}:{{ include "contract.servicePort" . }}
{{- end -}}

{{- define "contract.metricsPort" -}}
{{ ternary "https-metrics" "http-metrics" .Values.internalTLS.enabled }}
{{- end -}}

{{/* Whether nginx stands before core and portal. */}}
{{- define "contract.hasNginx" -}}
{{- if not (has .Values.expose.type (list "ingress" "route")) }}true{{ end -}}
{{- end -}}

{{/* The Secret with nginx's certificate. */}}
{{- define "contract.nginxCertificate" -}}
{{- if eq .Values.expose.tls.certSource "secret" -}}
{{ .Values.expose.tls.secret.secretName }}
{{- else -}}
{{ include "contract.name" (dict "root" . "component" "nginx") }}
{{- end -}}
{{- end -}}

{{/* dict root, component: the Secret with the component's certificate for traffic inside Harbor */}}
{{- define "contract.internalCertificate" -}}
{{- if eq .root.Values.internalTLS.certSource "secret" -}}
{{ (index .root.Values.internalTLS .component).secretName }}
{{- else -}}
{{ include "contract.name" . }}-internal-tls
{{- end -}}
{{- end -}}

{{- define "contract.ipFamily" -}}
{{- with .Values.ipFamily.policy }}
ipFamilyPolicy: {{ . }}
{{- end }}
{{- with .Values.ipFamily.families }}
ipFamilies: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
