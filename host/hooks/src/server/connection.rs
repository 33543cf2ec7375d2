//! One connection: its limits of time and headers.

use super::{Receiver, request};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// For the headers of a request; also how long an idle connection stays.
const HEADERS: Duration = Duration::from_secs(10);
/// Bytes of the headers, as notification-controller bounds them.
const HEADER_BYTES: usize = 256 * 1024;
/// A connection ends after this time, whatever it sends.
const CONNECTION: Duration = Duration::from_secs(120);

/// Answers the requests of a connection, one after the other.
pub(super) async fn serve(stream: TcpStream, receiver: Arc<dyn Receiver>, bodies: Arc<Semaphore>) {
    let service = service_fn(move |asked| {
        let (receiver, bodies) = (Arc::clone(&receiver), Arc::clone(&bodies));
        async move { Ok::<_, Infallible>(request::answer(asked, receiver.as_ref(), &bodies).await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .max_buf_size(HEADER_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    match tokio::time::timeout(CONNECTION, served).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a connection for hooks ended"),
        Err(_) => tracing::debug!("a connection for hooks was open for too long"),
    }
}
