//! GitLab: merge requests, environments, branches and tags of one project, on gitlab.com or self-managed.
//!
//! Serves `GitLabMergeRequest`, `GitLabEnvironment`, `GitLabBranch` and `GitLabTag`. Lists everything, page by page, in
//! the order of the server; filters, sorting and limits are the host's. Labels and the include expression for branches
//! are pushed down to the server as well.

pub mod current;
pub mod deployments;
pub mod environments;
pub mod lists;
pub mod project;

use orangery_plugin_sdk::{Error, NoConfig, Outcome, Poll, Provider, ServedType};

pub use lists::{Keep, MergeRequestConfig};
use project::Project;

/// The provider.
pub struct GitLab;

impl Provider for GitLab {
    type Config = MergeRequestConfig;
    const NAME: &'static str = "gitlab";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    fn types() -> Vec<ServedType> {
        vec![
            ServedType::change_requests("GitLabMergeRequest"),
            ServedType::environments("GitLabEnvironment", "title").config::<NoConfig>(),
            ServedType::branches("GitLabBranch").config::<NoConfig>(),
            ServedType::tags("GitLabTag").config::<NoConfig>(),
        ]
    }

    fn poll(poll: &Poll<'_>, config: MergeRequestConfig) -> Result<Outcome, Error> {
        let project = Project::parse(&poll.url)?;
        match poll.kind.as_str() {
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
