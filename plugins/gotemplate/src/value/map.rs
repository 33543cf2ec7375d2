//! `map[string]interface {}`: shared, because `set` changes it for everyone who holds it.

use super::{Text, Value};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// A map, or the nil map.
#[derive(Debug, Clone, Default)]
pub struct Map(Option<Rc<RefCell<BTreeMap<Text, Value>>>>);

impl Map {
    /// A map of its own.
    pub fn new(entries: impl IntoIterator<Item = (Text, Value)>) -> Self {
        Self(Some(Rc::new(RefCell::new(entries.into_iter().collect()))))
    }

    /// The nil map: empty, and not to be written to.
    pub fn nil() -> Self {
        Self(None)
    }

    /// Whether it is the nil map.
    pub fn is_nil(&self) -> bool {
        self.0.is_none()
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |m| m.borrow().len())
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a key.
    pub fn get(&self, key: &Text) -> Option<Value> {
        self.0.as_ref()?.borrow().get(key).cloned()
    }

    /// Whether there is such a key.
    pub fn contains(&self, key: &Text) -> bool {
        self.0.as_ref().is_some_and(|m| m.borrow().contains_key(key))
    }

    /// Writes an entry; `false` if it is the nil map.
    pub fn insert(&self, key: Text, value: Value) -> bool {
        self.0.as_ref().map(|m| m.borrow_mut().insert(key, value)).is_some()
    }

    /// Removes an entry.
    pub fn remove(&self, key: &Text) {
        if let Some(map) = &self.0 {
            map.borrow_mut().remove(key);
        }
    }

    /// A copy of the entries, in the order of the keys.
    pub fn entries(&self) -> Vec<(Text, Value)> {
        self.0.as_ref().map(|m| m.borrow().iter().map(|(k, v)| (k.clone(), v.clone())).collect()).unwrap_or_default()
    }

    /// Whether both are the very same map.
    pub fn same_storage(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) => Rc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        }
    }
}
