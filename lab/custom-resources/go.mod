module anchorage/lab/custom-resources

go 1.21.0

require (
	github.com/cert-manager/cert-manager v1.21.2
	github.com/cloudnative-pg/cloudnative-pg v1.30.0
	github.com/envoyproxy/gateway v1.9.1
	github.com/kubernetes-csi/external-snapshotter/client/v8 v8.4.0
	github.com/prometheus-operator/prometheus-operator v0.93.1
	github.com/spotahome/redis-operator v1.2.4
	github.com/traefik/traefik/v3 v3.7.11
	github.com/vmware-tanzu/velero v1.18.3
	github.com/zalando/postgres-operator v1.15.1
	sigs.k8s.io/gateway-api v1.6.1
)
