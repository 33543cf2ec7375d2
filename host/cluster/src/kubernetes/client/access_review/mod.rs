//! Asks the API server what an identity may do, before it is done: whether it may write what a set renders, whether it may delete
//! what is about to be created, and where it may watch.
//!
//! One `SelfSubjectRulesReview` tells all rights that hold in every namespace, and another one those in a single namespace, which is
//! asked for only where the first does not suffice. What neither grants is confirmed by a `SelfSubjectAccessReview` for the very verb and
//! resource, because an API server may have authorizers that cannot list their rules. A set of few kinds costs one or two requests.
//!
//! # Guarantees
//! Where the API server answers no reviews nothing is known, and nothing is stopped.

mod missing;

pub(crate) use missing::{MissingRight, namespace_of};

use crate::kubernetes::client::connection::{Mode, Session};
use crate::kubernetes::client::discovery::Kind;
use crate::kubernetes::client::refusal::Refusal;
use crate::kubernetes::client::rights::{BELIEVED, Place, Rules, SILENT, Verb};
use serde::Deserialize as _;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Stands for no namespace in a review of rules, which demands one. No namespace has a dot in its name, so no RoleBinding is in it, and
/// what is left are the rights that hold everywhere.
const NOWHERE: &str = "no.namespace";

const RULES: &str = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
const ACCESS: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

impl Session {
    /// Whether this identity may do all of this to all objects of the kind in the namespace, or the server does not say.
    pub(crate) async fn may_all(&self, verbs: &[Verb], kind: &Kind, namespace: &str) -> bool {
        for verb in verbs {
            if self.may(*verb, kind, namespace, "").await == Some(false) {
                return false;
            }
        }
        true
    }

    /// Whether this identity may do this to the object of this name, or to all objects of the kind if it is empty; in all namespaces if
    /// `namespace` is empty. `None` where the server does not say.
    pub(crate) async fn may(&self, verb: Verb, kind: &Kind, namespace: &str, name: &str) -> Option<bool> {
        let rights = &self.connection.rights;
        let text = str::to_owned;
        let place = (verb, kind.gvk.group.clone(), kind.plural.clone(), text(namespace), text(name));
        if rights.lock().grants(&place, kind) {
            return Some(true);
        }
        let _asking = rights.asking.lock().await;
        if rights.lock().grants(&place, kind) {
            return Some(true);
        }
        let mut complete = true;
        for namespace in ["", namespace].into_iter().take(if namespace.is_empty() { 1 } else { 2 }) {
            let rules = self.rules(namespace, verb.missing_is_believed_for()).await?;
            if rules.as_ref().is_some_and(|rules| rules.grant(verb, kind, name)) {
                return Some(true);
            }
            complete = rules.is_some_and(|rules| rules.are_complete());
        }
        // A watch that was wrongly taken for forbidden costs a list instead, which is not worth a review.
        if complete && verb == Verb::Watch {
            return Some(false);
        }
        // Where all rules are known, their names are too, and one question tells for all objects of the kind.
        let names: &[&str] = if complete || name.is_empty() { &[""] } else { &["", name] };
        let namespaces: &[&str] = if complete || namespace.is_empty() { &[namespace] } else { &["", namespace] };
        for namespace in namespaces {
            for name in names {
                let place = (verb, kind.gvk.group.clone(), kind.plural.clone(), text(namespace), text(name));
                if self.access(place).await? {
                    return Some(true);
                }
            }
        }
        Some(false)
    }

    /// The rules of a namespace, or those that hold everywhere; `Some(None)` where the server does not tell them, and `None` where it
    /// answers no reviews at all.
    async fn rules(&self, namespace: &str, believed: Duration) -> Option<Option<Arc<Rules>>> {
        let rights = &self.connection.rights;
        {
            let mut known = rights.lock();
            if known.silent.is_some_and(|silent| silent.elapsed() < SILENT) {
                return None;
            }
            if let Some(rules) = known.current(namespace, believed) {
                return Some(Some(rules));
            }
        }
        let asked = if namespace.is_empty() { NOWHERE } else { namespace };
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": asked},
        });
        let answer = self.create(RULES, &review, Mode::Real).await;
        let rules = match answer {
            Ok(answer) => answer.body.get("status").and_then(|status| Rules::deserialize(status).ok()),
            Err(refusal) => is_final(&refusal).then(Rules::unknown),
        };
        Some(rules.map(|rules| rights.lock().keep(namespace, rules)))
    }

    /// The answer of one access review, remembered; `None` where the server gives none.
    async fn access(&self, place: Place) -> Option<bool> {
        let rights = &self.connection.rights;
        {
            let known = rights.lock();
            match known.told.get(&place) {
                Some((asked, true)) if asked.elapsed() < BELIEVED => return Some(true),
                Some((asked, false)) if known.is_current(*asked, place.0.missing_is_believed_for()) => {
                    return Some(false);
                }
                _ => {}
            }
        }
        let (verb, group, resource, namespace, name) = &place;
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {
                "verb": verb.as_str(), "group": group, "resource": resource, "namespace": namespace, "name": name,
            }},
        });
        let answer = self.create(ACCESS, &review, Mode::Real).await;
        let mut known = rights.lock();
        let allowed = match answer {
            Ok(answer) => answer.body.pointer("/status/allowed").and_then(Value::as_bool)?,
            Err(refusal) => {
                if is_final(&refusal) {
                    known.silent = Some(Instant::now());
                }
                return None;
            }
        };
        known.told.retain(|_, (asked, _)| asked.elapsed() < BELIEVED);
        known.told.insert(place, (Instant::now(), allowed));
        Some(allowed)
    }
}

/// Whether the server will not answer reviews the next moment either.
fn is_final(refusal: &Refusal) -> bool {
    refusal.is_forbidden() || refusal.is_not_found()
}
