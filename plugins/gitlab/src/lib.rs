//! GitLab: merge requests, environments, branches and tags of one project, on gitlab.com or self-managed.
//!
//! Serves `GitLabMergeRequest`, `GitLabEnvironment`, `GitLabBranch` and `GitLabTag`. Lists everything, page by page, in
//! the order of the server; filters, sorting and limits are the host's. Labels and the include expression for branches
//! are pushed down to the server as well.

pub mod candidate;
pub mod current;
pub mod deployments;
pub mod environments;
pub mod lists;
pub mod project;

use orangery_plugin_sdk::{Credential, Error, NoConfig, Outcome, Poll, Provider, Scheme, ServedType, Shape};
use serde_json::json;

pub use lists::{Keep, MergeRequestConfig};
use project::Project;

/// Lists merge requests, branches, tags and environments of GitLab.
pub struct GitLab;

impl Provider for GitLab {
    type Config = MergeRequestConfig;
    const NAME: &'static str = "gitlab";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    const DESCRIPTION: &'static str = env!("CARGO_PKG_DESCRIPTION");
    const HOMEPAGE: &'static str = env!("CARGO_PKG_REPOSITORY");
    const LICENSE: &'static str = env!("CARGO_PKG_LICENSE");

    fn types() -> Vec<ServedType> {
        let project = || json!({"url": "https://gitlab.com/acme/shop", "secretRef": {"name": "gitlab-auth"}});
        let slug = "The name as a DNS label.";
        vec![
            ServedType::change_requests("GitLabMergeRequest")
                .description("Open merge requests of one project, newest first.")
                .attribute("sha", "The commit at the head; empty until GitLab has prepared the merge request.")
                .attribute("branch", "The source branch; its owner chooses it.")
                .attribute("slug", "The source branch as a DNS label.")
                .attribute("title", "The title; absent if it is empty.")
                .attribute("author", "The user name of who opened it; absent if the account is gone.")
                .attribute("labels", "Its labels; absent without any.")
                .facts(&["webUrl", "changeRequest", "draft", "fromFork", "targetBranch", "created", "updated"])
                .cost("1 request for each 100 open merge requests that have the labels of the filter.")
                .example("merge-requests", json!({
                    "url": "https://gitlab.com/acme/shop",
                    "secretRef": {"name": "gitlab-auth"},
                    "filter": {"labels": ["deploy::preview"], "limit": 20},
                })),
            ServedType::environments("GitLabEnvironment", "title")
                .config::<NoConfig>()
                .description("Environments of one project that are up, with what is deployed there.")
                .attribute("sha", "The commit that is deployed.")
                .attribute("branch", "The branch or tag that is deployed.")
                .attribute("title", "The name of the environment.")
                .attribute("slug", "GitLab's slug of it.")
                .attribute("author", "The user name of who deployed; absent if the account is gone.")
                .facts(&["created", "updated", "autoStop"])
                .cost("2 requests, one for each 100 environments more, and one for each environment or, where there are many, for each 100 deployments.")
                .example("environments", json!({
                    "url": "https://gitlab.com/acme/shop",
                    "secretRef": {"name": "gitlab-auth"},
                    "filter": {"includeEnvironment": "^review/"},
                })),
            ServedType::branches("GitLabBranch")
                .config::<NoConfig>()
                .description("Branches of one project, in alphabetical order.")
                .attribute("sha", "The commit at the head.")
                .attribute("branch", "The name.")
                .attribute("slug", slug)
                .facts(&["webUrl", "updated"])
                .cost("1 request for each 100 branches that the filter includes.")
                .example("branches", project()),
            ServedType::tags("GitLabTag")
                .config::<NoConfig>()
                .description("Tags of one project; the filter sorts them.")
                .attribute("sha", "The commit.")
                .attribute("tag", "The name.")
                .attribute("slug", slug)
                .facts(&["created", "updated"])
                .cost("1 request for each 100 tags.")
                .example("tags", project()),
        ]
    }

    fn credentials() -> Vec<Credential> {
        vec![
            Credential::new("api")
                .description("Reads the project: a token with read_api as password.")
                .shape(Shape::new(Scheme::PrivateToken).beside("username").token("password")),
        ]
    }

    fn poll(poll: &Poll<'_>, config: MergeRequestConfig) -> Result<Outcome, Error> {
        let project = Project::parse(&poll.url)?;
        match poll.provider_type.as_str() {
            "GitLabMergeRequest" => lists::merge_requests(poll, &project, config),
            "GitLabEnvironment" => environments::environments(poll, &project),
            "GitLabBranch" => lists::branches(poll, &project),
            "GitLabTag" => lists::tags(poll, &project),
            other => Err(Error::invalid_config(
                "spec.type",
                format!(
                    "the plugin gitlab does not serve {other:?}, but GitLabMergeRequest, GitLabEnvironment, \
                     GitLabBranch and GitLabTag"
                ),
            )),
        }
    }
}

orangery_plugin_sdk::export_provider!(GitLab);
