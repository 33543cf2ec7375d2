//! An environment whose deployments decide whether it counts.

use crate::deployments::Wanted;
use orangery_plugin_sdk::{Facts, UnreadableItem};

/// An environment that may count, depending on its deployments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// GitLab's number of the environment.
    pub id: u64,
    /// The name that the user gave.
    pub name: String,
    /// The name in the form that URLs use.
    pub slug: String,
    /// Which of its deployments count.
    pub wanted: Wanted,
    /// What the list says of it besides.
    pub facts: Facts,
}

impl Candidate {
    /// This environment as one of which it cannot be told what is deployed there.
    pub fn unreadable(&self, problem: String) -> UnreadableItem {
        UnreadableItem { id: Some(self.id.to_string()), name: Some(self.name.clone()), problem }
    }
}
