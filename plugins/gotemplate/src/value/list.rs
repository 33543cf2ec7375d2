//! Slices: a window on shared elements, with the element type that Go's reflection shows.

use super::growth::grown;
use super::{Element, Value};
use std::cell::RefCell;
use std::rc::Rc;

/// A slice of Go, with the type of its elements.
#[derive(Debug, Clone)]
pub struct List {
    element: Element,
    nil: bool,
    items: Rc<RefCell<Vec<Value>>>,
    start: usize,
    len: usize,
    /// Where the storage ends, counted from its beginning; what was never written is not stored.
    end: usize,
}

impl List {
    /// A slice with storage of its own and no room for more.
    pub fn new(element: Element, items: Vec<Value>) -> Self {
        let len = items.len();
        Self { element, nil: false, items: Rc::new(RefCell::new(items)), start: 0, len, end: len }
    }

    /// A slice whose elements Go appended one by one.
    pub fn grown(element: Element, items: Vec<Value>) -> Self {
        Self { end: grown(element, 0, items.len()), ..Self::new(element, items) }
    }

    /// A slice with room for as many elements.
    pub fn with_room(element: Element, items: Vec<Value>, capacity: usize) -> Self {
        Self { end: capacity.max(items.len()), ..Self::new(element, items) }
    }

    /// The nil slice of a type, which has no elements and is `null` in JSON.
    pub fn nil(element: Element) -> Self {
        Self { nil: true, ..Self::new(element, Vec::new()) }
    }

    /// The element type.
    pub fn element(&self) -> Element {
        self.element
    }

    /// Whether it is the nil slice.
    pub fn is_nil(&self) -> bool {
        self.nil
    }

    /// How many elements it has.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many elements it could show without moving.
    pub fn capacity(&self) -> usize {
        self.end - self.start
    }

    /// The element at an index; `None` if it is out of range.
    pub fn get(&self, index: usize) -> Option<Value> {
        if index >= self.len {
            return None;
        }
        self.items.borrow().get(self.start + index).cloned()
    }

    /// A copy of the elements.
    pub fn to_vec(&self) -> Vec<Value> {
        self.items.borrow().iter().skip(self.start).take(self.len).cloned().collect()
    }

    /// The elements `start..end`, sharing storage. `None` if they are out of order or past the capacity.
    pub fn slice(&self, start: usize, end: usize) -> Option<Self> {
        if start > end || end > self.capacity() {
            return None;
        }
        let mut items = self.items.borrow_mut();
        if items.len() < self.start + end {
            items.resize(self.start + end, self.zero());
        }
        drop(items);
        Some(Self { start: self.start + start, len: end - start, nil: false, ..self.clone() })
    }

    /// Go's zero value of the element type.
    fn zero(&self) -> Value {
        match self.element {
            Element::Any => Value::Nil,
            Element::Text => Value::text(""),
            Element::Int => Value::Int(0),
            Element::Byte => Value::Uint8(0),
            Element::List => Value::List(Self::nil(Element::Any)),
        }
    }

    /// Sorts in place: everyone who shares the elements sees it.
    pub fn sort_by(&self, mut compare: impl FnMut(&Value, &Value) -> std::cmp::Ordering) {
        let mut items = self.items.borrow_mut();
        if let Some(window) = items.get_mut(self.start..self.start + self.len) {
            window.sort_by(&mut compare);
        }
    }

    /// Whether both show the same elements of the same storage.
    pub fn same_storage(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.items, &other.items) && self.start == other.start && self.len == other.len
    }
}
