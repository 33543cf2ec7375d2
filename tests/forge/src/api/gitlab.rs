//! GitLab's REST API v4: projects, merge requests, environments, deployments, branches, tags and commit statuses.

use http::{Method, StatusCode};
use regex::Regex;
use serde_json::{Value, json};

use crate::command::Place;
use crate::hosted::change::{ChangeRequest, ChangeState};
use crate::hosted::environment::{Deployment, Environment};
use crate::hosted::repository::{CommitStatus, Flavour, Repository};
use crate::hosted::revision::digest;
use crate::serving::access::{Intent, Sight};
use crate::serving::answer::Answer;
use crate::serving::door::Call;
use crate::world::State;

/// Answers one request; segments are those after `/api/v4`, the project still one of them.
pub(crate) fn answer(state: &mut State, call: &Call) -> Answer {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match (&call.method, segments.as_slice()) {
        (&Method::GET, ["version"]) => Answer::ok(json!({"version": "18.5.0", "revision": "f0f0f0f0f0f"})),
        (&Method::GET, ["projects", id, rest @ ..]) => {
            inside(state, call, id, Intent::Read).map_or_else(|no| no, |project| read(project, call, rest))
        }
        (&Method::POST, ["projects", id, "statuses", sha]) => match inside(state, call, id, Intent::Write) {
            Ok(project) => {
                let place = Place { flavour: Flavour::Gitlab, path: project.path.clone() };
                post_status(state, call, &place, sha)
            }
            Err(no) => no,
        },
        _ => refusal(StatusCode::NOT_FOUND, "404 Not Found"),
    }
}

fn read(project: &Repository, call: &Call, rest: &[&str]) -> Answer {
    let asked = &call.asked;
    let base = asked.base.as_str();
    let answer = match rest {
        [] => Answer::ok(self::project(project, base)),
        ["merge_requests"] => match merge_requests(project, call) {
            Ok(chosen) => asked.cut(&chosen, |change| merge_request(project, change, base)),
            Err(no) => return no,
        },
        ["merge_requests", iid] => match project.changes.iter().find(|change| change.number.to_string() == **iid) {
            Some(change) => Answer::ok(merge_request(project, change, base)),
            None => return refusal(StatusCode::NOT_FOUND, "404 Not found"),
        },
        ["environments"] => match environments(project, call) {
            Ok(chosen) => asked.cut(&chosen, environment),
            Err(no) => return no,
        },
        ["deployments"] => match deployments(project, call) {
            Ok(chosen) => asked.cut(&chosen, |deployment| self::deployment(project, deployment, base)),
            Err(no) => return no,
        },
        ["repository", kind @ ("branches" | "tags")] => match refs(project, call, kind) {
            Ok(chosen) => asked.cut(&chosen, |(name, sha)| reference(project, kind, name, sha, base)),
            Err(no) => return no,
        },
        ["repository", "commits", sha, "statuses"] => {
            let all: Vec<_> = project.statuses.iter().filter(|status| status.sha == **sha).collect();
            asked.cut(&all, |posted| status(posted, base))
        }
        _ => return refusal(StatusCode::NOT_FOUND, "404 Not Found"),
    };
    answer.modified(project.updated_at)
}

fn merge_requests(project: &Repository, call: &Call) -> Result<Vec<ChangeRequest>, Answer> {
    let asked = &call.asked;
    let state = asked.get("state").unwrap_or("all");
    if !["opened", "closed", "merged", "locked", "all"].contains(&state) {
        return Err(invalid("state does not have a valid value"));
    }
    let labels: Vec<&str> = asked.get("labels").map(|labels| labels.split(',').collect()).unwrap_or_default();
    let wanted = |change: &&ChangeRequest| {
        (state == "all" || state == state_of(change))
            && asked.get("source_branch").is_none_or(|branch| branch == change.branch)
            && asked.get("target_branch").is_none_or(|branch| branch == change.target)
            && match labels.as_slice() {
                ["None"] => change.labels.is_empty(),
                ["Any"] => !change.labels.is_empty(),
                all => all.iter().all(|label| change.labels.iter().any(|known| known == label)),
            }
    };
    let mut chosen: Vec<ChangeRequest> = project.changes.iter().filter(wanted).cloned().collect();
    if asked.get("order_by") == Some("updated_at") {
        chosen.sort_by_key(|change| change.updated_at);
    }
    if asked.get("sort") != Some("asc") {
        chosen.reverse();
    }
    Ok(chosen)
}

fn environments(project: &Repository, call: &Call) -> Result<Vec<Environment>, Answer> {
    let asked = &call.asked;
    let (name, search, states) = (asked.get("name"), asked.get("search"), asked.get("states"));
    if name.is_some() && search.is_some() {
        return Err(invalid("name, search are mutually exclusive"));
    }
    if search.is_some_and(|search| search.chars().count() < 3) {
        return Err(refusal(StatusCode::BAD_REQUEST, "Search query is less than 3 characters"));
    }
    if states.is_some_and(|states| !["available", "stopping", "stopped"].contains(&states)) {
        return Err(refusal(StatusCode::BAD_REQUEST, "Requested states are invalid"));
    }
    let wanted = |environment: &&Environment| {
        name.is_none_or(|name| name == environment.name)
            && search.is_none_or(|search| environment.name.to_lowercase().contains(&search.to_lowercase()))
            && states.is_none_or(|state| state == environment.state.as_str())
    };
    Ok(project.environments.iter().filter(wanted).cloned().collect())
}

fn deployments(project: &Repository, call: &Call) -> Result<Vec<Deployment>, Answer> {
    let asked = &call.asked;
    let id_of = |name: &str| project.environments.iter().find(|known| known.name == name).map(|known| known.id);
    let order = asked.get("order_by").unwrap_or("id");
    if !["id", "iid", "created_at", "updated_at", "finished_at", "ref"].contains(&order) {
        return Err(invalid("order_by does not have a valid value"));
    }
    let status = asked.get("status");
    let known = ["created", "running", "success", "failed", "canceled", "skipped", "blocked"];
    if status.is_some_and(|status| !known.contains(&status)) {
        return Err(invalid("status does not have a valid value"));
    }
    let wanted = |deployment: &&Deployment| {
        asked.get("environment").is_none_or(|name| id_of(name) == Some(deployment.environment))
            && status.is_none_or(|status| status == deployment.status.as_str())
    };
    let mut chosen: Vec<Deployment> = project.deployments.iter().filter(wanted).cloned().collect();
    match order {
        "updated_at" | "finished_at" => chosen.sort_by_key(|deployment| deployment.updated_at),
        "ref" => chosen.sort_by(|one, other| one.reference.cmp(&other.reference)),
        _ => {}
    }
    if asked.get("sort") == Some("desc") {
        chosen.reverse();
    }
    Ok(chosen)
}

fn refs(project: &Repository, call: &Call, kind: &str) -> Result<Vec<(String, String)>, Answer> {
    let regex = call.asked.get("regex").map(Regex::new).transpose();
    let regex = regex.map_err(|_| refusal(StatusCode::BAD_REQUEST, "Invalid regex"))?;
    let search = call.asked.get("search");
    let wanted = |name: &String| {
        regex.as_ref().is_none_or(|regex| regex.is_match(name)) && search.is_none_or(|search| name.contains(search))
    };
    Ok(if kind == "branches" {
        let all = project.branches.iter().filter(|(name, _)| wanted(name));
        all.map(|(name, branch)| (name.clone(), branch.sha.clone())).collect()
    } else {
        let mut all: Vec<_> = project.tags.iter().filter(|(name, _)| wanted(name)).collect();
        // Latest first, as GitLab's default order does.
        all.sort_by_key(|(_, tag)| std::cmp::Reverse(tag.created_at));
        all.into_iter().map(|(name, tag)| (name.clone(), tag.sha.clone())).collect()
    })
}

fn inside<'a>(state: &'a State, call: &Call, id: &str, intent: Intent) -> Result<&'a Repository, Answer> {
    let ours = |project: &&Repository| {
        project.flavour == Flavour::Gitlab && (project.path.eq_ignore_ascii_case(id) || project.id.to_string() == id)
    };
    let hidden = || refusal(StatusCode::NOT_FOUND, "404 Project Not Found");
    let project = state.repositories.values().find(ours).ok_or_else(hidden)?;
    match call.caller.sees(project, intent) {
        Sight::Open => Ok(project),
        Sight::Hidden => Err(hidden()),
        Sight::Forbidden => Err(refusal(StatusCode::FORBIDDEN, "403 Forbidden")),
    }
}

fn post_status(state: &mut State, call: &Call, place: &Place, sha: &str) -> Answer {
    let text =
        |name: &str| call.body.get(name).and_then(Value::as_str).or_else(|| call.asked.get(name)).map(str::to_owned);
    let known = ["pending", "running", "success", "failed", "canceled", "skipped"];
    let Some(posted) = text("state").filter(|state| known.contains(&state.as_str())) else {
        return invalid("state does not have a valid value");
    };
    let (id, created_at) = (state.id(), state.tick());
    let Some(project) = state.repositories.get_mut(place) else {
        return refusal(StatusCode::NOT_FOUND, "404 Project Not Found");
    };
    let created = CommitStatus {
        id,
        sha: sha.to_owned(),
        state: posted,
        description: text("description"),
        target_url: text("target_url"),
        context: text("name").or_else(|| text("context")).unwrap_or_else(|| "default".to_owned()),
        creator: call.caller.user().to_owned(),
        created_at,
    };
    project.statuses.push(created.clone());
    project.updated_at = created_at;
    Answer::created(status(&created, &call.asked.base))
}

fn refusal(status: StatusCode, message: &str) -> Answer {
    Answer::refusal(Flavour::Gitlab, status, message)
}

fn invalid(error: &str) -> Answer {
    Answer { status: StatusCode::BAD_REQUEST, ..Answer::ok(json!({"error": error})) }
}

fn state_of(change: &ChangeRequest) -> &'static str {
    match change.state {
        ChangeState::Open => "opened",
        ChangeState::Closed => "closed",
        ChangeState::Merged => "merged",
    }
}

pub(crate) fn user(name: &str, base: &str) -> Value {
    let id = u32::from_str_radix(digest(name).get(..6).unwrap_or("1"), 16).unwrap_or(1);
    json!({"id": id, "username": name, "name": name, "state": "active", "avatar_url": null, "web_url": format!("{base}/{name}")})
}

pub(crate) fn project(project: &Repository, base: &str) -> Value {
    let path = &project.path;
    json!({
        "id": project.id, "name": project.name(), "path": project.name(), "path_with_namespace": path,
        "default_branch": project.default_branch, "visibility": if project.private { "private" } else { "public" },
        "web_url": format!("{base}/{path}"), "http_url_to_repo": format!("{base}/{path}.git"),
        "namespace": {"full_path": project.owner(), "path": project.owner().rsplit('/').next()},
        "created_at": project.created_at, "last_activity_at": project.updated_at,
    })
}

pub(crate) fn merge_request(project: &Repository, change: &ChangeRequest, base: &str) -> Value {
    let (path, iid) = (&project.path, change.number);
    let merged = change.state == ChangeState::Merged;
    let source = if change.is_from_fork(path) { project.id + 500_000 } else { project.id };
    json!({
        "id": change.id, "iid": iid, "project_id": project.id, "title": change.title, "description": change.body,
        "state": state_of(change), "draft": change.draft, "work_in_progress": change.draft,
        "source_branch": change.branch, "target_branch": change.target, "source_project_id": source,
        "target_project_id": project.id, "sha": change.sha, "author": user(&change.author, base),
        "labels": change.labels, "assignees": [], "reviewers": [], "milestone": null,
        "merge_status": "can_be_merged", "detailed_merge_status": "mergeable",
        "references": {"short": format!("!{iid}"), "relative": format!("!{iid}"), "full": format!("{path}!{iid}")},
        "web_url": format!("{base}/{path}/-/merge_requests/{iid}"), "user_notes_count": 0, "upvotes": 0, "downvotes": 0,
        "created_at": change.created_at, "updated_at": change.updated_at,
        "merged_at": if merged { change.closed_at } else { None },
        "closed_at": if merged { None } else { change.closed_at },
    })
}

fn environment(environment: &Environment) -> Value {
    json!({
        "id": environment.id, "name": environment.name, "slug": environment.slug, "description": null,
        "external_url": environment.external_url, "state": environment.state, "tier": "development",
        "auto_stop_at": environment.auto_stop_at, "created_at": environment.created_at, "updated_at": environment.updated_at,
    })
}

fn deployment(project: &Repository, deployment: &Deployment, base: &str) -> Value {
    let of = project.environments.iter().find(|known| known.id == deployment.environment);
    let author = user(&deployment.author, base);
    let (id, sha, reference) = (deployment.id, &deployment.sha, &deployment.reference);
    json!({
        "id": id, "iid": deployment.iid, "ref": reference, "sha": sha, "status": deployment.status,
        "created_at": deployment.created_at, "updated_at": deployment.updated_at, "user": author,
        "environment": of.map(environment),
        "deployable": {
            "id": id + 700_000, "name": "deploy", "stage": "deploy", "status": deployment.status, "ref": reference,
            "tag": project.tags.contains_key(reference), "user": author, "commit": commit(sha, reference),
            "created_at": deployment.created_at,
            "finished_at": if deployment.status.is_over() { Some(deployment.updated_at) } else { None },
        },
    })
}

fn reference(project: &Repository, kind: &str, name: &str, sha: &str, base: &str) -> Value {
    let commit = commit(sha, name);
    if kind == "tags" {
        return json!({"name": name, "message": "", "target": sha, "commit": commit, "release": null, "protected": false});
    }
    let main = name == project.default_branch;
    json!({
        "name": name, "commit": commit, "merged": false, "protected": main, "default": main, "can_push": true,
        "developers_can_push": false, "developers_can_merge": false,
        "web_url": format!("{base}/{}/-/tree/{name}", project.path),
    })
}

fn commit(sha: &str, title: &str) -> Value {
    json!({
        "id": sha, "short_id": sha.chars().take(8).collect::<String>(), "title": title, "message": title, "parent_ids": [],
        "author_name": "octocat", "author_email": "octocat@example.com",
    })
}

fn status(posted: &CommitStatus, base: &str) -> Value {
    json!({
        "id": posted.id, "sha": posted.sha, "status": posted.state, "name": posted.context, "description": posted.description,
        "target_url": posted.target_url, "author": user(&posted.creator, base), "created_at": posted.created_at,
    })
}
