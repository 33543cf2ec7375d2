//! GitHub Apps: finding the installation by JWT and minting installation tokens.

use http::{Method, StatusCode};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::api::github::not_found;
use crate::hosted::repository::Flavour;
use crate::hosted::revision::digest;
use crate::serving::access::{App, Caller, Rights, Token};
use crate::serving::answer::Answer;
use crate::serving::door::Call;
use crate::world::State;

pub(crate) fn answer(state: &mut State, call: &Call, segments: &[&str]) -> Answer {
    let app = match authenticated(state, call) {
        Ok(app) => app,
        Err(message) => return Answer::refusal(Flavour::Github, StatusCode::UNAUTHORIZED, message),
    };
    let number = app.installation.to_string();
    match (&call.method, segments) {
        (&Method::GET, ["app"]) => Answer::ok(json!({"id": app.id, "slug": "orangery", "owner": {"login": app.owner}})),
        (&Method::GET, ["app", "installations"]) => call.asked.cut(&[&app], |app| installation(app)),
        (&Method::GET, ["app", "installations", id]) if *id == number => Answer::ok(installation(&app)),
        (&Method::GET, ["orgs", owner, "installation"]) if *owner == app.owner && !app.on_a_user => {
            Answer::ok(installation(&app))
        }
        (&Method::GET, ["users", owner, "installation"]) if *owner == app.owner => Answer::ok(installation(&app)),
        (&Method::GET, ["repos", owner, _, "installation"]) if *owner == app.owner => Answer::ok(installation(&app)),
        (&Method::POST, ["app", "installations", id, "access_tokens"]) if *id == number => mint(state, call, &app),
        _ => not_found(),
    }
}

fn authenticated(state: &State, call: &Call) -> Result<App, &'static str> {
    let Caller::Jwt(jwt) = &call.caller else { return Err("A JSON web token could not be decoded") };
    let mut refusal = "Integration not found";
    for app in &state.apps {
        match app.accepts(jwt, call.now) {
            Ok(()) => return Ok(app.clone()),
            Err(why) => refusal = why,
        }
    }
    Err(refusal)
}

/// The body may narrow the token to some repositories; asking for one the installation lacks is refused, not ignored.
fn mint(state: &mut State, call: &Call, app: &App) -> Answer {
    let granted: Vec<(u64, String)> = state
        .repositories
        .values()
        .filter(|repository| repository.flavour == Flavour::Github && repository.owner() == app.owner)
        .filter(|repository| app.repositories.is_empty() || app.repositories.contains(&repository.path))
        .map(|repository| (repository.id, repository.path.clone()))
        .collect();
    let listed = |field: &str| call.body.get(field).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut wanted = Vec::new();
    for name in listed("repositories").iter().filter_map(Value::as_str) {
        wanted.push(granted.iter().find(|(_, path)| path.rsplit('/').next() == Some(name)));
    }
    for id in listed("repository_ids").iter().filter_map(Value::as_u64) {
        wanted.push(granted.iter().find(|(known, _)| *known == id));
    }
    let narrowed = !wanted.is_empty();
    let Some(chosen) = wanted.into_iter().collect::<Option<Vec<_>>>() else {
        let message =
            "There is at least one repository that does not exist or is not accessible to the parent installation.";
        return Answer::refusal(Flavour::Github, StatusCode::UNPROCESSABLE_ENTITY, message);
    };
    let chosen: Vec<String> =
        if narrowed { chosen.into_iter() } else { Vec::new().into_iter() }.map(|(_, path)| path.clone()).collect();
    let paths = if narrowed { chosen } else { granted.into_iter().map(|(_, path)| path).collect() };
    let secret = digest(&format!("{}/{}", app.id, state.id()));
    let value = format!("ghs_{}", secret.chars().take(36).collect::<String>());
    let lifetime = SignedDuration::from_secs(i64::try_from(app.token_seconds).unwrap_or(3600));
    let expires_at = call.now + lifetime;
    let write = call.body.pointer("/permissions/statuses").and_then(Value::as_str) != Some("read");
    // An installation without any repository must not become a token that sees all of them.
    let repositories = if paths.is_empty() { vec![String::new()] } else { paths };
    state.tokens.push(Token {
        value: value.clone(),
        flavour: Flavour::Github,
        repositories,
        rights: if write { Rights::Write } else { Rights::Read },
        user: "orangery[bot]".to_owned(),
        expires_at: Some(expires_at),
    });
    let permissions = call.body.get("permissions").cloned();
    Answer::created(json!({
        "token": value,
        "expires_at": expires_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "permissions": permissions.unwrap_or_else(|| json!({"metadata": "read", "pull_requests": "read", "statuses": "write"})),
        "repository_selection": if narrowed || !app.repositories.is_empty() { "selected" } else { "all" },
    }))
}

fn installation(app: &App) -> Value {
    json!({
        "id": app.installation,
        "app_id": app.id.parse::<u64>().map_or_else(|_| json!(app.id), |id| json!(id)),
        "account": {"login": app.owner, "type": if app.on_a_user { "User" } else { "Organization" }},
        "target_type": if app.on_a_user { "User" } else { "Organization" },
        "repository_selection": if app.repositories.is_empty() { "all" } else { "selected" },
        "permissions": {"metadata": "read", "pull_requests": "read", "statuses": "write"},
    })
}
