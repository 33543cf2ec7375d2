//! GitHub: pull requests, branches and tags of one repository, on github.com or GitHub Enterprise Server.
//!
//! Serves `GitHubPullRequest`, `GitHubBranch` and `GitHubTag`. Lists everything, page by page, in the order of the
//! server; filters, sorting and limits are the host's.

pub mod lists;
pub mod repository;

use orangery_plugin_sdk::{Error, NoConfig, Outcome, Poll, Provider, ServedType, Want};

pub use lists::{Keep, PullRequestConfig};
use repository::Repository;

/// The provider.
pub struct GitHub;

impl Provider for GitHub {
    type Config = PullRequestConfig;
    const NAME: &'static str = "github";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    fn types() -> Vec<ServedType> {
        vec![
            ServedType::change_requests("GitHubPullRequest"),
            ServedType::branches("GitHubBranch").config::<NoConfig>(),
            ServedType::tags("GitHubTag").config::<NoConfig>(),
        ]
    }

    fn wants() -> Vec<Want> {
        vec![Want { origin: "https://api.github.com".to_owned(), for_url: Some("https://github.com".to_owned()) }]
    }

    fn poll(poll: &Poll<'_>, config: PullRequestConfig) -> Result<Outcome, Error> {
        let repository = Repository::parse(&poll.url)?;
        match poll.kind.as_str() {
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
