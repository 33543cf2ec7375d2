//! Forges, their listings and their failures.

mod configuration;
mod external_artifacts;
mod github_previews;
mod gitlab_environments;
mod listings;
pub(crate) mod preview;
mod reasons;
mod retries;
mod slow_lists;
mod trouble;
