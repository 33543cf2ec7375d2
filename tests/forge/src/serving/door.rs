//! The door every API request goes through: logged, struck by a fault, authenticated, counted, answered, revalidated.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State as Held;
use axum::response::{IntoResponse, Response};
use axum::{Extension, body};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use jiff::Timestamp;
use serde_json::Value;
use url::form_urlencoded;

use crate::api::{events, github, gitlab};
use crate::hosted::repository::Flavour;
use crate::hosted::revision::digest_bytes;
use crate::serving::access::Caller;
use crate::serving::answer::{Answer, Asked};
use crate::serving::budget::Budget;
use crate::serving::fault::{Failure, strike};
use crate::serving::requests::Request;
use crate::serving::sabotage;
use crate::serving::server::Wire;
use crate::world::{State, World};

/// One request as the routes see it.
pub(crate) struct Call {
    pub(crate) method: Method,
    /// As sent.
    pub(crate) path: String,
    pub(crate) segments: Vec<String>,
    pub(crate) asked: Asked,
    pub(crate) caller: Caller,
    pub(crate) body: Value,
    pub(crate) now: Timestamp,
    pub(crate) headers: HeaderMap,
}

/// Answers one API request from the first byte to the last.
pub(crate) async fn enter(
    Held(world): Held<Arc<World>>,
    Extension(wire): Extension<Arc<Wire>>,
    request: axum::extract::Request,
) -> Response {
    let (head, sent) = request.into_parts();
    let sent = body::to_bytes(sent, 1 << 20).await.unwrap_or_default();
    let now = Timestamp::now();
    let (path, query) = (head.uri.path().to_owned(), head.uri.query().unwrap_or_default().to_owned());
    let logged = Request::arrived(&wire.take(), now, head.method.as_str(), &path, &query);
    let entry = {
        let mut state = world.state();
        state.requests.push(logged);
        state.requests.len() - 1
    };
    let host = head.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1");
    let base = format!("http://{host}");
    let call = {
        let state = world.state();
        read(&state, head.method, &path, &query, &base, head.headers, &sent, now)
    };
    let failure = {
        let mut state = world.state();
        let names = [format!("{path}?{query}"), format!("/{}?{query}", call.segments.join("/"))];
        let [as_sent, as_named] = &names;
        strike(&mut state.faults, call.method.as_str(), [as_sent, as_named], call.asked.page())
    };
    let response = match failure {
        Some(Failure::Reset) => {
            wire.cut();
            StatusCode::NO_CONTENT.into_response()
        }
        Some(failure) => match sabotage::instead(&failure, &call) {
            Some(response) => response,
            None => sabotage::spoil(&failure, honest(&world, &call), &call, &world).await,
        },
        None => honest(&world, &call),
    };
    let status = response.status().as_u16();
    if let Some(entry) = world.state().requests.get_mut(entry) {
        entry.status = (!wire_was_cut(&response)).then_some(status);
    }
    events::deliver(&world, &base).await;
    response
}

/// Only a reset has this status: no route answers 204.
fn wire_was_cut(response: &Response) -> bool {
    response.status() == StatusCode::NO_CONTENT
}

#[expect(clippy::too_many_arguments, reason = "the parts of one request, taken apart once")]
fn read(
    state: &State,
    method: Method,
    path: &str,
    query: &str,
    base: &str,
    headers: HeaderMap,
    sent: &[u8],
    now: Timestamp,
) -> Call {
    let (flavour, rest) = match (path.strip_prefix("/api/v4/"), path.strip_prefix("/api/v3/")) {
        (Some(rest), _) => (Flavour::Gitlab, rest),
        (None, Some(rest)) => (Flavour::Github, rest),
        (None, None) => (Flavour::Github, path.trim_start_matches('/')),
    };
    let decoded = |segment: &str| {
        // Plus signs are literal in a path, unlike in a form.
        let text = segment.replace('+', "%2B");
        form_urlencoded::parse(text.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
    };
    let mut segments: Vec<String> = rest.split('/').filter(|part| !part.is_empty()).map(decoded).collect();
    let query: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let ours = |place: &str| {
        let of = state.repositories.values().filter(|known| known.flavour == Flavour::Github);
        of.map(|known| (known.id, known.path.clone())).find(|(id, path)| path == place || id.to_string() == place)
    };
    let mut link = path.to_owned();
    if flavour == Flavour::Github {
        // GitHub's own paging links name repositories by number; both ways lead to the same place.
        match segments.as_slice() {
            [first, id, rest @ ..] if first == "repositories" => {
                if let Some((_, path)) = ours(id) {
                    let named = path.split('/').map(str::to_owned);
                    segments = [String::from("repos")].into_iter().chain(named).chain(rest.iter().cloned()).collect();
                }
            }
            [first, owner, name, rest @ ..] if first == "repos" => {
                if let Some((id, _)) = ours(&format!("{owner}/{name}")) {
                    let prefix = if path.starts_with("/api/v3/") { "/api/v3" } else { "" };
                    link = format!("{prefix}/repositories/{id}/{}", rest.join("/"));
                }
            }
            _ => {}
        }
    }
    Call {
        method,
        path: path.to_owned(),
        segments,
        asked: Asked { base: base.to_owned(), path: link, query, flavour },
        caller: Caller::of(&headers, flavour, &state.tokens, now),
        body: serde_json::from_slice(sent).unwrap_or_default(),
        now,
        headers,
    }
}

/// The answer without any fault.
fn honest(world: &World, call: &Call) -> Response {
    let mut state = world.state();
    let flavour = call.asked.flavour;
    let account = call.caller.account();
    let free = call.segments.first().is_some_and(|first| first == "rate_limit");
    let taken = if free { Ok(()) } else { state.budgets.take(flavour, &account, call.now) };
    let mut response = match (taken, &call.caller) {
        (Err(budget), _) => exhausted(call, budget),
        (Ok(()), Caller::Unknown) => {
            let message = if flavour == Flavour::Github { "Bad credentials" } else { "401 Unauthorized" };
            Answer::refusal(flavour, StatusCode::UNAUTHORIZED, message).into_response()
        }
        (Ok(()), _) => {
            let answer = match flavour {
                Flavour::Github => github::answer(&mut state, call),
                Flavour::Gitlab => gitlab::answer(&mut state, call),
            };
            revalidated(answer, call, state.max_age)
        }
    };
    let unchanged = response.status() == StatusCode::NOT_MODIFIED;
    if unchanged && flavour == Flavour::Github && matches!(call.caller, Caller::Known(_)) {
        state.budgets.give_back(flavour, &account, call.now);
    }
    let budget = state.budgets.of(flavour, &account, call.now);
    count(response.headers_mut(), flavour, budget);
    response
}

/// Adds the validators and answers 304 when the client has this very version.
fn revalidated(answer: Answer, call: &Call, max_age: u64) -> Response {
    let (flavour, readable) = (call.asked.flavour, answer.status == StatusCode::OK && call.method == Method::GET);
    let links = answer.headers.iter().filter(|(name, _)| *name == "link").map(|(_, value)| value.as_str());
    let tag = format!("W/\"{}\"", digest_bytes(format!("{}{}", answer.body, links.collect::<String>()).as_bytes()));
    let modified = answer.headers.iter().find(|(name, _)| *name == "last-modified").map(|(_, value)| value.clone());
    let mut response = answer.into_response();
    if !readable {
        return response;
    }
    let caching = match flavour {
        Flavour::Gitlab => "max-age=0, private, must-revalidate".to_owned(),
        Flavour::Github if matches!(call.caller, Caller::Anonymous) => {
            format!("public, max-age={max_age}, s-maxage={max_age}")
        }
        Flavour::Github => format!("private, max-age={max_age}, s-maxage={max_age}"),
    };
    let sent = |name: header::HeaderName| call.headers.get(name).and_then(|value| value.to_str().ok());
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let same = match sent(header::IF_NONE_MATCH) {
        Some(known) => known.split(',').any(|known| known.trim() == "*" || bare(known) == bare(&tag)),
        None => {
            let date = |text: &str| httpdate::parse_http_date(text).ok();
            let since = sent(header::IF_MODIFIED_SINCE).and_then(date);
            since.zip(modified.as_deref().and_then(date)).is_some_and(|(since, modified)| modified <= since)
        }
    };
    if same {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Body::empty();
        response.headers_mut().remove(header::CONTENT_TYPE);
    }
    put(response.headers_mut(), "etag", &tag);
    put(response.headers_mut(), "cache-control", &caching);
    put(response.headers_mut(), "vary", "Accept, Authorization, Cookie, Accept-Encoding");
    response
}

/// The rate-limit headers of the forge.
pub(crate) fn count(headers: &mut HeaderMap, flavour: Flavour, budget: Budget) {
    let (limit, remaining, reset, used) = match flavour {
        Flavour::Github => ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "x-ratelimit-used"),
        Flavour::Gitlab => ("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "ratelimit-observed"),
    };
    put(headers, limit, &budget.limit.to_string());
    put(headers, remaining, &budget.remaining().to_string());
    put(headers, reset, &budget.resets_at.to_string());
    put(headers, used, &budget.used.to_string());
    if flavour == Flavour::Github {
        put(headers, "x-ratelimit-resource", "core");
    }
}

/// The primary limit, in the words of the forge.
pub(crate) fn exhausted(call: &Call, budget: Budget) -> Response {
    let mut response = match call.asked.flavour {
        Flavour::Github => {
            let message = format!("API rate limit exceeded for user ID 1. ({})", call.caller.user());
            Answer::refusal(Flavour::Github, StatusCode::FORBIDDEN, &message).into_response()
        }
        Flavour::Gitlab => {
            let mut response = (StatusCode::TOO_MANY_REQUESTS, "Retry later\n").into_response();
            let wait = (budget.resets_at - call.now.as_second()).max(1).to_string();
            put(response.headers_mut(), "retry-after", &wait);
            response
        }
    };
    count(response.headers_mut(), call.asked.flavour, budget);
    response
}

pub(crate) fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
