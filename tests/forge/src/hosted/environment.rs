//! GitLab's environments and their deployments.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A place a project is deployed to.
#[derive(Debug, Clone, Serialize)]
pub struct Environment {
    /// Instance-wide id: the `id` that Orangery exports.
    pub id: u64,
    /// The full name, for example `review/feature-1`.
    pub name: String,
    /// GitLab's DNS-safe form of the name.
    pub slug: String,
    /// Where it can be visited.
    pub external_url: Option<String>,
    /// Whether it is running.
    pub state: EnvironmentState,
    /// When GitLab will stop it.
    pub auto_stop_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// The states GitLab gives an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EnvironmentState {
    /// In use.
    Available,
    /// On its way down.
    Stopping,
    /// Stopped.
    Stopped,
}

/// One deployment to an environment.
#[derive(Debug, Clone, Serialize)]
pub struct Deployment {
    /// Instance-wide id.
    pub id: u64,
    /// Counted per project.
    pub iid: u64,
    /// The environment's id.
    pub environment: u64,
    /// The branch or tag deployed.
    pub reference: String,
    /// The commit deployed.
    pub sha: String,
    /// How it went.
    pub status: DeploymentStatus,
    /// Who started it.
    pub author: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its status last changed.
    pub updated_at: Timestamp,
}

/// The statuses GitLab knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeploymentStatus {
    /// Waiting for a runner.
    Created,
    /// In progress.
    Running,
    /// Done.
    Success,
    /// It failed.
    Failed,
    /// It was cancelled.
    Canceled,
    /// It was skipped.
    Skipped,
    /// Held for an approval.
    Blocked,
}

impl EnvironmentState {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
        }
    }
}

impl DeploymentStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Running => "running",
            Self::Success => "success",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
            Self::Skipped => "skipped",
            Self::Blocked => "blocked",
        }
    }

    pub(crate) fn is_over(self) -> bool {
        matches!(self, Self::Success | Self::Failed | Self::Canceled | Self::Skipped)
    }
}

/// GitLab's environment slug: lower case, at most 24 bytes, and a digest suffix whenever the name had to be changed, so
/// that `review/a` and `review-a` do not meet.
pub(crate) fn slug(name: &str) -> String {
    let mut cleaned = String::new();
    for character in name.to_lowercase().chars() {
        let kept = if character.is_ascii_lowercase() || character.is_ascii_digit() { character } else { '-' };
        if !(kept == '-' && cleaned.ends_with('-')) {
            cleaned.push(kept);
        }
    }
    if !cleaned.starts_with(|first: char| first.is_ascii_lowercase()) {
        cleaned.insert_str(0, "env-");
    }
    if cleaned != name || cleaned.len() > 24 {
        let mut short: String = cleaned.chars().take(17).collect();
        if !short.ends_with('-') {
            short.push('-');
        }
        let suffix: String = crate::hosted::revision::digest(name).chars().take(6).collect();
        return short + &suffix;
    }
    cleaned.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn a_slug_keeps_a_simple_name_and_tells_changed_names_apart() {
        assert_eq!(slug("production"), "production");
        let (slashed, dashed) = (slug("review/a"), slug("review-a"));
        assert!(slashed.starts_with("review-a-") && slashed.len() <= 24, "{slashed}");
        assert_eq!(dashed, "review-a");
        assert!(slug("1").starts_with("env-1"));
    }
}
