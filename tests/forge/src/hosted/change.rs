//! Change requests: what GitHub calls a pull request and GitLab a merge request.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One change request, as the forge remembers it whichever API it is read by.
#[derive(Debug, Clone, Serialize)]
pub struct ChangeRequest {
    /// Instance-wide id, as both APIs show next to the number.
    pub id: u64,
    /// `number` of GitHub, `iid` of GitLab: counted per repository.
    pub number: u64,
    /// The title.
    pub title: String,
    /// The description.
    pub body: String,
    /// The user name of the author.
    pub author: String,
    /// The head branch.
    pub branch: String,
    /// The repository the head branch lives in: another one when it comes from a fork.
    pub head_repository: String,
    /// The branch it asks to be merged into.
    pub target: String,
    /// The head commit.
    pub sha: String,
    /// Label names in the order they were added.
    pub labels: Vec<String>,
    /// Whether it is a draft.
    pub draft: bool,
    /// Open, closed or merged.
    pub state: ChangeState,
    /// How often its head was pushed, the opening included.
    pub pushes: u64,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When anything about it last changed.
    pub updated_at: Timestamp,
    /// When it was closed or merged.
    pub closed_at: Option<Timestamp>,
}

/// Where a change request is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeState {
    /// Listed by default.
    Open,
    /// Closed without merging.
    Closed,
    /// Merged.
    Merged,
}

impl ChangeRequest {
    pub(crate) fn is_open(&self) -> bool {
        self.state == ChangeState::Open
    }

    pub(crate) fn is_from_fork(&self, repository: &str) -> bool {
        self.head_repository != repository
    }
}
