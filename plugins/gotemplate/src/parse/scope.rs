//! What belongs to one template definition while it is parsed: variables, range depth, parentheses.

use std::collections::BTreeMap;

/// Each definition has its own.
pub(super) struct Scope {
    pub(super) vars: Vars,
    pub(super) range_depth: usize,
    pub(super) paren_depth: usize,
    pub(super) action_line: usize,
}

impl Scope {
    /// The scope of a definition: `$` is there.
    pub(super) fn new() -> Self {
        let mut vars = Vars::default();
        vars.push("$".to_owned());
        Self { vars, range_depth: 0, paren_depth: 0, action_line: 0 }
    }
}

/// The variables in scope, in the order of their declaration. Looked up by name: going through all of them for each use
/// would take the square of their number.
#[derive(Default)]
pub(super) struct Vars {
    names: Vec<String>,
    counts: BTreeMap<String, usize>,
}

impl Vars {
    pub(super) fn push(&mut self, name: String) {
        *self.counts.entry(name.clone()).or_default() += 1;
        self.names.push(name);
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.counts.get(name).is_some_and(|count| *count > 0)
    }

    /// Forgets what was declared after the first so many.
    pub(super) fn truncate(&mut self, known: usize) {
        for name in self.names.drain(known.min(self.names.len())..) {
            if let Some(count) = self.counts.get_mut(&name) {
                *count -= 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_known_until_its_last_declaration_is_forgotten() {
        let mut vars = Scope::new().vars;
        vars.push("$x".to_owned());
        let known = vars.len();
        vars.push("$x".to_owned());
        vars.push("$y".to_owned());
        vars.truncate(known);
        assert!(vars.contains("$") && vars.contains("$x") && !vars.contains("$y"));
        vars.truncate(1);
        assert!(!vars.contains("$x"));
    }
}
