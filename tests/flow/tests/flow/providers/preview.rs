//! What both articles put into a preview namespace before the first environment, and what their forges need to know.

use orangery_test_flow::World;
use orangery_test_forge::{Flavour, Rights, Token};
use serde_json::Value;

/// `preview/`: the namespace, who applies in it, and what a service account needs beside the role `admin` (whose rules
/// come from a controller that the test control plane does not run).
pub(crate) const PREVIEW: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: NAMESPACE}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: flux, namespace: NAMESPACE}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: flux, namespace: NAMESPACE}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: admin}
subjects: [{kind: ServiceAccount, name: flux, namespace: NAMESPACE}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: flux-kinds, namespace: NAMESPACE}
rules:
  - apiGroups: [source.toolkit.fluxcd.io, helm.toolkit.fluxcd.io]
    resources: ['*']
    verbs: ['*']
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: flux-kinds, namespace: NAMESPACE}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: flux-kinds}
subjects: [{kind: ServiceAccount, name: flux, namespace: NAMESPACE}]
---
apiVersion: v1
kind: Secret
metadata: {name: github-auth, namespace: NAMESPACE}
stringData: {username: git, password: previewtoken-of-the-story}
---
apiVersion: v1
kind: Secret
metadata: {name: gitlab-token-readonly, namespace: NAMESPACE}
stringData: {username: flux, password: previewtoken-of-the-story}
";

/// Makes the token of the Secrets known to the forge, for one repository.
pub(crate) fn forge_accepts(world: &World, flavour: Flavour, repository: &str) {
    world.forge.accepts(Token {
        value: "previewtoken-of-the-story".to_owned(),
        flavour,
        repositories: vec![repository.to_owned()],
        rights: Rights::Read,
        user: "maria".to_owned(),
        expires_at: None,
    });
}

/// A field of an object; null if there is none.
pub(crate) fn at<'a>(object: &'a Value, pointer: &str) -> &'a Value {
    object.pointer(pointer).unwrap_or(&Value::Null)
}
