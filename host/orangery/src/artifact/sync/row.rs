//! One object of a sync, and what is seen of it.

use super::flux::ObjectName;
use super::observe::Seen;
use crate::process::table::one_line;

/// One object.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) object: ObjectName,
    pub(super) seen: Seen,
    /// Whether the sync fails where it is suspended.
    pub(super) required: bool,
}

impl Row {
    /// Kind, namespace and name.
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.object.kind.as_str(), self.object.name)
    }

    /// One line about it.
    pub(super) fn line(&self) -> String {
        format!("{} {}: {}", self.name(), self.seen.state.as_str(), one_line(&self.seen.message))
    }
}
