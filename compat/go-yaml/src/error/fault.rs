//! What the scanner and the parser report before it becomes a [`crate::ReadError`].

use super::Mark;

/// Which layer failed: the library counts lines differently in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layer {
    Reader,
    Scanner,
    Parser,
}

/// A syntax error with the library's words and our place. Boxed: nearly every function of the scanner and the parser can fail,
/// and what they return otherwise fits a register.
#[derive(Debug)]
pub(crate) struct Fault(Box<Finding>);

#[derive(Debug)]
struct Finding {
    layer: Layer,
    problem: &'static str,
    context: Mark,
    at: Mark,
}

impl Fault {
    pub(crate) fn control(at: Mark) -> Self {
        Self::new(Layer::Reader, Mark::default(), "control characters are not allowed", at)
    }

    pub(crate) fn scanner(context: Mark, problem: &'static str, at: Mark) -> Self {
        Self::new(Layer::Scanner, context, problem, at)
    }

    pub(crate) fn parser(problem: &'static str, at: Mark) -> Self {
        Self::new(Layer::Parser, Mark::default(), problem, at)
    }

    pub(crate) fn in_context(context: Mark, problem: &'static str, at: Mark) -> Self {
        Self::new(Layer::Parser, context, problem, at)
    }

    #[cold]
    fn new(layer: Layer, context: Mark, problem: &'static str, at: Mark) -> Self {
        Self(Box::new(Finding { layer, problem, context, at }))
    }

    pub(crate) fn problem(&self) -> &'static str {
        self.0.problem
    }

    /// Where the problem is, counted from zero.
    pub(crate) fn at(&self) -> Mark {
        self.0.at
    }

    /// The line the library names: it is one too small for parser errors, and absent on the first line.
    pub(crate) fn said_line(&self) -> Option<u32> {
        let Finding { layer, context, at, .. } = &*self.0;
        let line = match layer {
            Layer::Reader => 0,
            Layer::Scanner if at.line != 0 => at.line + 1,
            Layer::Scanner | Layer::Parser if at.line != 0 => at.line,
            Layer::Scanner | Layer::Parser => context.line,
        };
        (line != 0).then_some(line)
    }
}
