//! The verbs that are asked about, and how long it is believed that one is missing.

use std::time::Duration;

/// How long a missing one is: somebody who has just added it should not have to wait.
const MISSING: Duration = Duration::from_secs(10);
/// How long a missing right to watch is. Nothing waits for it, and it would be asked for at each reconciliation.
const MISSING_WATCH: Duration = Duration::from_secs(60);

/// What is done to objects of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Verb {
    Get,
    Watch,
    Create,
    Patch,
    Delete,
}

impl Verb {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Watch => "watch",
            Self::Create => "create",
            Self::Patch => "patch",
            Self::Delete => "delete",
        }
    }

    pub(crate) fn missing_is_believed_for(self) -> Duration {
        match self {
            Self::Watch => MISSING_WATCH,
            Self::Get | Self::Create | Self::Patch | Self::Delete => MISSING,
        }
    }
}
