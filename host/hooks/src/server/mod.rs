//! The HTTP server that deliveries arrive at.

mod connection;
mod request;

pub use request::BODY_BYTES;

use crate::Delivery;
use async_trait::async_trait;
use hyper::StatusCode;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// Connections at once; more wait in the queue of the operating system.
const CONNECTIONS: usize = 512;
/// Bodies that are read at once: with [`BODY_BYTES`] each, they bound the memory that strangers can fill.
const BODIES: usize = 16;
/// After an error of `accept`, usually because file descriptors ran out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What a delivery came to: the status code of the answer. Its body is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// 200: it was taken.
    Taken,
    /// 400: its signature, event or body is wrong.
    Refused,
    /// 404: nobody listens at this path any more.
    Unknown,
    /// 500: it was verified, and what it causes failed.
    Failed,
    /// 503: the receiver is suspended or not ready.
    Unavailable,
}

impl Answer {
    fn status(self) -> StatusCode {
        match self {
            Self::Taken => StatusCode::OK,
            Self::Refused => StatusCode::BAD_REQUEST,
            Self::Unknown => StatusCode::NOT_FOUND,
            Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// Takes the deliveries that the server receives.
#[async_trait]
pub trait Receiver: Send + Sync + 'static {
    /// Whether anything listens at this request target (path and query as sent). Asked before the body is read.
    fn knows(&self, target: &str) -> bool;

    /// Verifies a delivery and does what it causes. Any HTTP method arrives here.
    async fn deliver(&self, target: &str, delivery: Delivery) -> Answer;
}

/// An address that cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address} for hooks: {source}; choose another address or `none`")]
pub struct ListenError {
    address: SocketAddr,
    source: io::Error,
}

/// Serves hooks until the process ends; answers the address that was bound.
///
/// # Errors
/// The address is taken or forbidden.
pub async fn serve(address: SocketAddr, receiver: Arc<dyn Receiver>) -> Result<SocketAddr, ListenError> {
    let failed = |source| ListenError { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    tokio::spawn(accept(listener, receiver));
    Ok(bound)
}

async fn accept(listener: TcpListener, receiver: Arc<dyn Receiver>) {
    let (connections, bodies) = (Arc::new(Semaphore::new(CONNECTIONS)), Arc::new(Semaphore::new(BODIES)));
    loop {
        // Neither semaphore is ever closed.
        let Ok(permit) = Arc::clone(&connections).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let (receiver, bodies) = (Arc::clone(&receiver), Arc::clone(&bodies));
                tokio::spawn(async move {
                    connection::serve(stream, receiver, bodies).await;
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection for hooks could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
