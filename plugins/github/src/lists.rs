//! What GitHub lists and the inputs made of it.

use orangery_plugin_sdk::listing::{Identity, Item, Listing, list};
use orangery_plugin_sdk::names::checksum_id;
use orangery_plugin_sdk::paging::Paging;
use orangery_plugin_sdk::{Error, Facts, Http, Input, Outcome, json};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::repository::Repository;

/// `spec.config` of `GitHubPullRequest`: which open pull requests count. By default all, as in Flux Operator.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PullRequestConfig {
    /// Whether drafts count.
    #[serde(default)]
    pub drafts: Keep,
    /// Whether pull requests from another repository count. They run code of people without write access.
    #[serde(default)]
    pub forks: Keep,
}

/// Whether a group of pull requests is listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Keep {
    /// They are listed like any other.
    #[default]
    Include,
    /// They are left out, as if they were closed.
    Exclude,
}

#[derive(Deserialize)]
struct PullRequest {
    number: u64,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    draft: Option<bool>,
    user: Option<User>,
    head: Head,
    #[serde(default)]
    base: Option<Base>,
    #[serde(default)]
    labels: Vec<Label>,
    #[serde(default, deserialize_with = "json::if_readable")]
    html_url: Option<String>,
    #[serde(default, deserialize_with = "json::if_readable")]
    author_association: Option<String>,
    #[serde(default, deserialize_with = "json::if_readable")]
    created_at: Option<String>,
    #[serde(default, deserialize_with = "json::if_readable")]
    updated_at: Option<String>,
}

#[derive(Deserialize)]
struct User {
    #[serde(default)]
    login: Option<String>,
}

#[derive(Deserialize)]
struct Head {
    sha: String,
    #[serde(rename = "ref")]
    branch: String,
    /// Null when the fork is gone.
    #[serde(default)]
    repo: Option<Repo>,
}

#[derive(Deserialize)]
struct Base {
    #[serde(default)]
    repo: Option<Repo>,
    #[serde(default, rename = "ref", deserialize_with = "json::if_readable")]
    branch: Option<String>,
}

#[derive(Deserialize)]
struct Repo {
    id: u64,
    #[serde(default, deserialize_with = "json::if_readable")]
    full_name: Option<String>,
}

#[derive(Deserialize)]
struct Label {
    name: String,
}

#[derive(Deserialize)]
struct Reference {
    name: String,
    commit: Commit,
}

#[derive(Deserialize)]
struct Commit {
    sha: String,
}

impl Item for PullRequest {
    fn key(&self) -> String {
        self.number.to_string()
    }

    fn identify(item: &Value) -> Option<Identity> {
        let number = item.get("number")?.as_u64()?.to_string();
        let branch = item.pointer("/head/ref").and_then(Value::as_str).map(str::to_owned);
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

impl PullRequest {
    fn counts(&self, config: PullRequestConfig) -> bool {
        let is_draft = self.draft == Some(true);
        (config.drafts == Keep::Include || !is_draft) && (config.forks == Keep::Include || !self.is_from_fork())
    }

    /// A head without repository is a fork that is gone; a base without one cannot be told apart, so it counts as a
    /// fork: the cautious answer.
    fn is_from_fork(&self) -> bool {
        let base = self.base.as_ref().and_then(|base| base.repo.as_ref()).map(|repo| repo.id);
        let head = self.head.repo.as_ref().map(|repo| repo.id);
        head.is_none() || head != base
    }

    fn facts(&self) -> Facts {
        Facts {
            web_url: self.html_url.clone(),
            change_request: Some(self.number.to_string()),
            draft: self.draft,
            from_fork: Some(self.is_from_fork()),
            head_repository: self.head.repo.as_ref().and_then(|repo| repo.full_name.clone()),
            target_branch: self.base.as_ref().and_then(|base| base.branch.clone()),
            author_association: self.author_association.clone(),
            created: self.created_at.clone(),
            updated: self.updated_at.clone(),
            ..Facts::default()
        }
    }
}

/// Open pull requests, newest first. The id is the number.
///
/// # Errors
/// Any failure of any page.
pub fn pull_requests(http: &dyn Http, repository: &Repository, config: PullRequestConfig) -> Result<Outcome, Error> {
    let listing = listing(repository, "GitHub pull requests", "pulls?state=open&per_page=100");
    let mut listed = list::<PullRequest>(http, &listing)
        .map_err(|error| error.context("failed to list requests: could not list pull requests"))?;
    listed.items.retain(|pull| pull.counts(config));
    Ok(listed.outcome(|pull| {
        Input::new(pull.number.to_string())
            .facts(pull.facts())
            .with("sha", pull.head.sha)
            .with_text("branch", &pull.head.branch)
            .with_text("title", pull.title.as_deref().unwrap_or_default())
            .with_text("author", pull.user.and_then(|user| user.login).as_deref().unwrap_or_default())
            .with_list("labels", pull.labels.into_iter().map(|label| label.name).collect())
    }))
}

/// Branches in alphabetical order. The id is the checksum of the name.
///
/// # Errors
/// Any failure of any page.
pub fn branches(http: &dyn Http, repository: &Repository) -> Result<Outcome, Error> {
    references(http, &listing(repository, "GitHub branches", "branches?per_page=100"), "branch")
        .map_err(|error| error.context("failed to list branches: could not list branches"))
}

/// Tags in the order of the server; the host sorts. The id is the checksum of the name.
///
/// # Errors
/// Any failure of any page.
pub fn tags(http: &dyn Http, repository: &Repository) -> Result<Outcome, Error> {
    references(http, &listing(repository, "GitHub tags", "tags?per_page=100"), "tag")
        .map_err(|error| error.context("failed to list tags: could not list tags"))
}

fn references(http: &dyn Http, listing: &Listing<'_>, attribute: &str) -> Result<Outcome, Error> {
    let listed = list::<Reference>(http, listing)?;
    Ok(listed.outcome(|reference| {
        Input::new(checksum_id(&reference.name)).with("sha", reference.commit.sha).with_text(attribute, &reference.name)
    }))
}

fn listing<'a>(repository: &Repository, operation: &'a str, path: &str) -> Listing<'a> {
    Listing::new(operation, repository.request(path), Paging::Link)
}
