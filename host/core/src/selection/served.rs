//! What a plugin says of a `spec.type` that it serves.

use serde::{Deserialize, Serialize};

/// What the names that a type lists are, which decides which filter fields apply to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum NameKind {
    /// Branches: `includeBranch` and `excludeBranch` apply.
    Branch,
    /// `includeTag`, `excludeTag`, `semver`.
    Tag,
    /// Environments: `includeEnvironment` and `excludeEnvironment` apply.
    Environment,
    /// No name filter applies.
    Unnamed,
}

impl NameKind {
    /// The word for messages.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Self::Branch => "branch",
            Self::Tag => "tag",
            Self::Environment => "environment",
            Self::Unnamed => "input",
        }
    }
}

/// What happens when there are more inputs than `filter.limit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LimitRule {
    /// Those already exported stay, new ones wait.
    Admit,
    /// Sorted, and the best win.
    Best,
}

/// One value of `spec.type`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServedType {
    /// The value of `spec.type`, for example `GitHubPullRequest`.
    pub name: String,
    /// What its names are.
    pub name_kind: NameKind,
    /// The attribute that holds the name, for example `branch`; empty if unnamed.
    pub name_attribute: String,
    /// Whether its inputs carry `labels`, so that `filter.labels` and `skip.labels` apply.
    pub labelled: bool,
    /// What `filter.limit` does.
    pub limit_rule: LimitRule,
}

impl ServedType {
    /// The type `Static`, which the host itself serves: one unnamed input.
    #[must_use]
    pub fn fixed() -> Self {
        Self {
            name: "Static".to_owned(),
            name_kind: NameKind::Unnamed,
            name_attribute: String::new(),
            labelled: false,
            limit_rule: LimitRule::Admit,
        }
    }

    /// The type `ExternalArtifact`, which the host itself serves: objects of the cluster. Their labels are attributes, so that no
    /// attribute holds a list of labels.
    #[must_use]
    pub fn external_artifact() -> Self {
        Self {
            name: "ExternalArtifact".to_owned(),
            name_kind: NameKind::Unnamed,
            name_attribute: "name".to_owned(),
            labelled: false,
            limit_rule: LimitRule::Admit,
        }
    }

    /// The type of this name, if the host itself serves it, without a plugin.
    #[must_use]
    pub fn of_host(name: &str) -> Option<Self> {
        [Self::fixed(), Self::external_artifact()].into_iter().find(|served| served.name == name)
    }
}
