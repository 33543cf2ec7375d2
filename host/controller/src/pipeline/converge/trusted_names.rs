//! Decides whether the name of an object contains text that an outsider chose: the branch of a pull request, its title, a label.
//!
//! Neither the template nor the name shows this, because functions cut, hash and join. So the same templates are rendered again,
//! with inputs in which every such text is a constant of ours ([`orangery_core::combine::Placeholder`]). An object that has the same
//! identity in both of these renderings does not get it from an outsider. This works with any renderer, because no answer of it is
//! trusted: an error, another number of inputs or another identity counts as untrusted text.
//!
//! This is decided only for existing objects without an owner, which are rare: a rendering costs as much as the first one did.

use crate::pipeline::build;
use crate::pipeline::offload;
use orangery_core::combine::{Combined, CombinedInput, Placeholder, Source, TemplateRuns};
use orangery_core::spec::SetSpec;
use orangery_core::{InputRef, Object, ObjectKey, Planned, Scopes};
use orangery_sandbox::{InputError, Rendering, Sandbox};
use std::collections::{BTreeMap, BTreeSet};

/// The templates and inputs that the names of a set are made from.
pub struct TrustedNames<'a> {
    /// Where templates are rendered.
    pub sandbox: &'a Sandbox,
    /// The set that is reconciled.
    pub set: &'a SetSpec,
    /// The providers that it reads.
    pub sources: &'a [Source],
}

impl TrustedNames<'_> {
    /// The objects among these whose group, kind, namespace and name contain no untrusted text.
    pub(crate) async fn trusted(&self, objects: &[&Planned], scopes: &Scopes) -> BTreeSet<ObjectKey> {
        let Some(real) = self.combined(None).await else { return BTreeSet::new() };
        if real.runs == TemplateRuns::Once {
            return objects.iter().map(|planned| planned.object.key()).collect();
        }
        // An object without an input comes from all of them, so any input shows where its name comes from.
        let Some(any) = real.inputs.first().map(CombinedInput::reference) else { return BTreeSet::new() };
        let of = |planned: &Planned| planned.input.clone().unwrap_or_else(|| any.clone());
        let wanted: BTreeSet<InputRef> = objects.iter().map(|planned| of(planned)).collect();
        let mut places = BTreeMap::new();
        for (place, input) in real.inputs.iter().enumerate() {
            let reference = input.reference();
            if wanted.contains(&reference) {
                places.insert(reference, (place, input.untrusted.is_empty()));
            }
        }
        let asked: Vec<usize> = places.values().filter(|(_, trusted)| !trusted).map(|(place, _)| *place).collect();
        let mut harmless = Vec::with_capacity(Placeholder::ALL.len());
        for probe in Placeholder::ALL {
            harmless.push(self.identities(probe, &asked, real.inputs.len(), scopes).await);
        }
        let mut trusted = BTreeSet::new();
        for planned in objects {
            let key = planned.object.key();
            let is_fixed = places.get(&of(planned)).is_some_and(|(place, trusted)| {
                *trusted || harmless.iter().all(|seen| seen.get(place).is_some_and(|keys| keys.contains(&key)))
            });
            if is_fixed {
                trusted.insert(key);
            }
        }
        trusted
    }

    /// The inputs as they are, or with the constants of a probe instead of untrusted text; `None` if they cannot be combined.
    async fn combined(&self, probe: Option<Placeholder>) -> Option<Combined> {
        let mut sources = self.sources.to_vec();
        if let Some(probe) = probe {
            let bytes = sources.iter().flat_map(|source| source.inputs.texts()).map(str::len).sum();
            sources =
                offload::run(bytes, move || sources.iter().map(|source| source.without_free_text(probe)).collect())
                    .await;
        }
        build::combined(self.set, sources).await.ok()
    }

    /// The identities that the inputs at these places render with the constants of a probe. An input that cannot be rendered then
    /// has none.
    async fn identities(
        &self,
        probe: Placeholder,
        places: &[usize],
        count: usize,
        scopes: &Scopes,
    ) -> BTreeMap<usize, BTreeSet<ObjectKey>> {
        let nothing = BTreeMap::new();
        let Some(mut combined) = self.combined(Some(probe)).await.filter(|combined| combined.inputs.len() == count)
        else {
            return nothing;
        };
        let inputs: Option<Vec<CombinedInput>> =
            places.iter().map(|place| combined.inputs.get(*place).cloned()).collect();
        let Some(inputs) = inputs else { return nothing };
        combined.inputs = inputs;
        let Ok(entries) = build::render(self.sandbox, self.set, &combined).await else { return nothing };
        let keys = |entry: Result<Rendering, InputError>| {
            let objects = entry.map(|rendering| rendering.objects).unwrap_or_default();
            let objects = objects.iter().filter_map(|rendered| serde_json::from_str::<Object>(&rendered.object).ok());
            objects.map(|object| scopes.key(&object.key())).collect()
        };
        places.iter().copied().zip(entries.into_iter().map(keys)).collect()
    }
}
