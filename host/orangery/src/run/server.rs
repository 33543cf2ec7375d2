//! `/healthz`, `/readyz` and `/metrics`.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use prometheus_client::registry::Registry;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::net::TcpListener;

/// Whether the operator can do its work: plugins loaded, caches filled.
#[derive(Clone, Default)]
pub(super) struct Readiness(Arc<AtomicBool>);

impl Readiness {
    /// From now on ready or not.
    pub(super) fn set(&self, ready: bool) {
        self.0.store(ready, Ordering::Release);
    }

    fn is_ready(&self) -> bool {
        self.0.load(Ordering::Acquire)
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
pub(super) async fn serve_health(address: SocketAddr, readiness: Readiness) -> Result<SocketAddr, ListenError> {
    let router =
        Router::new().route("/healthz", get(|| async { "ok\n" })).route("/readyz", get(readyz)).with_state(readiness);
    serve(address, "health", router).await
}

async fn readyz(State(readiness): State<Readiness>) -> impl IntoResponse {
    if readiness.is_ready() { (StatusCode::OK, "ok\n") } else { (StatusCode::SERVICE_UNAVAILABLE, "starting\n") }
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
