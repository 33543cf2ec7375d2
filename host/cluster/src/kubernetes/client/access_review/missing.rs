//! Names the rights that an identity lacks.

use crate::kubernetes::client::connection::Session;
use crate::kubernetes::client::discovery::Kind;
use crate::kubernetes::client::rights::Verb;
use orangery_core::ObjectKey;
use std::fmt;

/// Verbs that an identity lacks for a kind in a namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MissingRight {
    account: String,
    verbs: Vec<Verb>,
    resource: String,
    group: String,
    /// Empty where the kind is cluster-scoped.
    namespace: String,
}

impl fmt::Display for MissingRight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { account, resource, .. } = self;
        let verbs: Vec<&str> = self.verbs.iter().map(|verb| verb.as_str()).collect();
        let verbs = match verbs.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, others)) => format!("{} and {last}", others.join(", ")),
            None => String::new(),
        };
        let the_verbs = if self.verbs.len() == 1 { "verb" } else { "verbs" };
        write!(
            f,
            "{account} may not {verbs} {resource} ({}) {}; add the {the_verbs} {verbs} to a role of that account, which is noticed \
             within 15 seconds",
            group(&self.group),
            place(&self.namespace)
        )
    }
}

impl Session {
    /// The verbs among these that this identity lacks for an object of `kind`; `None` if it lacks none, or the server does not say.
    pub(crate) async fn missing_right(&self, verbs: &[Verb], kind: &Kind, key: &ObjectKey) -> Option<MissingRight> {
        let namespace = namespace_of(kind, key);
        let mut missing = Vec::new();
        for verb in verbs {
            if self.may(*verb, kind, namespace, &key.name).await == Some(false) {
                missing.push(*verb);
            }
        }
        (!missing.is_empty()).then(|| MissingRight {
            account: self.connection.identity.to_string(),
            verbs: missing,
            resource: kind.plural.clone(),
            group: kind.gvk.group.clone(),
            namespace: namespace.to_owned(),
        })
    }

    /// A warning if the object cannot be deleted by this identity. Silent where the server does not say.
    pub(crate) async fn warn_unless_deletable(&self, kind: &Kind, key: &ObjectKey) -> Option<String> {
        let namespace = namespace_of(kind, key);
        if self.may(Verb::Delete, kind, namespace, &key.name).await? {
            return None;
        }
        Some(format!(
            "{} may create but not delete {} ({}) {}: nothing there can be pruned until its role has the verb delete",
            self.connection.identity,
            kind.plural,
            group(&kind.gvk.group),
            place(namespace)
        ))
    }
}

/// The namespace whose roles decide about an object. Those in a namespace decide about the Namespace itself too.
pub(crate) fn namespace_of<'k>(kind: &Kind, key: &'k ObjectKey) -> &'k str {
    match (kind.namespaced, kind.gvk.group.as_str(), kind.gvk.kind.as_str()) {
        (true, ..) => &key.namespace,
        (false, "", "Namespace") => &key.name,
        (false, ..) => "",
    }
}

fn group(group: &str) -> &str {
    if group.is_empty() { "the core API group" } else { group }
}

fn place(namespace: &str) -> String {
    if namespace.is_empty() { "in the cluster".to_owned() } else { format!("in namespace {namespace}") }
}
