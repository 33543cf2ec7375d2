//! Combines each input of each source with each input of every other source; the first source varies slowest.

use super::source::{Part, Source};
use super::{CombineError, CombinedInput, EmptySources, IdFrom, MAX_COMBINED, MAX_COMBINED_BYTES, normalise};
use crate::digest;
use crate::input::Attributes;
use crate::ledger::SourceRef;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One source of the product. Its parts are read once and shared by all permutations.
struct Axis<'a> {
    key: Arc<str>,
    source: &'a Source,
    parts: Vec<(Part, Arc<str>)>,
}

impl<'a> Axis<'a> {
    fn of(source: &'a Source, key: String) -> Self {
        let parts = source.parts().into_iter().map(|part| {
            let text = Arc::from(part.attributes.to_json());
            (part, text)
        });
        Self { key: key.into(), source, parts: parts.collect() }
    }
}

pub(super) fn permute(
    sources: &[Source],
    empty: EmptySources,
    id_from: IdFrom,
) -> Result<Vec<CombinedInput>, CombineError> {
    let is_counted = |source: &&Source| empty == EmptySources::Counted || !source.inputs.is_empty();
    let counted: Vec<&Source> = sources.iter().filter(is_counted).collect();
    let keys = keys(&counted)?;
    let total = check_bounds(&counted, &keys)?;
    if total == 0 {
        return Ok(Vec::new());
    }
    let axes: Vec<Axis<'_>> = counted.into_iter().zip(keys).map(|(source, key)| Axis::of(source, key)).collect();
    check_bytes(&axes, total)?;
    let sources: Arc<[SourceRef]> = axes.iter().map(|axis| axis.source.provider.source()).collect();
    Ok((0..total).map(|position| permutation(&axes, position, id_from, &sources)).collect())
}

fn keys(sources: &[&Source]) -> Result<Vec<String>, CombineError> {
    let mut taken: BTreeMap<String, String> = BTreeMap::new();
    let mut keys = Vec::with_capacity(sources.len());
    for source in sources {
        let key = normalise(&source.provider.name.name);
        let who = source.provider.short();
        if key.is_empty() {
            return Err(CombineError::EmptyName(source.provider.name.name.clone()));
        }
        if key == "id" {
            return Err(CombineError::ReservedKey(who));
        }
        if let Some(first) = taken.insert(key.clone(), who.clone()) {
            return Err(CombineError::SameKey { first, second: who, key });
        }
        keys.push(key);
    }
    Ok(keys)
}

/// The number of permutations, checked after each source so that the message names the one that broke the bound.
fn check_bounds(sources: &[&Source], keys: &[String]) -> Result<usize, CombineError> {
    let mut total: Option<usize> = None;
    let mut empty = false;
    for (source, key) in sources.iter().zip(keys) {
        let count = source.inputs.len();
        empty |= count == 0;
        let product = total.unwrap_or(1).saturating_mul(count);
        if product > MAX_COMBINED {
            return Err(CombineError::TooManyPermutations {
                provider: source.provider.short(),
                name: key.clone(),
                count,
                total: product,
            });
        }
        total = Some(product);
    }
    Ok(if empty { 0 } else { total.unwrap_or(0) })
}

fn check_bytes(axes: &[Axis<'_>], total: usize) -> Result<(), CombineError> {
    let bytes = axes.iter().fold(0usize, |sum, axis| {
        // The key is repeated before the part and before each of its untrusted keys.
        let of = |part: &Part| part.bytes() + axis.key.len() * (1 + part.untrusted.len());
        let own = axis.parts.iter().fold(0usize, |sum, (part, _)| sum.saturating_add(of(part)));
        sum.saturating_add(own.saturating_mul(total.checked_div(axis.parts.len()).unwrap_or(0)))
    });
    if bytes > MAX_COMBINED_BYTES { Err(CombineError::TooBig(bytes)) } else { Ok(()) }
}

fn permutation(axes: &[Axis<'_>], position: usize, id_from: IdFrom, sources: &Arc<[SourceRef]>) -> CombinedInput {
    let mut fields: Vec<(Arc<str>, Arc<str>)> = Vec::with_capacity(axes.len() + 1);
    let mut untrusted = Vec::new();
    let (mut by_position, mut by_content, mut labels) = (Vec::new(), Vec::new(), Vec::new());
    let mut block = axes.iter().map(|axis| axis.parts.len()).product::<usize>();
    let mut rest = position;
    for axis in axes {
        block = block.checked_div(axis.parts.len()).unwrap_or(1).max(1);
        let index = rest / block;
        rest %= block;
        let Some((part, text)) = axis.parts.get(index) else { continue };
        by_position.push(format!("{}={index}", axis.key));
        by_content.push(format!("{}={}", axis.key, part.uid));
        labels.push(part.label.clone());
        untrusted.extend(part.untrusted.iter().map(|key| format!("{}.{key}", axis.key)));
        fields.push((Arc::clone(&axis.key), Arc::clone(text)));
    }
    let content = by_content.join("/");
    let uid = digest::uid("Permute", &content);
    let id = match id_from {
        IdFrom::Position => digest::adler32_id(&by_position.join("/")),
        IdFrom::Content => uid.clone(),
    };
    fields.push(("id".into(), Value::String(id).to_string().into()));
    let attributes = Attributes::of_fields(fields);
    CombinedInput { attributes, uid, label: labels.join(" × "), sources: Arc::clone(sources), untrusted }
}
