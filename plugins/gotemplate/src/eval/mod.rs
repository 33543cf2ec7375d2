//! The evaluator: walks a parsed template and writes its output, by the rules and with the messages of Go's
//! `text/template`: option `missingkey=error`, dot nil at the start.
//!
//! The walk keeps its own stack, so that templates may call each other as deep as Go allows on a small guest stack.
//! Only expressions recurse, and the parser bounds their depth.

mod call;
mod field;
mod output;
mod pipeline;
mod walk;

pub use output::Output;

use crate::functions::Context;
use crate::parse::Template;
use crate::tree::Tree;
use crate::value::{Type, Value};
use std::fmt;

/// How deep templates may call each other, as in Go.
const MAX_DEPTH: usize = 100_000;

/// How many nodes are walked before a template counts as endless; Go has no such limit.
const MAX_STEPS: u64 = 20_000_000;

/// A template that parsed, but failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("template: {name}:{line}:{column}: executing {within} at <{at}>: {message}")]
pub struct ExecError {
    /// The name under which the text was parsed.
    pub name: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The column in bytes, counted from 0, as Go counts.
    pub column: usize,
    /// The quoted name of the executing template.
    pub within: String,
    /// The node, as Go shows it.
    pub at: String,
    /// What went wrong, in Go's words.
    pub message: String,
    /// A key that is missing, and those that are there.
    pub missing: Option<(String, Vec<String>)>,
}

/// A value, and whether Go holds it in an interface: then its type shows as `interface {}`.
#[derive(Debug, Clone)]
struct Slot {
    value: Value,
    interface: bool,
}

impl Slot {
    fn concrete(value: Value) -> Self {
        Self { value, interface: false }
    }

    fn interface(value: Value) -> Self {
        Self { value, interface: true }
    }

    /// Go's zero `reflect.Value`.
    fn invalid() -> Self {
        Self::concrete(Value::Nil)
    }

    fn is_invalid(&self) -> bool {
        !self.interface && matches!(self.value, Value::Nil)
    }

    /// The name of its static type.
    fn type_name(&self) -> String {
        match Type::of(&self.value) {
            Some(known) if !self.interface => known.to_string(),
            _ => Type::Any.to_string(),
        }
    }
}

/// A node that an error can be reported at.
trait Place: fmt::Display {
    fn pos(&self) -> usize;
}

/// The state of one execution of a template.
struct Machine<'t, 'c> {
    template: &'t Template,
    context: &'c mut Context,
    tree: &'t Tree,
    at: Option<&'t dyn Place>,
    vars: Vec<(&'t str, Slot)>,
    depth: usize,
    steps: u64,
    missing: Option<(String, Vec<String>)>,
    output: Output,
}

type Evaluated<T> = Result<T, Box<ExecError>>;

/// Executes a template.
///
/// # Errors
/// [`ExecError`] with Go's text.
pub fn execute(template: &Template, context: &mut Context) -> Result<Output, Box<ExecError>> {
    let Some(tree) = template.trees.get(&template.name) else { return Ok(Output::default()) };
    let mut machine = Machine {
        template,
        context,
        tree,
        at: None,
        vars: vec![("$", Slot::invalid())],
        depth: 0,
        steps: 0,
        missing: None,
        output: Output::default(),
    };
    machine.walk(&tree.root)?;
    Ok(machine.output)
}

impl Machine<'_, '_> {
    fn error(&mut self, message: impl Into<String>) -> Box<ExecError> {
        let (pos, at) = self.at.map_or((0, String::new()), |place| (place.pos(), place.to_string()));
        let before = self.template.text.get(..pos).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Box::new(ExecError {
            name: self.template.name.clone(),
            line: 1 + before.matches('\n').count(),
            column: pos - line_start,
            within: go_std::strconv::quote(self.tree.name.as_bytes()),
            at,
            message: message.into(),
            missing: self.missing.take(),
        })
    }

    fn fail<T>(&mut self, message: impl Into<String>) -> Evaluated<T> {
        Err(self.error(message))
    }
}
