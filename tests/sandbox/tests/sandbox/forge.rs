//! A small real HTTP server on a loopback address that remembers every request byte for byte.

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use orangery_egress::{Credential, CredentialKind, Grant, SecretText, SessionSpec};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What the server saw, request by request.
pub(crate) type Seen = Arc<Mutex<Vec<String>>>;

/// A running server; stopped when dropped.
pub(crate) struct Forge {
    pub(crate) url: String,
    seen: Seen,
    task: JoinHandle<()>,
}

impl Drop for Forge {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Forge {
    /// On 127.0.0.1.
    pub(crate) async fn start() -> Result<Self> {
        Self::on("127.0.0.1").await
    }

    /// On an address of the loopback network.
    pub(crate) async fn on(address: &str) -> Result<Self> {
        let seen = Seen::default();
        let app = Router::new()
            .route("/items", get(items))
            .route("/list", get(list))
            .route("/locked", get(locked))
            .route("/redirect", get(redirect))
            .route("/mirror", get(mirror))
            .route("/never", get(never))
            .fallback(any(anything))
            .with_state(Arc::clone(&seen));
        let listener = TcpListener::bind((address, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let task = tokio::spawn(async move {
            // The server lives until the task is aborted; an error of one connection is its client's to see.
            let _ = axum::serve(listener, app).await;
        });
        Ok(Self { url, seen, task })
    }

    /// Every request so far.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Leave to GET and POST here.
    pub(crate) fn grant(&self) -> Result<Grant> {
        Ok(format!("GET,POST {}", self.url).parse()?)
    }

    /// A session that may ask here with this token as `api`.
    pub(crate) fn session(&self, token: &str) -> Result<SessionSpec> {
        let kind = CredentialKind::Bearer(SecretText::line(token.as_bytes())?);
        let credential = Credential::new("api", kind, [self.url.parse()?]);
        Ok(SessionSpec { grants: vec![self.grant()?], credentials: vec![credential], ..SessionSpec::default() })
    }
}

fn remember(seen: &Seen, method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) {
    let mut text = format!("{method} {uri}\n");
    for (name, value) in headers {
        let _ = writeln!(text, "{name}: {}", String::from_utf8_lossy(value.as_bytes()));
    }
    let _ = write!(text, "\n{}", String::from_utf8_lossy(body));
    seen.lock().unwrap_or_else(PoisonError::into_inner).push(text);
}

async fn items(State(seen): State<Seen>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    remember(&seen, &method, &uri, &headers, b"");
    if !headers.contains_key(header::AUTHORIZATION) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    r#"[{"name":"main"},{"name":"feature"}]"#.into_response()
}

/// A list for everybody.
async fn list(State(seen): State<Seen>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    remember(&seen, &method, &uri, &headers, b"");
    ([(header::CONTENT_TYPE, "application/json")], "[]").into_response()
}

/// Takes no credential.
async fn locked(State(seen): State<Seen>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    remember(&seen, &method, &uri, &headers, b"");
    StatusCode::UNAUTHORIZED.into_response()
}

async fn redirect(
    State(seen): State<Seen>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    remember(&seen, &method, &uri, &headers, b"");
    (StatusCode::FOUND, [(header::LOCATION, query.get("to").cloned().unwrap_or_default())]).into_response()
}

/// Says back what it was sent, the credential included.
async fn mirror(State(seen): State<Seen>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    remember(&seen, &method, &uri, &headers, b"");
    format!("{headers:?}").into_response()
}

/// Takes the request and never answers.
async fn never(State(seen): State<Seen>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    remember(&seen, &method, &uri, &headers, b"");
    std::future::pending().await
}

async fn anything(State(seen): State<Seen>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    remember(&seen, &method, &uri, &headers, &body);
    "hello".into_response()
}
