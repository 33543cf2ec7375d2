//! Concatenates the inputs of all sources, in the order of the sources.

use super::source::{Part, Source};
use super::{CombineError, CombinedInput, MAX_COMBINED, MAX_COMBINED_BYTES};
use crate::ledger::SourceRef;
use std::sync::Arc;

pub(super) fn flatten(sources: &[Source]) -> Result<Vec<CombinedInput>, CombineError> {
    let mut total = 0usize;
    for source in sources {
        total = total.saturating_add(source.inputs.len());
        if total > MAX_COMBINED {
            return Err(CombineError::TooManyInputs {
                provider: source.provider.short(),
                count: source.inputs.len(),
                total,
            });
        }
    }
    let mut bytes = 0usize;
    let mut all = Vec::with_capacity(total);
    for source in sources {
        let sources: Arc<[SourceRef]> = Arc::from([source.provider.source()]);
        for part in source.parts() {
            bytes = bytes.saturating_add(part.bytes());
            if bytes > MAX_COMBINED_BYTES {
                return Err(CombineError::TooBig(bytes));
            }
            let Part { attributes, uid, label, untrusted } = part;
            all.push(CombinedInput { attributes, uid, label, sources: Arc::clone(&sources), untrusted });
        }
    }
    Ok(all)
}
