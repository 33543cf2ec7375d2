//! The control API under `/_control`: commands in, state and log out. It is neither logged nor struck by faults.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};

use crate::api::events;
use crate::command::Command;
use crate::serving::door;
use crate::world::World;

/// Every route of the forge.
pub(crate) fn router(world: Arc<World>) -> Router {
    Router::new()
        .route("/_control/health", get(|| async { "ok" }))
        .route("/_control/do", post(execute))
        .route("/_control/requests", get(requests).delete(forget))
        .route("/_control/faults", get(faults))
        .route("/_control/state", get(state))
        .fallback(door::enter)
        .with_state(world)
}

/// One command or a list of them; the first refusal ends the list and says which it was.
async fn execute(State(world): State<Arc<World>>, headers: HeaderMap, body: Bytes) -> Response {
    let commands = match parse(&body) {
        Ok(commands) => commands,
        Err(error) => return (StatusCode::BAD_REQUEST, axum::Json(json!({"error": error}))).into_response(),
    };
    let mut told = Vec::new();
    for (index, command) in commands.into_iter().enumerate() {
        let done = world.state().run(command);
        match done {
            Ok(value) => told.push(value),
            Err(refused) => {
                let body = json!({"error": refused.to_string(), "command": index});
                return (StatusCode::CONFLICT, axum::Json(body)).into_response();
            }
        }
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1");
    events::deliver(&world, &format!("http://{host}")).await;
    axum::Json(told).into_response()
}

/// Reads one command or a list; the error names the place of the bad one.
pub(crate) fn parse(text: &[u8]) -> Result<Vec<Command>, String> {
    let document: Value = serde_json::from_slice(text).map_err(|error| format!("not JSON: {error}"))?;
    let list = match document {
        Value::Array(list) => list,
        one => vec![one],
    };
    let command = |(index, value)| serde_json::from_value(value).map_err(|error| format!("command {index}: {error}"));
    list.into_iter().enumerate().map(command).collect()
}

/// `?since=N` leaves out the first N; `?path=REGEX` keeps what matches path and query.
async fn requests(State(world): State<Arc<World>>, Query(query): Query<HashMap<String, String>>) -> Response {
    let since = query.get("since").and_then(|since| since.parse().ok()).unwrap_or(0);
    let pattern = query.get("path").map(|path| regex::Regex::new(path)).transpose();
    let pattern = match pattern {
        Ok(pattern) => pattern,
        Err(error) => {
            return (StatusCode::BAD_REQUEST, axum::Json(json!({"error": error.to_string()}))).into_response();
        }
    };
    let state = world.state();
    let wanted = |request: &&crate::Request| pattern.as_ref().is_none_or(|path| path.is_match(&request.target()));
    axum::Json(state.requests.iter().skip(since).filter(wanted).collect::<Vec<_>>()).into_response()
}

async fn forget(State(world): State<Arc<World>>) -> StatusCode {
    world.state().requests.clear();
    StatusCode::NO_CONTENT
}

async fn faults(State(world): State<Arc<World>>) -> Response {
    axum::Json(&world.state().faults).into_response()
}

async fn state(State(world): State<Arc<World>>) -> Response {
    let state = world.state();
    let repositories: HashMap<String, Value> =
        state.repositories.iter().map(|(place, repository)| (place.to_string(), json!(repository))).collect();
    axum::Json(json!({"repositories": repositories, "clock": state.clock})).into_response()
}
