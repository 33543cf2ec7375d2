//! Forges, their listings and their failures.

mod configuration;
mod github_previews;
mod gitlab_environments;
mod listings;
mod reasons;
mod retries;
mod slow_lists;
mod trouble;
