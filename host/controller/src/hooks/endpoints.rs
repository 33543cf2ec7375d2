//! Which path belongs to whom.

use orangery_api::Receiver;
use orangery_core::NamespacedName;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

/// Who takes deliveries.
#[derive(Debug, Clone)]
pub(super) enum Endpoint {
    /// A Receiver of Flux.
    Receiver(Arc<Receiver>),
    /// A provider with a hook of its own.
    Provider {
        /// The Secret with the token, in the namespace of the provider.
        secret: String,
    },
}

/// Whose endpoint it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Owner {
    Receiver(NamespacedName),
    Provider(NamespacedName),
}

/// All endpoints, by the path in their owner's status. Somebody may have written the path of another there, so several can claim
/// one; which of them is right is seen when the token is read.
#[derive(Default)]
pub(super) struct Endpoints(RwLock<State>);

#[derive(Default)]
struct State {
    by_path: HashMap<String, BTreeMap<Owner, Endpoint>>,
    paths: HashMap<Owner, String>,
}

impl Endpoints {
    /// Whether anybody claims a path.
    pub(super) fn contain(&self, path: &str) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).by_path.contains_key(path)
    }

    /// Who claims a path.
    pub(super) fn at(&self, path: &str) -> Vec<(Owner, Endpoint)> {
        let state = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let claims = state.by_path.get(path).into_iter().flatten();
        claims.map(|(owner, endpoint)| (owner.clone(), endpoint.clone())).collect()
    }

    /// The endpoint of an owner, as it is now.
    pub(super) fn set(&self, owner: Owner, path: String, endpoint: Endpoint) {
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        state.remove(&owner);
        state.by_path.entry(path.clone()).or_default().insert(owner.clone(), endpoint);
        state.paths.insert(owner, path);
    }

    /// An owner has no endpoint, or is gone.
    pub(super) fn remove(&self, owner: &Owner) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(owner);
    }

    /// Removes the owners that a new list does not name any more.
    pub(super) fn retain(&self, keep: impl Fn(&Owner) -> bool) {
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let gone: Vec<Owner> = state.paths.keys().filter(|owner| !keep(owner)).cloned().collect();
        for owner in gone {
            state.remove(&owner);
        }
    }
}

impl State {
    fn remove(&mut self, owner: &Owner) {
        let Some(path) = self.paths.remove(owner) else { return };
        if let Some(claims) = self.by_path.get_mut(&path) {
            claims.remove(owner);
            if claims.is_empty() {
                self.by_path.remove(&path);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider(name: &str) -> Owner {
        Owner::Provider(NamespacedName { namespace: "apps".into(), name: name.into() })
    }

    fn endpoint() -> Endpoint {
        Endpoint::Provider { secret: "hook".into() }
    }

    #[test]
    fn a_path_that_moved_or_whose_owners_are_gone_is_unknown() {
        let endpoints = Endpoints::default();
        endpoints.set(provider("a"), "/hook/1".into(), endpoint());
        endpoints.set(provider("b"), "/hook/1".into(), endpoint());
        assert_eq!(endpoints.at("/hook/1").len(), 2, "the token decides");
        endpoints.set(provider("a"), "/hook/2".into(), endpoint());
        assert_eq!(endpoints.at("/hook/1").len(), 1);
        endpoints.remove(&provider("b"));
        assert!(!endpoints.contain("/hook/1") && endpoints.contain("/hook/2"));
        endpoints.retain(|owner| *owner != provider("a"));
        assert!(!endpoints.contain("/hook/2"));
    }
}
