//! The functions of templates, by family: Go's own, slim-sprig's hermetic ones, and `slugify`, `toYaml`, `mustToYaml`,
//! `inputs`, `uid`. They are all listed in `table`.
//!
//! Differs from Go on purpose: `keys` and `values` come in the order of the keys (Go: any order), `randInt` and `ago`
//! depend on the seed and the clock of the call only.

mod args;
mod builtin;
mod collections;
mod compare;
mod dates;
mod defaults;
mod encoding;
mod flow;
mod numbers;
mod reflection;
mod table;
mod text;

pub use args::Args;
pub use table::TABLE;

use crate::value::{Map, Type, Value};
use go_std::regexp::Regex;
use std::collections::HashMap;
use std::rc::Rc;

/// What a function answers, or Go's text of why it cannot.
pub type Answer = Result<Value, String>;

/// What a function does with untrusted text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Makes new text of it: the function runs again with harmless text, and the results are compared.
    Derive,
    /// Returns values as they are, with what is known about them.
    Carry,
    /// Turns it into text with another meaning: the whole result is untrusted.
    Decode,
    /// The user asked to expand it.
    Trust,
}

/// A function that templates can call.
#[derive(Debug)]
pub struct Function {
    /// The name by which templates call it.
    pub name: &'static str,
    /// The types of its fixed parameters.
    pub params: &'static [Type],
    /// The type of further arguments, if it takes any.
    pub variadic: Option<Type>,
    /// Whether its Go result type is an interface.
    pub returns_interface: bool,
    /// What it does with untrusted text.
    pub flow: Flow,
    /// The function itself.
    pub body: fn(&mut Context, &[Value]) -> Answer,
}

/// What functions may know besides their arguments.
#[derive(Debug)]
pub struct Context {
    /// The input, shared by all templates of one input.
    pub inputs: Map,
    /// The digest of the input.
    pub uid: String,
    /// Milliseconds since 1970.
    pub now_ms: u64,
    /// The state of the random numbers.
    pub random: u64,
    regexes: HashMap<Vec<u8>, Result<Rc<Regex>, String>>,
}

impl Context {
    /// The context of one input.
    pub fn new(inputs: Map, uid: String, now_ms: u64, seed: u64) -> Self {
        Self { inputs, uid, now_ms, random: seed, regexes: HashMap::new() }
    }

    /// A compiled expression; compiled once.
    pub(crate) fn regex(&mut self, pattern: &[u8]) -> Result<Rc<Regex>, String> {
        if let Some(known) = self.regexes.get(pattern) {
            return known.clone();
        }
        let compiled = Regex::new(pattern).map(Rc::new).map_err(|e| e.to_string());
        self.regexes.insert(pattern.to_vec(), compiled.clone());
        compiled
    }

    /// The next random number (SplitMix64).
    pub(crate) fn next_random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// The function of a name.
pub fn find(name: &str) -> Option<&'static Function> {
    TABLE.binary_search_by(|f| f.name.cmp(name)).ok().and_then(|at| TABLE.get(at))
}

/// The text of a value as sprig's `strval` makes it.
pub(crate) fn to_text(value: &Value) -> Vec<u8> {
    match value {
        Value::Text(text) => text.bytes().to_vec(),
        Value::List(list) if list.element() == crate::value::Element::Byte => {
            list.to_vec().iter().map(|v| if let Value::Uint8(b) = v { *b } else { 0 }).collect()
        }
        value => crate::value::print_one(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_so_that_names_are_found() {
        assert!(TABLE.windows(2).all(|pair| matches!(pair, [a, b] if a.name < b.name)));
        assert!(find("toYaml").is_some());
        assert!(find("now").is_none());
    }
}
