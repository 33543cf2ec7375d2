//! What can happen.

use orangery_test_flow::End;

/// The sets of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Set {
    /// One object for each open change request, with the guard.
    Previews,
    /// One object for each of its own inputs, without the guard.
    Own,
    /// A namespace, with an object in it, for each of its own inputs; without the guard.
    Spaces,
}

impl Set {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Previews, Self::Own, Self::Spaces];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Previews => "previews",
            Self::Own => "own",
            Self::Spaces => "spaces",
        }
    }
}

/// One thing that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A change request opens, for the first time or again.
    Open(u8),
    /// A change request closes.
    Close(u8),
    /// From now on the forge answers nothing that can be used.
    ForgeFails,
    /// It answers again.
    ForgeRecovers,
    /// A set gets these inputs of its own, one for each bit.
    Inputs(Set, u8),
    /// The content of the template changes.
    Version(Set, u8),
    /// Somebody edits the object of this input.
    Edit(Set, u8),
    /// Somebody deletes the object, or the namespace, of this input.
    Remove(Set, u8),
    /// The set is suspended.
    Suspend(Set),
    /// The set is resumed.
    Resume(Set),
    /// The set is deleted.
    Delete(Set),
    /// The set is applied again.
    Create(Set),
    /// What is held is approved.
    Approve,
    /// The operator ends.
    End(End),
    /// An operator starts.
    Start,
    /// A second copy takes over from the first, which ends so.
    HandOver(End),
    /// Nothing happens until everything is at rest.
    Rest,
}
