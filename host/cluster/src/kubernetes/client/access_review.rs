//! Asks the API server what an identity may do: whether it may delete what it is about to create, so that a missing right is noticed
//! before there are previews that cannot be removed, and whether it may watch a kind in all namespaces.

use crate::kubernetes::client::connection::{Mode, Session};
use crate::kubernetes::client::discovery::Kind;
use serde_json::{Value, json};

impl Session {
    /// A warning if objects of `kind` in `namespace` cannot be deleted by this identity. Silent where the server does not say.
    pub(crate) async fn warn_unless_deletable(&self, kind: &Kind, namespace: &str) -> Option<String> {
        let namespace = if kind.namespaced { namespace } else { "" };
        // Most identities may delete a kind everywhere, which one review tells for all namespaces.
        if self.may("delete", kind, "").await? || (!namespace.is_empty() && self.may("delete", kind, namespace).await?)
        {
            return None;
        }
        let place =
            if namespace.is_empty() { "in the cluster".to_owned() } else { format!("in namespace {namespace}") };
        let group = if kind.gvk.group.is_empty() { "the core API group" } else { kind.gvk.group.as_str() };
        Some(format!(
            "{} may create but not delete {} ({group}) {place}: nothing there can be pruned until its role has the verb delete",
            self.connection.identity, kind.plural
        ))
    }

    /// Whether this identity may do this to objects of `kind`, in all namespaces if `namespace` is empty. `None` where the server does
    /// not say.
    pub(crate) async fn may(&self, verb: &'static str, kind: &Kind, namespace: &str) -> Option<bool> {
        let place = (verb, kind.gvk.group.clone(), kind.plural.clone(), namespace.to_owned());
        if let Some(allowed) = self.connection.rights.known(&place) {
            return Some(allowed);
        }
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {
                "verb": verb, "group": kind.gvk.group, "resource": kind.plural, "namespace": namespace,
            }},
        });
        let answer =
            self.create("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", &review, Mode::Real).await.ok()?;
        let allowed = answer.body.pointer("/status/allowed").and_then(Value::as_bool)?;
        self.connection.rights.keep(place, allowed);
        Some(allowed)
    }
}
