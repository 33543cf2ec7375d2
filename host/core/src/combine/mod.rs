//! Combines the inputs of several providers into the inputs that templates see.
//!
//! # Guarantees
//! The result is bounded by [`MAX_COMBINED`] inputs and [`MAX_COMBINED_BYTES`] before any memory is spent on it.
//! Inputs stay JSON text, and a permutation shares its parts instead of copying them. The same sources in any order
//! give the same result. Nothing is overwritten silently: colliding keys are errors that name both providers.

mod flatten;
mod free_text;
mod name;
mod only;
mod permute;
mod source;

pub use free_text::Placeholder;
pub use name::normalise;
pub use only::InputNotFound;
pub use source::{API_VERSION, PROVIDER_KIND, ProviderRef, SET_KIND, Source, Trust};

use crate::conditions::{Disposition, Explain, Notice, Reason};
use crate::input::{Attributes, NamespacedName};
use crate::ledger::{InputRef, InputSource, SourceRef};
use serde_json::{Map, Value};
use std::sync::Arc;

/// The most inputs after combination.
pub const MAX_COMBINED: usize = 10_000;
/// The most bytes of all inputs after combination, as JSON with labels and untrusted keys. Permutations repeat their
/// parts.
pub const MAX_COMBINED_BYTES: usize = 64 << 20;

/// What the `id` of a permutation is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IdFrom {
    /// The positions of its parts, as in Flux Operator: adding an input can rename other permutations.
    #[default]
    Position,
    /// The identities of its parts: adding an input renames none.
    Content,
}

/// What a provider without inputs does under Permute: `spec.inputStrategy.includeEmptyProviders`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EmptySources {
    /// It is left out of the product.
    #[default]
    LeftOut,
    /// It makes the product empty.
    Counted,
}

/// How inputs are combined: `spec.inputStrategy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strategy {
    /// The inputs of one provider after those of another.
    #[default]
    Flatten,
    /// Each input of each provider is combined with each input of every other provider.
    Permute {
        /// What a provider without inputs does to the product.
        empty: EmptySources,
        /// What ids are made from.
        id_from: IdFrom,
    },
}

/// What is to be combined.
#[derive(Debug, Clone)]
pub struct CombineRequest<'a> {
    /// The set whose inputs these are.
    pub set: &'a NamespacedName,
    /// The strategy, from `spec.inputStrategy`.
    pub strategy: Strategy,
    /// The inputs of the set itself, from `spec.inputs`.
    pub inline: &'a [Map<String, Value>],
    /// Whether the set names providers at all (`spec.inputsFrom`): then no inputs means no objects.
    pub reads_providers: bool,
    /// The providers that were found, in any order; repeated ones count once.
    pub providers: Vec<Source>,
}

/// One input as templates see it.
#[derive(Debug, Clone, PartialEq)]
pub struct CombinedInput {
    /// What templates see as `inputs`.
    pub attributes: Attributes,
    /// Its stable digest, 16 hexadecimal characters. It is not one of the attributes, because templates print and hash
    /// those.
    pub uid: String,
    /// Its name in messages, for example `ResourceSetInputProvider/previews id 42`.
    pub label: String,
    /// The providers it comes from; the set itself for inline inputs.
    pub sources: Arc<[SourceRef]>,
    /// The keys (dotted paths) whose values an outsider chose.
    pub untrusted: Vec<String>,
}

impl CombinedInput {
    /// Its reference in the ledger.
    #[must_use]
    pub fn reference(&self) -> InputRef {
        InputRef { source: InputSource::new(self.sources.to_vec()), uid: self.uid.clone() }
    }
}

/// How often the templates of a set are rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TemplateRuns {
    /// Once for each input; never where there are none.
    #[default]
    PerInput,
    /// Once, without input.
    Once,
}

/// All inputs of one set.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Combined {
    /// In rendering order.
    pub inputs: Vec<CombinedInput>,
    /// Once where there are no inputs and no providers.
    pub runs: TemplateRuns,
    /// Warnings for status.
    pub notices: Vec<Notice>,
}

/// Why inputs cannot be combined.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CombineError {
    /// The product is too large.
    #[error(
        "failed to get inputs from {provider}: adding provider '{name}' with {count} inputs would exceed the maximum allowed \
         permutations. max: {MAX_COMBINED}, got: {total}"
    )]
    TooManyPermutations {
        /// `Kind/name` of the provider that broke the bound.
        provider: String,
        /// Its normalised name.
        name: String,
        /// How many inputs it has.
        count: usize,
        /// How many permutations there would be.
        total: usize,
    },
    /// The sum is too large.
    #[error(
        "failed to get inputs from {provider}: its {count} inputs would make {total}, more than the maximum of {MAX_COMBINED}"
    )]
    TooManyInputs {
        /// `Kind/name` of the provider that broke the bound.
        provider: String,
        /// How many inputs it has.
        count: usize,
        /// How many inputs there would be.
        total: usize,
    },
    /// The inputs are too large together.
    #[error(
        "the combined inputs would have {0} bytes, more than the maximum of {MAX_COMBINED_BYTES}; combine fewer or smaller inputs"
    )]
    TooBig(usize),
    /// A provider's name has no letter or digit.
    #[error("normalized provider name is empty: '{0}'")]
    EmptyName(String),
    /// Two providers would have one key.
    #[error("{first} and {second} would both be inputs.{key}; rename one of them")]
    SameKey {
        /// `Kind/name` of the one.
        first: String,
        /// `Kind/name` of the other.
        second: String,
        /// The key that both providers export under.
        key: String,
    },
    /// A provider's key would hide the id of the permutation.
    #[error("{0} would be inputs.id, which is the id of the permutation; rename it")]
    ReservedKey(String),
}

impl Explain for CombineError {
    fn reason(&self) -> Reason {
        match self {
            Self::TooManyPermutations { .. }
            | Self::TooManyInputs { .. }
            | Self::TooBig(_)
            | Self::EmptyName(_)
            | Self::SameKey { .. }
            | Self::ReservedKey(_) => Reason::BuildFailed,
        }
    }

    fn disposition(&self) -> Disposition {
        match self {
            // All of them depend on the names or answers of providers, so the next change of a provider may help.
            Self::TooManyPermutations { .. }
            | Self::TooManyInputs { .. }
            | Self::TooBig(_)
            | Self::EmptyName(_)
            | Self::SameKey { .. }
            | Self::ReservedKey(_) => Disposition::WaitForChange,
        }
    }
}

/// Combines the inputs of a set.
///
/// # Errors
/// A bound is passed, or providers collide under `Permute`.
pub fn combine(ingredients: CombineRequest<'_>) -> Result<Combined, CombineError> {
    let CombineRequest { set, strategy, inline, reads_providers, mut providers } = ingredients;
    if !reads_providers && inline.is_empty() {
        return Ok(Combined { runs: TemplateRuns::Once, ..Combined::default() });
    }
    providers.sort_by(|a, b| a.provider.cmp(&b.provider));
    providers.dedup_by(|a, b| a.provider == b.provider);
    let mut sources = Vec::with_capacity(providers.len() + 1);
    // A set without inline inputs does not count as a provider, even if empty providers count.
    if !inline.is_empty() {
        sources.push(Source::inline(set, inline));
    }
    sources.extend(providers);
    let notices = sources.iter().flat_map(Source::repeated_ids).collect();
    let inputs = match strategy {
        Strategy::Flatten => flatten::flatten(&sources)?,
        Strategy::Permute { empty, id_from } => permute::permute(&sources, empty, id_from)?,
    };
    Ok(Combined { inputs, runs: TemplateRuns::PerInput, notices })
}

#[cfg(test)]
mod tests;
