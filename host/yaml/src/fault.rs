//! What the scanner and the parser report before it becomes a [`crate::ReadError`].

use std::borrow::Cow;

use crate::input::Mark;

/// Which layer failed: the library counts lines differently in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layer {
    Reader,
    Scanner,
    Parser,
}

/// A syntax error with the library's words and our place.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    layer: Layer,
    pub(crate) problem: Cow<'static, str>,
    context: Mark,
    /// Where the problem is, counted from zero.
    pub(crate) at: Mark,
}

impl Fault {
    pub(crate) fn control(at: Mark) -> Self {
        Self {
            layer: Layer::Reader,
            problem: "control characters are not allowed".into(),
            context: Mark::default(),
            at,
        }
    }

    pub(crate) fn scanner(context: Mark, problem: &'static str, at: Mark) -> Self {
        Self { layer: Layer::Scanner, problem: problem.into(), context, at }
    }

    pub(crate) fn parser(problem: &'static str, at: Mark) -> Self {
        Self { layer: Layer::Parser, problem: problem.into(), context: Mark::default(), at }
    }

    pub(crate) fn in_context(context: Mark, problem: &'static str, at: Mark) -> Self {
        Self { layer: Layer::Parser, problem: problem.into(), context, at }
    }

    /// The line the library names: it is one too small for parser errors, and absent on the first line.
    pub(crate) fn said_line(&self) -> Option<u32> {
        let line = match self.layer {
            Layer::Reader => 0,
            Layer::Scanner if self.at.line != 0 => self.at.line + 1,
            Layer::Scanner | Layer::Parser if self.at.line != 0 => self.at.line,
            Layer::Scanner | Layer::Parser => self.context.line,
        };
        (line != 0).then_some(line)
    }
}
