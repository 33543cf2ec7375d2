//! A proxy before the API server: it passes requests on, holds them back for a while, or swallows them without an answer.
//! What goes through it is in the audit log as if the proxy were not there.

use crate::Cluster;
use anyhow::{Context, Result};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::request::Parts;
use kube::config::Kubeconfig;
use kube::{Client, Config};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempPath;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Larger requests are refused; no object is that large.
const MOST_BYTES: usize = 8 << 20;

/// What the proxy does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Treatment {
    /// Passes it on at once.
    Pass,
    /// Passes it on after this time.
    Delay(Duration),
    /// Takes it and never answers; the API server never hears of it.
    Swallow,
    /// Answers 429 with `Retry-After` of so many seconds, as priority and fairness do; the API server never hears of it.
    Throttle(u64),
    /// Answers as an API server that does not know the resource version any more: 410, or an event of that kind to a watch.
    Expire,
}

/// Decides about one request by its method, path, query and headers.
pub type Rule = dyn Fn(&Parts) -> Treatment + Send + Sync;

/// A running proxy; it ends when dropped.
pub struct Proxy {
    address: SocketAddr,
    config: Config,
    server: JoinHandle<()>,
}

#[derive(Clone)]
struct Before {
    api_server: Client,
    rule: Arc<Rule>,
}

impl Proxy {
    /// Starts a proxy on a free port of loopback.
    ///
    /// # Errors
    /// The connection settings of the cluster are unusable, or there is no free port.
    pub async fn start(cluster: &Cluster, rule: impl Fn(&Parts) -> Treatment + Send + Sync + 'static) -> Result<Self> {
        let rights = cluster.config();
        // Whoever asks brings its own credential.
        let mut plain = Config::new(rights.cluster_url.clone());
        plain.root_cert.clone_from(&rights.root_cert);
        let before = Before { api_server: Client::try_from(plain)?, rule: Arc::new(rule) };
        let listener = TcpListener::bind("127.0.0.1:0").await.context("listening on loopback")?;
        let address = listener.local_addr()?;
        let router = Router::new().fallback(pass).with_state(before);
        let server = tokio::spawn(async move {
            drop(axum::serve(listener, router).await);
        });
        let mut config = rights;
        config.cluster_url = format!("http://{address}").parse().context("the address of the proxy as a URL")?;
        Ok(Self { address, config, server })
    }

    /// The connection settings with all rights, through the proxy.
    #[must_use]
    pub fn config(&self) -> Config {
        self.config.clone()
    }

    /// The same kubeconfig, through the proxy. The file goes when the path is dropped.
    ///
    /// # Errors
    /// The kubeconfig cannot be read, or the file cannot be written.
    pub fn kubeconfig(&self, direct: &Path) -> Result<TempPath> {
        let mut kubeconfig = Kubeconfig::read_from(direct).context("reading the kubeconfig")?;
        for cluster in kubeconfig.clusters.iter_mut().filter_map(|named| named.cluster.as_mut()) {
            cluster.server = Some(format!("http://{}", self.address));
        }
        let file = tempfile::NamedTempFile::new().context("making a kubeconfig")?;
        serde_json::to_writer(&file, &kubeconfig).context("writing a kubeconfig")?;
        Ok(file.into_temp_path())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A `Status` object with this HTTP status.
fn status(code: StatusCode, reason: &str, message: &str) -> Response {
    (code, [(CONTENT_TYPE, "application/json")], failure(code, reason, message).to_string()).into_response()
}

fn failure(code: StatusCode, reason: &str, message: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Status", "status": "Failure",
        "reason": reason, "message": message, "code": code.as_u16(),
    })
}

fn expired(parts: &Parts) -> Response {
    let (gone, message) = (StatusCode::GONE, "too old resource version: 1 (2)");
    if is_watch(parts) {
        let event = json!({"type": "ERROR", "object": failure(gone, "Expired", message)});
        return ([(CONTENT_TYPE, "application/json")], format!("{event}\n")).into_response();
    }
    status(gone, "Expired", message)
}

/// Whether a request begins a watch.
#[must_use]
pub fn is_watch(parts: &Parts) -> bool {
    parts.uri.query().is_some_and(|query| query.split('&').any(|pair| matches!(pair, "watch=true" | "watch=1")))
}

async fn pass(State(before): State<Before>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    match (before.rule)(&parts) {
        Treatment::Pass => {}
        Treatment::Delay(time) => tokio::time::sleep(time).await,
        Treatment::Swallow => std::future::pending().await,
        Treatment::Throttle(seconds) => {
            let answer = status(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", "too many requests, try again later");
            return ([(RETRY_AFTER, seconds.to_string())], answer).into_response();
        }
        Treatment::Expire => return expired(&parts),
    }
    let Ok(body) = to_bytes(body, MOST_BYTES).await else { return StatusCode::BAD_REQUEST.into_response() };
    match before.api_server.send(Request::from_parts(parts, body.into())).await {
        Ok(answer) => answer.map(Body::new),
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}
