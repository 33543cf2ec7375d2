//! The sockets: accepts connections, keeps the bytes that arrive for the log, and can reset a connection.
//!
//! hyper parses; a tap between it and the socket copies what was read, because a parsed request no longer knows the case
//! and order of its headers.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tower::ServiceExt as _;

/// What the tap and the door know about one connection.
#[derive(Default)]
pub(crate) struct Wire {
    arrived: Mutex<Vec<u8>>,
    reset: Mutex<bool>,
}

impl Wire {
    /// The bytes since the last call.
    pub(crate) fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.arrived.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Has the connection reset instead of answered.
    pub(crate) fn cut(&self) {
        *self.reset.lock().unwrap_or_else(PoisonError::into_inner) = true;
    }

    fn is_cut(&self) -> bool {
        *self.reset.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves until the task is dropped, and its connections with it.
pub(crate) async fn serve(listener: TcpListener, router: Router) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        while connections.try_join_next().is_some() {}
        connections.spawn(converse(stream, router.clone()));
    }
}

async fn converse(stream: TcpStream, router: Router) {
    let wire = Arc::new(Wire::default());
    let tap = Tap { stream, wire: Arc::clone(&wire) };
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let (wire, router) = (Arc::clone(&wire), router.clone());
        async move {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(Arc::clone(&wire));
            let answer = router.oneshot(request).await;
            // An error of the service makes hyper drop the connection without a word.
            if wire.is_cut() {
                Err(io::Error::from(io::ErrorKind::ConnectionReset))
            } else {
                Ok(answer.unwrap_or_default())
            }
        }
    });
    // The client's hanging up and our own cuts end here alike; neither is worth a word.
    let _ended = http1::Builder::new().serve_connection(TokioIo::new(tap), service).await;
}

struct Tap {
    stream: TcpStream,
    wire: Arc<Wire>,
}

impl Drop for Tap {
    fn drop(&mut self) {
        if self.wire.is_cut() {
            // Closing with a linger of zero sends RST in place of FIN.
            let _closing_anyway = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Tap {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, into);
        let arrived = into.filled().get(before..).unwrap_or_default();
        self.wire.arrived.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(arrived);
        polled
    }
}

impl AsyncWrite for Tap {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
