{{/* What the pods of all components have in common. .values is the component's part of the values. */}}

{{/* dict root, path: digest of what a template renders, so that a pod is replaced when this changes */}}
{{- define "contract.digest" -}}
{{ include (print .root.Template.BasePath "/" .path) .root | sha256sum }}
{{- end -}}

{{/* dict root, component, values, digests? (annotation name -> template path), tls? (template path, default auto) */}}
{{- define "contract.podMetadata" -}}
labels:
  {{- include "contract.labels" .root | nindent 2 }}
  component: {{ .component }}
  app.kubernetes.io/component: {{ .component }}
  {{- with .values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- $annotations := dict -}}
{{- range $name, $path := .digests -}}
{{- $_ := set $annotations (print "checksum/" $name) (include "contract.digest" (dict "root" $.root "path" $path)) -}}
{{- end -}}
{{- $tls := .root.Values.internalTLS -}}
{{- if and .tls $tls.enabled (ne $tls.certSource "secret") -}}
{{- $path := printf "tls/%s.yaml" $tls.certSource -}}
{{- $_ := set $annotations "checksum/tls" (include "contract.digest" (dict "root" .root "path" $path)) -}}
{{- end -}}
{{- with merge $annotations (default dict .values.podAnnotations) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* dict root, component, values, user?, grace?: identity and placement of a pod */}}
{{- define "contract.podBase" -}}
securityContext:
  runAsUser: {{ default 10000 .user }}
  fsGroup: {{ default 10000 .user }}
  {{- if eq .component "registry" }}
  fsGroupChangePolicy: OnRootMismatch
  {{- end }}
{{- with .values.serviceAccountName }}
serviceAccountName: {{ . }}
{{- end }}
automountServiceAccountToken: {{ default false .values.automountServiceAccountToken }}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .grace }}
terminationGracePeriodSeconds: {{ . }}
{{- end }}
{{- with .values.topologySpreadConstraints }}
topologySpreadConstraints:
{{- $selector := dict "matchLabels" (include "contract.selector" $ | fromYaml) }}
{{- range . }}
  - {{- toYaml (merge (dict "labelSelector" $selector) .) | nindent 4 }}
{{- end }}
{{- end }}
{{- with .values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}

{{/* dict root, values, handler?: image, resources and probes of a container */}}
{{- define "contract.container" -}}
image: {{ .values.image.repository }}:{{ .values.image.tag }}
imagePullPolicy: {{ .root.Values.imagePullPolicy }}
{{- with .root.Values.containerSecurityContext }}
securityContext: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.resources }}
resources: {{- toYaml . | nindent 2 }}
{{- end }}
{{- range $kind := list "startupProbe" "livenessProbe" "readinessProbe" }}
{{- $probe := index $.values $kind }}
{{- if and $probe (dig "enabled" true (default dict $probe)) }}
{{ $kind }}:
  {{- $handler := ternary $.readiness $.handler (and (eq $kind "readinessProbe") (hasKey $ "readiness")) }}
  {{- toYaml (merge (omit $probe "enabled") $handler) | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}

{{/* dict root, component, path: a probe by HTTP on the component's port, as JSON */}}
{{- define "contract.httpProbe" -}}
{{- $port := include "contract.containerPort" . | int -}}
{{ dict "httpGet" (dict "path" .path "port" $port "scheme" (include "contract.scheme" .root | upper)) | toJson }}
{{- end -}}

{{/* dict name, secret, key, optional?: an environment variable out of a Secret */}}
{{- define "contract.secretEnv" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: {{ .key }}
      {{- if .optional }}
      optional: true
      {{- end }}
{{- end -}}

{{/* dict root, component (whose folder holds the certificate): paths of the certificate inside the pod */}}
{{- define "contract.tlsEnv" -}}
{{- if .root.Values.internalTLS.enabled }}
- { name: INTERNAL_TLS_ENABLED, value: "true" }
- { name: INTERNAL_TLS_KEY_PATH, value: /etc/harbor/ssl/{{ .component }}/tls.key }
- { name: INTERNAL_TLS_CERT_PATH, value: /etc/harbor/ssl/{{ .component }}/tls.crt }
- { name: INTERNAL_TLS_TRUST_CA_PATH, value: /etc/harbor/ssl/{{ .component }}/ca.crt }
{{- end }}
{{- end -}}

{{/* dict root, component: mounts of the internal certificate and of the custom CA bundle; volumes below */}}
{{- define "contract.trustMounts" -}}
{{- if .root.Values.internalTLS.enabled }}
- { name: {{ .component }}-internal-certs, mountPath: /etc/harbor/ssl/{{ .component }} }
{{- end }}
{{- if .root.Values.caBundleSecretName }}
- { name: ca-bundle-certs, mountPath: /harbor_cust_cert/custom-ca.crt, subPath: ca.crt }
{{- end }}
{{- end -}}

{{- define "contract.trustVolumes" -}}
{{- if .root.Values.internalTLS.enabled }}
- name: {{ .component }}-internal-certs
  secret: { secretName: {{ include "contract.internalCertificate" . | quote }} }
{{- end }}
{{- with .root.Values.caBundleSecretName }}
- name: ca-bundle-certs
  secret: { secretName: {{ . | quote }} }
{{- end }}
{{- end -}}

{{/* dict root, claim: access mode, class and size of a volume claim */}}
{{- define "contract.claimSpec" -}}
accessModes: [{{ .claim.accessMode | quote }}]
{{- with .claim.storageClass }}
storageClassName: {{ ternary "" . (eq . "-") | quote }}
{{- end }}
resources:
  requests:
    storage: {{ .claim.size | quote }}
{{- end -}}

{{/* dict root, claim, name: a claim template of a StatefulSet; these carry no label that changes with a release */}}
{{- define "contract.claimTemplate" -}}
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {{ .name }}
  labels:
    heritage: {{ .root.Release.Service }}
    release: {{ .root.Release.Name }}
    chart: {{ .root.Chart.Name }}
    app: {{ include "contract.app" .root | quote }}
  {{- with .claim.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec: {{- include "contract.claimSpec" . | nindent 2 }}
{{- end -}}

{{/* dict root, component, claim: a claim of its own, kept when the release is deleted */}}
{{- define "contract.claim" -}}
{{- $annotations := deepCopy (default dict .claim.annotations) -}}
{{- if eq .root.Values.persistence.resourcePolicy "keep" -}}
{{- $_ := set $annotations "helm.sh/resource-policy" "keep" -}}
{{- end -}}
{{- $name := include "contract.name" . -}}
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  {{- include "contract.metadata" (merge (dict "name" $name "annotations" $annotations) .) | nindent 2 }}
spec: {{- include "contract.claimSpec" . | nindent 2 }}
{{- end -}}

{{/* The secrets by which the components know each other: of core, and of jobservice where another component reads it */}}
{{- define "contract.componentSecrets" -}}
{{- $core := include "contract.name" (dict "root" . "component" "core") -}}
{{- $jobservice := include "contract.name" (dict "root" . "component" "jobservice") -}}
{{- $key := ternary .Values.jobservice.existingSecretKey "JOBSERVICE_SECRET" (not (empty .Values.jobservice.existingSecret)) -}}
{{ include "contract.secretEnv" (dict "name" "CORE_SECRET" "secret" (default $core .Values.core.existingSecret) "key" "secret") }}
{{ include "contract.secretEnv" (dict "name" "JOBSERVICE_SECRET" "secret" (default $jobservice .Values.jobservice.existingSecret) "key" $key) }}
{{- end -}}

{{/* How pods that may hold a volume alone are replaced */}}
{{- define "contract.strategy" -}}
type: {{ .Values.updateStrategy.type }}
{{- if eq .Values.updateStrategy.type "Recreate" }}
rollingUpdate: null
{{- end }}
{{- end -}}

{{/* dict root, claim, name: a StatefulSet's data where no claim template makes it */}}
{{- define "contract.stateVolume" -}}
{{- if not .root.Values.persistence.enabled -}}
- { name: {{ .name }}, emptyDir: {} }
{{- else if .claim.existingClaim -}}
- name: {{ .name }}
  persistentVolumeClaim: { claimName: {{ .claim.existingClaim | quote }} }
{{- end -}}
{{- end -}}
