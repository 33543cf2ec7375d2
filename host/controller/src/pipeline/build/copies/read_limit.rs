//! Limits how much a set may read from elsewhere: each source has up to a mebibyte, and each object may name one.

use orangery_core::Object;
use serde_json::Value;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Maximum bytes of all ConfigMaps and Secrets that one reconciliation reads.
pub(super) const MOST_BYTES: usize = 64 << 20;

/// The bytes that a reconciliation has read so far.
#[derive(Default)]
pub(super) struct ReadBytes(AtomicUsize);

impl ReadBytes {
    /// Adds an object; `false` if that exceeds the limit.
    pub(super) fn add(&self, object: &Object) -> bool {
        let bytes: usize = object.0.values().map(texts).sum();
        let before = self.0.fetch_add(bytes, Ordering::Relaxed);
        before.saturating_add(bytes) <= MOST_BYTES
    }
}

/// Bytes of all texts and keys in a value.
fn texts(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(list) => list.iter().map(texts).sum(),
        Value::Object(map) => map.iter().map(|(key, value)| key.len() + texts(value)).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_taken_adds_up_to_a_bound() {
        let object =
            Object(json!({"data": {"a": "x".repeat(20 << 20)}, "list": [1, "y"]}).as_object().cloned().unwrap());
        let taken = ReadBytes::default();
        assert!(taken.add(&object) && taken.add(&object) && taken.add(&object));
        assert!(!taken.add(&object), "four times 20 MiB are more than 64");
    }
}
