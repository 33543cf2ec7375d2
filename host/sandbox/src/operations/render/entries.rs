//! Checks the answer of a renderer, entry by entry.

use super::cache::RenderCache;
use super::{InputError, RenderedObject, Rendering};
use crate::bindings::renderer::exports::orangery::plugin::renderer as wit;
use crate::guest::answer::{self, BadAnswer};
use crate::guest::failure::{FailureKind, GuestFailure, Note};
use crate::guest::fault::Fault;
use crate::limits::Limits;
use orangery_egress::Redactor;
use std::sync::Arc;

type WitEntry = Result<wit::Rendering, crate::bindings::types::Failure>;

/// A good entry, and a copy for the cache if it is turned on. Both share the texts.
pub(super) struct Checked {
    pub(super) rendering: Rendering,
    pub(super) answered: Option<Rendering>,
}

/// Checks that there is one entry for each label and that each object is within its bounds. A problem with one entry
/// is that entry's error; the batch is rejected only for a problem with all of it.
pub(super) fn checked(
    entries: Vec<WitEntry>,
    labels: &[&str],
    templates: usize,
    limits: &Limits,
    memo: &RenderCache,
) -> Result<Vec<Result<Checked, InputError>>, BadAnswer> {
    if entries.len() != labels.len() {
        return Err(BadAnswer::WrongCount { expected: labels.len(), got: entries.len() });
    }
    let bytes = entries.iter().flatten().flat_map(|entry| &entry.objects).map(|object| object.object.len()).sum();
    if bytes > limits.objects_bytes {
        return Err(BadAnswer::TooLarge { what: "the answer".into(), bytes, most: limits.objects_bytes });
    }
    let nothing = Redactor::default();
    let entry = |(entry, label): (WitEntry, &&str)| match entry {
        Ok(rendering) => objects(&rendering, templates, limits)
            .map(|objects| {
                let notes = Note::all(&rendering.notes, &nothing);
                let rendering = Rendering { objects, notes };
                Checked { answered: memo.is_on().then(|| rendering.clone()), rendering }
            })
            .map_err(|bad| InputError::Faulted { label: (*label).to_owned(), fault: Fault::BadAnswer(bad) }),
        Err(failure) => {
            let said = GuestFailure::of_failure(FailureKind::InvalidConfig, &failure, &nothing);
            Err(InputError::Answered { label: (*label).to_owned(), said })
        }
    };
    Ok(entries.into_iter().zip(labels).map(entry).collect())
}

fn objects(rendering: &wit::Rendering, templates: usize, limits: &Limits) -> Result<Vec<RenderedObject>, BadAnswer> {
    rendering
        .objects
        .iter()
        .enumerate()
        .map(|(at, rendered)| {
            let what = || format!("object {at}");
            let template = usize::try_from(rendered.template)
                .ok()
                .filter(|index| *index < templates)
                .ok_or(BadAnswer::NoSuchTemplate { index: rendered.template, templates })?;
            let bytes = rendered.object.len();
            if bytes > limits.object_bytes {
                return Err(BadAnswer::TooLarge { what: what(), bytes, most: limits.object_bytes });
            }
            answer::check_object(what, &rendered.object)?;
            Ok(RenderedObject { template, object: Arc::from(rendered.object.as_str()) })
        })
        .collect()
}
