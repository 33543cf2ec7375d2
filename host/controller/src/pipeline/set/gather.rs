//! Finds the providers that a set reads, with their inputs and freshness.

use orangery_core::combine::{ProviderRef, Source, Trust};
use orangery_core::guard::SourceState;
use orangery_core::spec::{InputsFrom, SetSpec};
use orangery_core::{Freshness, NamespacedName, Reason, Snapshot, UnreadableInputs};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A provider as the controller knows it.
#[derive(Debug, Clone)]
pub struct KnownProvider {
    /// The provider, by namespace and name.
    pub name: NamespacedName,
    /// Its labels, for selectors.
    pub labels: BTreeMap<String, String>,
    /// Its last good inputs.
    pub snapshot: Snapshot,
    /// `None` if all its inputs come from the user (type `Static`), else its default values, which do.
    pub answered: Option<Map<String, Value>>,
}

/// What a set reads.
#[derive(Debug, Default)]
pub struct Gathered {
    /// The inputs of the providers that have answered.
    pub sources: Vec<Source>,
    /// All providers, also those that have not answered.
    pub states: Vec<SourceState>,
    /// Names in `spec.inputsFrom` without a provider.
    pub missing: Vec<NamespacedName>,
}

impl Gathered {
    /// Names of providers that are missing or have never answered.
    #[must_use]
    pub fn not_ready(&self) -> Vec<&str> {
        self.states
            .iter()
            .filter(|state| state.freshness == Freshness::Never)
            .map(|state| state.name.as_str())
            .collect()
    }

    /// Names and reasons of providers whose last good inputs are in use.
    #[must_use]
    pub fn stale(&self) -> Vec<(&str, Reason)> {
        self.states
            .iter()
            .filter_map(|state| match &state.freshness {
                Freshness::Stale { reason, .. } => Some((state.name.as_str(), *reason)),
                Freshness::Fresh | Freshness::Never => None,
            })
            .collect()
    }
}

/// What a provider exports.
fn source(provider: &KnownProvider) -> Source {
    Source {
        provider: ProviderRef::provider(provider.name.clone()),
        inputs: provider.snapshot.inputs().clone(),
        trust: provider.answered.clone().map_or(Trust::Trusted, |defaults| Trust::Answered { defaults }),
    }
}

/// The inputs of the items that could not be read in the last answer.
fn unreadable_inputs(provider: &KnownProvider) -> UnreadableInputs {
    let unreadable = provider.snapshot.unreadable();
    if unreadable.iter().any(|key| key == orangery_core::ANY) {
        return UnreadableInputs::Any;
    }
    let reference = ProviderRef::provider(provider.name.clone());
    if unreadable.is_empty() {
        return UnreadableInputs::default();
    }
    let exported = source(provider).uids();
    UnreadableInputs::These(
        unreadable.iter().map(|key| reference.uid(key)).filter(|uid| !exported.contains(uid)).collect(),
    )
}

/// Finds the providers that `spec.inputsFrom` names or selects; each once, in the set's namespace only.
#[must_use]
pub fn gather<'a>(set: &SetSpec, known: impl IntoIterator<Item = &'a KnownProvider>) -> Gathered {
    let here: BTreeMap<&str, &KnownProvider> = known
        .into_iter()
        .filter(|provider| provider.name.namespace == set.name.namespace)
        .map(|provider| (provider.name.name.as_str(), provider))
        .collect();
    let mut gathered = Gathered::default();
    let mut found: BTreeMap<&str, &KnownProvider> = BTreeMap::new();
    for from in &set.inputs_from {
        match from {
            InputsFrom::Name(name) => match here.get_key_value(name.as_str()) {
                Some((name, provider)) => {
                    found.insert(name, provider);
                }
                None => {
                    let missing = NamespacedName::new(set.name.namespace.as_str(), name.as_str());
                    gathered.states.push(SourceState::new(name.as_str(), Freshness::Never));
                    gathered.missing.push(missing);
                }
            },
            InputsFrom::Selector(selector) => {
                found.extend(
                    here.iter()
                        .filter(|(_, provider)| selector.matches(&provider.labels))
                        .map(|(name, provider)| (*name, *provider)),
                );
            }
        }
    }
    for provider in found.into_values() {
        let freshness = provider.snapshot.freshness().clone();
        gathered.states.push(SourceState {
            unreadable: unreadable_inputs(provider),
            ..SourceState::new(provider.name.name.as_str(), freshness)
        });
        if *provider.snapshot.freshness() != Freshness::Never {
            gathered.sources.push(source(provider));
        }
    }
    gathered
}
