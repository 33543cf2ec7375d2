//! Merge requests, branches and tags, and the inputs made of them.

use orangery_plugin_sdk::listing::{Identity, Item, Listing, list};
use orangery_plugin_sdk::names::{checksum_id, encode_segment, slug};
use orangery_plugin_sdk::paging::Paging;
use orangery_plugin_sdk::{Error, Facts, Input, Outcome, Poll, json};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::project::Project;

/// `spec.config` of `GitLabMergeRequest`: which open merge requests count. By default all, as in Flux Operator.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeRequestConfig {
    /// Whether drafts count.
    #[serde(default)]
    pub drafts: Keep,
    /// Whether merge requests from another project count. They run code of people without write access.
    #[serde(default)]
    pub forks: Keep,
}

/// Whether a group of merge requests is listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Keep {
    /// They are listed like any other.
    #[default]
    Include,
    /// They are left out, as if they were closed.
    Exclude,
}

#[derive(Deserialize)]
struct MergeRequest {
    iid: u64,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    draft: Option<bool>,
    source_branch: String,
    #[serde(default)]
    source_project_id: Option<u64>,
    #[serde(default)]
    target_project_id: Option<u64>,
    /// Null for a moment after the merge request was opened, until GitLab has prepared it.
    sha: Option<String>,
    #[serde(default)]
    author: Option<User>,
    #[serde(default)]
    labels: Vec<String>,
    #[serde(default, deserialize_with = "json::if_readable")]
    target_branch: Option<String>,
    #[serde(default, deserialize_with = "json::if_readable")]
    web_url: Option<String>,
    #[serde(default, deserialize_with = "json::if_readable")]
    created_at: Option<String>,
    #[serde(default, deserialize_with = "json::if_readable")]
    updated_at: Option<String>,
}

#[derive(Deserialize)]
struct User {
    #[serde(default)]
    username: Option<String>,
}

#[derive(Deserialize)]
struct Reference {
    name: String,
    commit: Commit,
    /// Branches have one, tags do not.
    #[serde(default, deserialize_with = "json::if_readable")]
    web_url: Option<String>,
    /// Annotated tags have one.
    #[serde(default, deserialize_with = "json::if_readable")]
    created_at: Option<String>,
}

#[derive(Deserialize)]
struct Commit {
    id: String,
    #[serde(default, deserialize_with = "json::if_readable")]
    committed_date: Option<String>,
}

impl Item for MergeRequest {
    fn key(&self) -> String {
        self.iid.to_string()
    }

    fn identify(item: &Value) -> Option<Identity> {
        let number = item.get("iid")?.as_u64()?.to_string();
        let branch = item.get("source_branch").and_then(Value::as_str).map(str::to_owned);
        Some(Identity { key: number.clone(), id: Some(number), name: branch })
    }
}

impl Item for Reference {
    fn key(&self) -> String {
        self.name.clone()
    }

    fn identify(item: &Value) -> Option<Identity> {
        let name = item.get("name")?.as_str()?.to_owned();
        Some(Identity { key: name.clone(), id: Some(checksum_id(&name)), name: Some(name) })
    }
}

impl MergeRequest {
    fn counts(&self, config: MergeRequestConfig) -> bool {
        let is_draft = self.draft == Some(true);
        (config.drafts == Keep::Include || !is_draft) && (config.forks == Keep::Include || !self.is_from_fork())
    }

    /// A fork that is gone has no id: it still counts as one.
    fn is_from_fork(&self) -> bool {
        self.source_project_id.is_none() || self.source_project_id != self.target_project_id
    }

    fn facts(&self) -> Facts {
        Facts {
            web_url: self.web_url.clone(),
            change_request: Some(self.iid.to_string()),
            draft: self.draft,
            from_fork: Some(self.is_from_fork()),
            target_branch: self.target_branch.clone(),
            created: self.created_at.clone(),
            updated: self.updated_at.clone(),
            ..Facts::default()
        }
    }
}

/// Open merge requests, newest first. The id is the number within the project.
///
/// # Errors
/// Any failure of any page.
pub fn merge_requests(poll: &Poll<'_>, project: &Project, config: MergeRequestConfig) -> Result<Outcome, Error> {
    let labels = match poll.filter.labels.as_slice() {
        [] => String::new(),
        labels => format!("&labels={}", labels.iter().map(|label| encode_segment(label)).collect::<Vec<_>>().join(",")),
    };
    let path = format!("merge_requests?state=opened{labels}&per_page=100");
    let mut listed = list::<MergeRequest>(poll.http, &listing(project, "GitLab merge requests", &path))
        .map_err(|error| error.context("failed to list requests: could not list merge requests"))?;
    listed.items.retain(|request| request.counts(config));
    Ok(listed.outcome(|request| {
        Input::new(request.iid.to_string())
            .facts(request.facts())
            .with("sha", request.sha.unwrap_or_default())
            .with_text("branch", &request.source_branch)
            .with_text("slug", &slug(&request.source_branch))
            .with_text("title", request.title.as_deref().unwrap_or_default())
            .with_text("author", request.author.and_then(|user| user.username).as_deref().unwrap_or_default())
            .with_list("labels", request.labels)
    }))
}

/// Branches in alphabetical order, narrowed by the server to the include expression. The id is the checksum of the name.
///
/// # Errors
/// Any failure of any page.
pub fn branches(poll: &Poll<'_>, project: &Project) -> Result<Outcome, Error> {
    let regex = poll.filter.include.as_deref().filter(|include| !include.is_empty());
    let regex = regex.map_or(String::new(), |include| format!("&regex={}", encode_segment(include)));
    let path = format!("repository/branches?per_page=100{regex}");
    references(poll, &listing(project, "GitLab branches", &path), "branch")
        .map_err(|error| error.context("failed to list branches: could not list branches"))
}

/// Tags in the order of the server; the host sorts. The id is the checksum of the name.
///
/// # Errors
/// Any failure of any page.
pub fn tags(poll: &Poll<'_>, project: &Project) -> Result<Outcome, Error> {
    references(poll, &listing(project, "GitLab tags", "repository/tags?per_page=100"), "tag")
        .map_err(|error| error.context("failed to list tags: could not list tags"))
}

fn references(poll: &Poll<'_>, listing: &Listing<'_>, attribute: &str) -> Result<Outcome, Error> {
    let listed = list::<Reference>(poll.http, listing)?;
    Ok(listed.outcome(|reference| {
        let facts = Facts {
            web_url: reference.web_url,
            created: reference.created_at,
            updated: reference.commit.committed_date,
            ..Facts::default()
        };
        Input::new(checksum_id(&reference.name))
            .facts(facts)
            .with("sha", reference.commit.id)
            .with_text(attribute, &reference.name)
            .with_text("slug", &slug(&reference.name))
    }))
}

/// A listing of this project.
pub(crate) fn listing<'a>(project: &Project, operation: &'a str, path: &str) -> Listing<'a> {
    Listing::new(operation, project.request(path), Paging::NextPage)
}
