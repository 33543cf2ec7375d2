//! What one input's rendering may use. The sandbox bounds memory and time besides; these give the clearer error.

/// Instructions of the template engine, summed over all leaves.
pub const FUEL: u64 = 2_000_000;
/// Values that are rendered, summed over all objects.
pub const NODES: usize = 200_000;
/// Bytes of rendered text, summed over all objects.
pub const BYTES: usize = 4 << 20;
/// How deep maps and lists may be nested in an object, as in what the host reads.
pub const DEPTH: usize = 100;
/// How long one `{{ … }}` or `{% … %}` may be: longer chains of operators would overflow the stack of a guest.
pub const TAG: usize = 4 << 10;
/// How deep blocks and calls may be nested inside a leaf.
pub const NESTING: usize = 60;

/// What is left of the limits, for one input.
#[derive(Debug)]
pub(crate) struct Budget {
    fuel: u64,
    nodes: usize,
    bytes: usize,
}

/// A limit that was passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LimitError {
    #[error("rendering this input takes more than {FUEL} instructions: shorten what it loops over")]
    Fuel,
    #[error("rendering this input gives more than {NODES} values: shorten what it loops over")]
    Nodes,
    #[error("rendering this input gives more than {BYTES} bytes of text: shorten what it loops over")]
    Bytes,
    #[error("maps and lists are nested deeper than {DEPTH}")]
    Depth,
}

impl Budget {
    pub(crate) fn new() -> Self {
        Self { fuel: FUEL, nodes: NODES, bytes: BYTES }
    }

    /// Instructions that a leaf has used.
    pub(crate) fn burn(&mut self, fuel: u64) -> Result<(), LimitError> {
        self.fuel = self.fuel.checked_sub(fuel).ok_or(LimitError::Fuel)?;
        Ok(())
    }

    /// One value at this depth.
    pub(crate) fn node(&mut self, depth: usize) -> Result<(), LimitError> {
        self.nodes = self.nodes.checked_sub(1).ok_or(LimitError::Nodes)?;
        if depth > DEPTH { Err(LimitError::Depth) } else { Ok(()) }
    }

    /// A text of so many bytes.
    pub(crate) fn text(&mut self, bytes: usize) -> Result<(), LimitError> {
        self.bytes = self.bytes.checked_sub(bytes).ok_or(LimitError::Bytes)?;
        Ok(())
    }

    /// How many bytes of text may follow.
    pub(crate) fn bytes_left(&self) -> usize {
        self.bytes
    }
}
