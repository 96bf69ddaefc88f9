{{/* What the registry and its controller have in common: both see the storage and its credentials. */}}

{{- define "contract.registry.envFrom" -}}
- secretRef: { name: {{ include "contract.name" (dict "root" . "component" "registry") | quote }} }
{{- with .Values.persistence.imageChartStorage.s3.existingSecret }}
- secretRef: { name: {{ . | quote }} }
{{- end }}
{{- end -}}

{{- define "contract.registry.env" -}}
{{- $storage := .Values.persistence.imageChartStorage -}}
{{- with .Values.registry.existingSecret }}
{{ include "contract.secretEnv" (dict "name" "REGISTRY_HTTP_SECRET" "secret" . "key" $.Values.registry.existingSecretKey) }}
{{- end }}
{{- $proxy := dict }}
{{- include "contract.addProxy" (dict "root" . "component" "registry" "data" $proxy) }}
{{- range $name, $value := $proxy }}
- { name: {{ $name }}, value: {{ $value | quote }} }
{{- end }}
{{- include "contract.tlsEnv" (dict "root" . "component" "registry") }}
{{- with $storage.azure.existingSecret }}
{{ include "contract.secretEnv" (dict "name" "REGISTRY_STORAGE_AZURE_ACCOUNTKEY" "secret" . "key" "AZURE_STORAGE_ACCESS_KEY") }}
{{- end }}
{{- with $storage.swift.existingSecret }}
{{- range $key := list "PASSWORD" "SECRETKEY" "ACCESSKEY" }}
{{- $name := print "REGISTRY_STORAGE_SWIFT_" $key }}
{{ include "contract.secretEnv" (dict "name" $name "secret" $storage.swift.existingSecret "key" $name "optional" (ne $key "PASSWORD")) }}
{{- end }}
{{- end }}
{{- with $storage.oss.existingSecret }}
{{- $name := "REGISTRY_STORAGE_OSS_ACCESSKEYSECRET" }}
{{ include "contract.secretEnv" (dict "name" $name "secret" . "key" $name "optional" true) }}
{{- end }}
{{- end -}}

{{- define "contract.registry.hasGcsKey" -}}
{{- $storage := .Values.persistence.imageChartStorage -}}
{{- if and .Values.persistence.enabled (eq $storage.type "gcs") (not $storage.gcs.useWorkloadIdentity) }}true{{ end -}}
{{- end -}}

{{- define "contract.registry.mounts" -}}
{{- $storage := .Values.persistence.imageChartStorage -}}
{{- $subPath := .Values.persistence.persistentVolumeClaim.registry.subPath -}}
- { name: registry-data, mountPath: {{ $storage.filesystem.rootdirectory | quote }}, subPath: {{ $subPath | quote }} }
- { name: registry-config, mountPath: /etc/registry/config.yml, subPath: config.yml }
{{- if include "contract.registry.hasGcsKey" . }}
- { name: gcs-key, mountPath: /etc/registry/gcs-key.json, subPath: gcs-key.json }
{{- end }}
{{- if $storage.caBundleSecretName }}
- { name: storage-service-ca, mountPath: /harbor_cust_cert/custom-ca-bundle.crt, subPath: ca.crt }
{{- end }}
{{- include "contract.trustMounts" (dict "root" . "component" "registry") }}
{{- end -}}
