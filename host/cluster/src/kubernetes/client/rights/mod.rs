//! What an identity has been told about what it may do.
//!
//! # Guarantees
//! Each identity, with its API server, is remembered on its own. A right that was granted is believed until a request is refused, and a
//! missing one for a short time only.

mod rules;
mod verb;

pub(super) use rules::Rules;
pub(crate) use verb::Verb;

use crate::kubernetes::client::discovery::Kind;
use lru::LruCache;
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a granted right is believed. A refused request ends that at once.
pub(super) const BELIEVED: Duration = Duration::from_secs(12 * 3600);
/// How long an API server is not asked again that answers no reviews.
pub(super) const SILENT: Duration = Duration::from_secs(60);
/// Namespaces whose rules are kept for an identity. One that was dropped costs another review.
const MOST_NAMESPACES: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1023);
/// Verb, group, resource, namespace and name; of all namespaces or objects where the last ones are empty.
pub(super) type Place = (Verb, String, String, String, String);

/// The reviews of one identity: when it asked, and what it was told.
pub(crate) struct Rights {
    known: Mutex<Known>,
    /// Held while a question is under way, so that what many want to know is asked once.
    pub(super) asking: tokio::sync::Mutex<()>,
}

pub(super) struct Known {
    /// The rules of each namespace; those that hold everywhere under the empty name.
    rules: LruCache<String, (Instant, Arc<Rules>)>,
    /// The answers of single access reviews.
    pub(super) told: HashMap<Place, (Instant, bool)>,
    /// What was missing before this moment may be there now.
    doubted: Option<Instant>,
    /// When the API server refused to answer.
    pub(super) silent: Option<Instant>,
}

impl Default for Rights {
    fn default() -> Self {
        let known = Known { rules: LruCache::new(MOST_NAMESPACES), told: HashMap::new(), doubted: None, silent: None };
        Self { known: Mutex::new(known), asking: tokio::sync::Mutex::default() }
    }
}

impl Known {
    /// The rules of a namespace, if what they do not grant is still believed to be missing.
    pub(super) fn current(&mut self, namespace: &str, believed: Duration) -> Option<Arc<Rules>> {
        let (asked, rules) = self.rules.get(namespace)?;
        let (asked, rules) = (*asked, Arc::clone(rules));
        self.is_current(asked, believed).then_some(rules)
    }

    pub(super) fn is_current(&self, asked: Instant, believed: Duration) -> bool {
        asked.elapsed() < believed && self.doubted.is_none_or(|doubted| doubted < asked)
    }

    /// Whether anything that was told grants this.
    pub(super) fn grants(&mut self, place: &Place, kind: &Kind) -> bool {
        let (verb, _, _, namespace, name) = place;
        let everywhere = String::new();
        for namespace in [&everywhere, namespace] {
            let rules = self.rules.get(namespace).filter(|(asked, _)| asked.elapsed() < BELIEVED);
            if rules.is_some_and(|(_, rules)| rules.grant(*verb, kind, name)) {
                return true;
            }
        }
        matches!(self.told.get(place), Some((asked, true)) if asked.elapsed() < BELIEVED)
    }

    /// Keeps the rules of a namespace. A role that is bound in many namespaces is kept once.
    pub(super) fn keep(&mut self, namespace: &str, rules: Rules) -> Arc<Rules> {
        let same = self.rules.iter().next().map(|(_, (_, last))| last).filter(|last| ***last == rules);
        let rules = same.map_or_else(|| Arc::new(rules), Arc::clone);
        self.rules.put(namespace.to_owned(), (Instant::now(), Arc::clone(&rules)));
        rules
    }
}

impl Rights {
    pub(super) fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was missing may have been granted: it is asked for again.
    pub(crate) fn doubt_what_is_missing(&self) {
        self.lock().doubted = Some(Instant::now());
    }

    /// A request was refused, so nothing that was told is believed any more.
    pub(crate) fn forget(&self) {
        let mut known = self.lock();
        known.rules.clear();
        known.told.clear();
    }
}
