//! `/healthz`, `/readyz`, `/leaderz` and `/metrics`.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use orangery_controller::kubernetes::lease::Fence;
use prometheus_client::registry::Registry;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::net::TcpListener;

/// The state that probes report.
#[derive(Clone)]
pub(super) struct Health {
    progress: Arc<Progress>,
    /// Open while this copy leads.
    fence: Fence,
}

#[derive(Default)]
struct Progress {
    /// The API server has answered, and the plugins are loaded.
    started: AtomicBool,
    /// The caches were filled once.
    caches: AtomicBool,
}

impl Health {
    /// The state of a process that has just started.
    pub(super) fn new(fence: Fence) -> Self {
        Self { progress: Arc::default(), fence }
    }

    /// The API server has answered, and the plugins are loaded: this copy can stand by.
    pub(super) fn started(&self) {
        self.progress.started.store(true, Ordering::Release);
    }

    /// The caches are filled: this copy can lead.
    pub(super) fn caches_filled(&self) {
        self.progress.caches.store(true, Ordering::Release);
    }

    /// A copy that stands by serves nothing and needs no caches.
    fn is_ready(&self) -> bool {
        let (started, caches) = (&self.progress.started, &self.progress.caches);
        started.load(Ordering::Acquire) && (!self.fence.is_open() || caches.load(Ordering::Acquire))
    }
}

/// A server that cannot start.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address} for {what}: {source}; choose another address or `none`")]
pub(super) struct ListenError {
    address: SocketAddr,
    what: &'static str,
    source: std::io::Error,
}

/// Serves health until the process ends; answers the address that was bound.
///
/// # Errors
/// The address is taken or forbidden.
pub(super) async fn serve_health(address: SocketAddr, health: Health) -> Result<SocketAddr, ListenError> {
    let router = Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .route("/leaderz", get(leaderz))
        .with_state(health);
    serve(address, "health", router).await
}

async fn readyz(State(health): State<Health>) -> impl IntoResponse {
    if health.is_ready() { (StatusCode::OK, "ok\n") } else { (StatusCode::SERVICE_UNAVAILABLE, "starting\n") }
}

async fn leaderz(State(health): State<Health>) -> impl IntoResponse {
    if health.fence.is_open() { (StatusCode::OK, "leader\n") } else { (StatusCode::SERVICE_UNAVAILABLE, "standby\n") }
}

/// Serves metrics until the process ends; answers the address that was bound.
///
/// # Errors
/// The address is taken or forbidden.
pub(super) async fn serve_metrics(address: SocketAddr, registry: Arc<Registry>) -> Result<SocketAddr, ListenError> {
    let router = Router::new().route("/metrics", get(metrics)).with_state(registry);
    serve(address, "metrics", router).await
}

async fn metrics(State(registry): State<Arc<Registry>>) -> impl IntoResponse {
    let mut text = String::new();
    match prometheus_client::encoding::text::encode(&mut text, &registry) {
        Ok(()) => (
            StatusCode::OK,
            [(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")],
            text,
        ),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, [(header::CONTENT_TYPE, "text/plain")], error.to_string()),
    }
}

async fn serve(address: SocketAddr, what: &'static str, router: Router) -> Result<SocketAddr, ListenError> {
    let failed = |source| ListenError { address, what, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, what, "the server ended");
        }
    });
    Ok(bound)
}
