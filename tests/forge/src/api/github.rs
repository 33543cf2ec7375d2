//! GitHub's REST API: repositories, pull requests, branches, tags and commit statuses. Apps are next door.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::api::apps;
use crate::command::Place;
use crate::hosted::change::{ChangeRequest, ChangeState};
use crate::hosted::repository::{CommitStatus, Flavour, Repository};
use crate::hosted::revision;
use crate::hosted::revision::digest;
use crate::serving::access::{Caller, Intent, Sight};
use crate::serving::answer::Answer;
use crate::serving::door::Call;
use crate::world::State;

/// Answers one request to the API; segments are those after `/api/v3`.
pub(crate) fn answer(state: &mut State, call: &Call) -> Answer {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match (&call.method, segments.as_slice()) {
        (&Method::GET, ["rate_limit"]) => rate_limit(state, call),
        (&Method::GET, ["meta"]) => {
            Answer::ok(json!({"verifiable_password_authentication": false, "installed_version": "3.17.0"}))
        }
        (_, ["app", ..] | ["orgs" | "users" | "repos", .., "installation"]) => apps::answer(state, call, &segments),
        (&Method::GET, ["installation", "repositories"]) => installed(state, call),
        (&Method::GET, ["repos", owner, name, rest @ ..]) => inside(state, call, owner, name, Intent::Read)
            .map_or_else(|no| no, |repository| read(repository, call, rest)),
        (&Method::POST, ["repos", owner, name, "statuses", sha]) => {
            match inside(state, call, owner, name, Intent::Write) {
                Ok(_) => post_status(state, call, &format!("{owner}/{name}"), sha),
                Err(no) => no,
            }
        }
        _ => not_found(),
    }
}

fn read(repository: &Repository, call: &Call, rest: &[&str]) -> Answer {
    let asked = &call.asked;
    let base = asked.base.as_str();
    let answer = match rest {
        [] => Answer::ok(self::repository(repository, base)),
        ["pulls"] => asked.cut(&pulls(repository, call), |change| pull(repository, change, base)),
        ["pulls", number] => match repository.changes.iter().find(|change| change.number.to_string() == **number) {
            Some(change) => Answer::ok(pull(repository, change, base)),
            None => return not_found(),
        },
        ["branches"] => {
            let all: Vec<_> = repository.branches.iter().collect();
            asked.cut(&all, |(name, branch)| ref_of(repository, base, name, &branch.sha, false))
        }
        ["branches", name @ ..] => match repository.branches.get_key_value(&name.join("/")) {
            Some((name, branch)) => Answer::ok(ref_of(repository, base, name, &branch.sha, false)),
            None => return Answer::refusal(Flavour::Github, StatusCode::NOT_FOUND, "Branch not found"),
        },
        ["tags"] => {
            let all: Vec<_> = repository.tags.iter().rev().collect();
            asked.cut(&all, |(name, tag)| ref_of(repository, base, name, &tag.sha, true))
        }
        ["commits", sha, "statuses"] => {
            let all: Vec<_> = repository.statuses.iter().rev().filter(|status| status.sha == **sha).collect();
            asked.cut(&all, |posted| status(repository, posted, base))
        }
        _ => return not_found(),
    };
    answer.modified(repository.updated_at)
}

fn pulls(repository: &Repository, call: &Call) -> Vec<ChangeRequest> {
    let asked = &call.asked;
    let state = asked.get("state").unwrap_or("open");
    let wanted = |change: &&ChangeRequest| match state {
        "closed" => !change.is_open(),
        "all" => true,
        _ => change.is_open(),
    };
    let head = |change: &ChangeRequest| {
        let owner = change.head_repository.split('/').next().unwrap_or_default().to_owned();
        format!("{owner}:{}", change.branch)
    };
    let chosen = repository.changes.iter().filter(wanted);
    let chosen = chosen.filter(|change| asked.get("head").is_none_or(|wanted| head(change) == wanted));
    let chosen = chosen.filter(|change| asked.get("base").is_none_or(|base| change.target == base));
    let mut chosen: Vec<ChangeRequest> = chosen.cloned().collect();
    if asked.get("sort") == Some("updated") {
        chosen.sort_by_key(|change| change.updated_at);
    }
    // Newest first unless a sort is named, as documented.
    if asked.get("direction").map_or(asked.get("sort").is_none_or(|sort| sort == "created"), |way| way == "desc") {
        chosen.reverse();
    }
    chosen
}

/// The repository if the caller may do this to it, else the answer it gets.
fn inside<'a>(
    state: &'a State,
    call: &Call,
    owner: &str,
    name: &str,
    intent: Intent,
) -> Result<&'a Repository, Answer> {
    if matches!(call.caller, Caller::Jwt(_)) {
        return Err(Answer::refusal(Flavour::Github, StatusCode::UNAUTHORIZED, "Bad credentials"));
    }
    let place = Place { flavour: Flavour::Github, path: format!("{owner}/{name}") };
    let repository = state.repositories.get(&place).ok_or_else(not_found)?;
    let whole = call.segments.len() == 3;
    match call.caller.sees(repository, intent) {
        Sight::Open => Ok(repository),
        // Metadata is granted with any access at all.
        Sight::Forbidden if whole && intent == Intent::Read => Ok(repository),
        Sight::Hidden => Err(not_found()),
        Sight::Forbidden => {
            let what = if call.caller.account().starts_with("ghs_") { "integration" } else { "personal access token" };
            let message = format!("Resource not accessible by {what}");
            Err(Answer::refusal(Flavour::Github, StatusCode::FORBIDDEN, &message))
        }
    }
}

fn post_status(state: &mut State, call: &Call, path: &str, sha: &str) -> Answer {
    let text = |name: &str| call.body.get(name).and_then(Value::as_str).map(str::to_owned);
    let posted = text("state").filter(|state| ["error", "failure", "pending", "success"].contains(&state.as_str()));
    let description = text("description");
    let too_long = description.as_ref().is_some_and(|description| description.chars().count() > 140);
    let (Some(posted), false) = (posted, too_long) else {
        let message = if too_long {
            "Validation Failed: description is too long (maximum is 140 characters)"
        } else {
            "Validation Failed"
        };
        return Answer::refusal(Flavour::Github, StatusCode::UNPROCESSABLE_ENTITY, message);
    };
    let (id, created_at) = (state.id(), state.tick());
    let place = Place { flavour: Flavour::Github, path: path.to_owned() };
    let Some(repository) = state.repositories.get_mut(&place) else { return not_found() };
    let known = repository.changes.iter().any(|change| change.sha == sha)
        || repository.branches.values().any(|branch| branch.sha == sha)
        || repository.tags.values().any(|tag| tag.sha == sha);
    if !known {
        let message = format!("No commit found for SHA: {sha}");
        return Answer::refusal(Flavour::Github, StatusCode::UNPROCESSABLE_ENTITY, &message);
    }
    let created = CommitStatus {
        id,
        sha: sha.to_owned(),
        state: posted,
        description,
        target_url: text("target_url"),
        context: text("context").unwrap_or_else(|| "default".to_owned()),
        creator: call.caller.user().to_owned(),
        created_at,
    };
    repository.statuses.push(created.clone());
    repository.updated_at = created_at;
    Answer::created(status(repository, &created, &call.asked.base))
}

fn rate_limit(state: &mut State, call: &Call) -> Answer {
    let budget = state.budgets.of(Flavour::Github, &call.caller.account(), call.now);
    let core =
        json!({"limit": budget.limit, "used": budget.used, "remaining": budget.remaining(), "reset": budget.resets_at});
    Answer::ok(json!({"resources": {"core": core}, "rate": core}))
}

fn installed(state: &State, call: &Call) -> Answer {
    let ours = state.repositories.values().filter(|repository| repository.flavour == Flavour::Github);
    let seen = ours.filter(|repository| matches!(call.caller.sees(repository, Intent::Read), Sight::Open));
    let shown: Vec<Value> = seen.map(|seen| repository(seen, &call.asked.base)).collect();
    Answer::ok(json!({"total_count": shown.len(), "repositories": shown}))
}

pub(crate) fn not_found() -> Answer {
    Answer::refusal(Flavour::Github, StatusCode::NOT_FOUND, "Not Found")
}

pub(crate) fn user(login: &str, base: &str) -> Value {
    let id = u32::from_str_radix(digest(login).get(..6).unwrap_or("1"), 16).unwrap_or(1);
    json!({
        "login": login, "id": id, "type": "User", "site_admin": false,
        "avatar_url": format!("{base}/avatars/u/{id}"), "html_url": format!("{base}/{login}"),
        "url": format!("{base}/api/v3/users/{login}"),
    })
}

pub(crate) fn repository(repository: &Repository, base: &str) -> Value {
    let path = &repository.path;
    json!({
        "id": repository.id, "name": repository.name(), "full_name": path, "private": repository.private,
        "visibility": if repository.private { "private" } else { "public" },
        "owner": user(repository.owner(), base), "fork": false, "archived": false, "disabled": false,
        "html_url": format!("{base}/{path}"), "url": format!("{base}/api/v3/repos/{path}"),
        "clone_url": format!("{base}/{path}.git"), "default_branch": repository.default_branch,
        "created_at": repository.created_at, "updated_at": repository.updated_at, "pushed_at": repository.updated_at,
        "open_issues_count": repository.changes.iter().filter(|change| change.is_open()).count(),
    })
}

pub(crate) fn pull(repository: &Repository, change: &ChangeRequest, base: &str) -> Value {
    let (path, number) = (&repository.path, change.number);
    let api = format!("{base}/api/v3/repos/{path}");
    let label = |name: &String| json!({"id": digest(name).len(), "name": name, "color": "ededed", "default": false, "description": null});
    let fork = change.is_from_fork(path);
    let side = |of: &str, reference: &str, sha: &str| {
        let owner = of.split('/').next().unwrap_or_default();
        json!({
            "label": format!("{owner}:{reference}"), "ref": reference, "sha": sha, "user": user(owner, base),
            "repo": {
                "id": if of == path.as_str() { repository.id } else { repository.id + 500_000 }, "full_name": of,
                "name": of.rsplit('/').next(), "fork": of != path.as_str(), "private": repository.private,
                "owner": user(owner, base), "html_url": format!("{base}/{of}"), "clone_url": format!("{base}/{of}.git"),
            },
        })
    };
    let target = repository.branches.get(&change.target);
    let target = target.map_or_else(|| revision::revision(path, &change.target, 1), |branch| branch.sha.clone());
    let merged = change.state == ChangeState::Merged;
    json!({
        "id": change.id, "node_id": format!("PR_{}", change.id), "number": number, "title": change.title, "body": change.body,
        "state": if change.is_open() { "open" } else { "closed" }, "locked": false, "draft": change.draft,
        "user": user(&change.author, base), "labels": change.labels.iter().map(label).collect::<Vec<_>>(),
        "head": side(&change.head_repository, &change.branch, &change.sha), "base": side(path, &change.target, &target),
        "html_url": format!("{base}/{path}/pull/{number}"), "url": format!("{api}/pulls/{number}"),
        "issue_url": format!("{api}/issues/{number}"), "statuses_url": format!("{api}/statuses/{}", change.sha),
        "author_association": if fork { "NONE" } else { "MEMBER" }, "assignees": [], "requested_reviewers": [],
        "milestone": null, "auto_merge": null, "merge_commit_sha": change.sha,
        "created_at": change.created_at, "updated_at": change.updated_at, "closed_at": change.closed_at,
        "merged_at": if merged { change.closed_at } else { None },
    })
}

fn ref_of(repository: &Repository, base: &str, name: &str, sha: &str, is_tag: bool) -> Value {
    let api = format!("{base}/api/v3/repos/{}", repository.path);
    let commit = json!({"sha": sha, "url": format!("{api}/commits/{sha}")});
    if is_tag {
        json!({
            "name": name, "commit": commit, "node_id": format!("REF_{name}"),
            "zipball_url": format!("{api}/zipball/refs/tags/{name}"), "tarball_url": format!("{api}/tarball/refs/tags/{name}"),
        })
    } else {
        json!({"name": name, "commit": commit, "protected": name == repository.default_branch})
    }
}

fn status(repository: &Repository, posted: &CommitStatus, base: &str) -> Value {
    json!({
        "id": posted.id, "state": posted.state, "description": posted.description, "target_url": posted.target_url,
        "context": posted.context, "creator": user(&posted.creator, base),
        "url": format!("{base}/api/v3/repos/{}/statuses/{}", repository.path, posted.sha),
        "created_at": posted.created_at, "updated_at": posted.created_at,
    })
}
