//! A rendered object as text, for as long as many of them wait together.

use super::{Object, ObjectKey};
use std::sync::Arc;

/// An object that is kept: its JSON without blanks, and its identity. A set renders to tens of thousands of objects; as trees of
/// maps they take many times the memory of their text (`docs/figures.md`), so trees live one at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedObject {
    key: Arc<ObjectKey>,
    text: Box<str>,
}

impl PackedObject {
    /// Packs an object.
    #[must_use]
    pub fn new(object: &Object) -> Self {
        Self::with_key(object, Arc::new(object.key()))
    }

    /// The same for a caller who has its identity.
    pub(crate) fn with_key(object: &Object, key: Arc<ObjectKey>) -> Self {
        // A map of strings to values can always be written.
        let text = serde_json::to_string(object).unwrap_or_default().into_boxed_str();
        Self { key, text }
    }

    /// The key that identifies the object.
    #[must_use]
    pub fn key(&self) -> &ObjectKey {
        &self.key
    }

    /// Its JSON: keys in order, no blanks.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The object as a value again.
    #[must_use]
    pub fn unpack(&self) -> Object {
        // Written by `new` from an object, so it is one.
        serde_json::from_str(&self.text).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_packed_is_unpacked_unchanged() {
        let value = json!({"kind": "B", "apiVersion": "a/v1", "metadata": {"name": "n", "namespace": "s"},
            "spec": {"text": "\u{7f}\"\\\n\u{1F600}", "list": [1, -0.5, 1e300, u64::MAX, null, true, {}]}});
        let object = Object(value.as_object().cloned().unwrap());
        let packed = PackedObject::new(&object);
        assert_eq!(packed.unpack(), object);
        assert_eq!(packed.key(), &object.key());
        assert!(packed.text().starts_with(r#"{"apiVersion":"a/v1","kind":"B","metadata":{"#));
    }
}
