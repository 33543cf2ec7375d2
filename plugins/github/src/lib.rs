//! GitHub: pull requests, branches and tags of one repository, on github.com or GitHub Enterprise Server.
//!
//! Serves `GitHubPullRequest`, `GitHubBranch` and `GitHubTag`. Lists everything, page by page, in the order of the
//! server; filters, sorting and limits are the host's.

pub mod lists;
pub mod repository;

use orangery_plugin_sdk::{Credential, Error, NoConfig, Outcome, Poll, Provider, Scheme, ServedType, Shape, Want};
use serde_json::json;

pub use lists::{Keep, PullRequestConfig};
use repository::Repository;

/// Lists pull requests, branches and tags of GitHub.
pub struct GitHub;

impl Provider for GitHub {
    type Config = PullRequestConfig;
    const NAME: &'static str = "github";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    const DESCRIPTION: &'static str = env!("CARGO_PKG_DESCRIPTION");
    const HOMEPAGE: &'static str = env!("CARGO_PKG_REPOSITORY");
    const LICENSE: &'static str = env!("CARGO_PKG_LICENSE");

    fn types() -> Vec<ServedType> {
        let repository = || json!({"url": "https://github.com/acme/shop", "secretRef": {"name": "github-auth"}});
        vec![
            ServedType::change_requests("GitHubPullRequest")
                .description("Open pull requests of one repository, newest first.")
                .attribute("sha", "The commit at the head.")
                .attribute("branch", "The head branch; its owner chooses it.")
                .attribute("title", "The title; absent if it is empty.")
                .attribute("author", "The login of who opened it; absent if the account is gone.")
                .attribute("labels", "The names of its labels; absent without any.")
                .facts(&[
                    "webUrl",
                    "changeRequest",
                    "draft",
                    "fromFork",
                    "headRepository",
                    "targetBranch",
                    "authorAssociation",
                    "created",
                    "updated",
                ])
                .cost("1 request for each 100 open pull requests, and one to see that they held still for each page but the last.")
                .example("pull-requests", json!({
                    "url": "https://github.com/acme/shop",
                    "secretRef": {"name": "github-auth"},
                    "filter": {"labels": ["deploy/preview"], "limit": 20},
                })),
            ServedType::branches("GitHubBranch")
                .config::<NoConfig>()
                .description("Branches of one repository, in alphabetical order.")
                .attribute("sha", "The commit at the head.")
                .attribute("branch", "The name.")
                .cost("1 request for each 100 branches, and one to see that they held still for each page but the last.")
                .example("branches", repository()),
            ServedType::tags("GitHubTag")
                .config::<NoConfig>()
                .description("Tags of one repository; the filter sorts them.")
                .attribute("sha", "The commit.")
                .attribute("tag", "The name.")
                .cost("1 request for each 100 tags, and one to see that they held still for each page but the last.")
                .example("tags", repository()),
        ]
    }

    fn credentials() -> Vec<Credential> {
        vec![
            Credential::new("api")
                .description("Reads pull requests and contents: a GitHub App, or a token as password.")
                .shape(Shape::new(Scheme::GitHubApp))
                .shape(Shape::new(Scheme::Bearer).beside("username").token("password")),
        ]
    }

    fn wants() -> Vec<Want> {
        vec![Want::new("https://api.github.com").for_url("https://github.com")]
    }

    fn poll(poll: &Poll<'_>, config: PullRequestConfig) -> Result<Outcome, Error> {
        let repository = Repository::parse(&poll.url)?;
        match poll.provider_type.as_str() {
            "GitHubPullRequest" => lists::pull_requests(poll.http, &repository, config),
            "GitHubBranch" => lists::branches(poll.http, &repository),
            "GitHubTag" => lists::tags(poll.http, &repository),
            other => Err(Error::invalid_config(
                "spec.type",
                format!(
                    "the plugin github does not serve {other:?}, but GitHubPullRequest, GitHubBranch and GitHubTag"
                ),
            )),
        }
    }
}

orangery_plugin_sdk::export_provider!(GitHub);
