//! One request: known path, bounded body, answer.

use super::Receiver;
use crate::Delivery;
use bytes::Bytes;
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue};
use hyper::{Request, Response, StatusCode};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Bytes of a body: as many as notification-controller takes.
pub const BODY_BYTES: usize = 3 * 1024 * 1024;
/// For a body, with the wait for its turn.
const BODY: Duration = Duration::from_secs(30);

/// Answers a request. The body of the answer is empty, whatever happened: a stranger learns nothing.
pub(super) async fn answer(
    asked: Request<Incoming>,
    receiver: &dyn Receiver,
    bodies: &Semaphore,
) -> Response<Empty<Bytes>> {
    let target = asked.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    if !receiver.knows(&target) {
        return closing(StatusCode::NOT_FOUND);
    }
    let (parts, body) = asked.into_parts();
    let read = async {
        // Closed by nobody.
        let _turn = bodies.acquire().await.ok();
        Limited::new(body, BODY_BYTES).collect().await
    };
    let body = match tokio::time::timeout(BODY, read).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => return closing(StatusCode::PAYLOAD_TOO_LARGE),
        Ok(Err(error)) => {
            tracing::debug!(%error, "the body of a hook could not be read");
            return closing(StatusCode::BAD_REQUEST);
        }
        Err(_) => return closing(StatusCode::REQUEST_TIMEOUT),
    };
    let delivered = receiver.deliver(&target, Delivery { headers: parts.headers, body }).await;
    with_status(delivered.status())
}

/// An answer after which the connection ends, because a body that nobody wants may still be on its way.
fn closing(status: StatusCode) -> Response<Empty<Bytes>> {
    let mut response = with_status(status);
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

fn with_status(status: StatusCode) -> Response<Empty<Bytes>> {
    let mut response = Response::new(Empty::new());
    *response.status_mut() = status;
    response
}
