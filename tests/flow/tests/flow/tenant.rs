//! A tenant: a service account with the verbs that docs/install.md names, for ConfigMaps of its own namespace, and a set
//! with one ConfigMap for each pull request.

/// `orangery run` with loopback allowed and a fuse; see its source.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_orangery-flow-operator");

/// The service account `flux`, as whom `--default-service-account` of the shipped Deployment applies.
pub(crate) const TENANT: &str = "
apiVersion: v1
kind: ServiceAccount
metadata: {name: flux, namespace: NAMESPACE}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: flux, namespace: NAMESPACE}
rules: [{apiGroups: [''], resources: [configmaps], verbs: [get, list, watch, create, patch, delete]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: flux, namespace: NAMESPACE}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: flux}
subjects: [{kind: ServiceAccount, name: flux, namespace: NAMESPACE}]
";

/// The provider `pulls`.
pub(crate) const PULLS: &str = "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: pulls}
spec: {type: GitHubPullRequest, url: FORGE/acme/shop}
";

/// The set `previews`, applied as the tenant.
pub(crate) const PREVIEWS: &str = "
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: previews}
spec:
  serviceAccountName: flux
  inputsFrom: [{name: pulls}]
  resources:
    - {apiVersion: v1, kind: ConfigMap, metadata: {name: app-<< inputs.id >>, namespace: NAMESPACE}, data: {sha: << inputs.sha >>}}
";
