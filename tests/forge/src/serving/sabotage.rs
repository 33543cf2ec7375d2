//! Faults carried out: answers put in the place of the real one, and real ones spoilt on their way.

use std::io::Write as _;
use std::time::Duration;

use axum::body::{self, Body};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::{StreamExt as _, stream};
use http::{StatusCode, header};
use serde_json::{Value, json};

use crate::command::Place;
use crate::hosted::change::ChangeState;
use crate::hosted::repository::Flavour;
use crate::serving::answer::Answer;
use crate::serving::budget::Budget;
use crate::serving::door::{self, Call, put};
use crate::serving::fault::Failure;
use crate::world::World;

/// Marks the request that follows a same-origin redirect, so that it is answered and not sent on again.
const FOLLOWED: &str = "redirected";

/// The answer that takes the place of the real one, if this failure has one.
pub(crate) fn instead(failure: &Failure, call: &Call) -> Option<Response> {
    let flavour = call.asked.flavour;
    Some(match failure {
        Failure::Status { code, retry_after, body } => {
            let status = StatusCode::from_u16(*code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let mut response = match body {
                Some(text) => (status, text.clone()).into_response(),
                None => said(flavour, status),
            };
            if let Some(wait) = retry_after {
                put(response.headers_mut(), "retry-after", wait);
            }
            response
        }
        Failure::PrimaryLimit { reset_in } => {
            door::exhausted(call, Budget { limit: 5000, used: 5000, resets_at: call.now.as_second() + reset_in })
        }
        Failure::SecondaryLimit { retry_after } => {
            let message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
            let mut response = Answer::refusal(flavour, StatusCode::FORBIDDEN, message).into_response();
            put(response.headers_mut(), "retry-after", &retry_after.to_string());
            response
        }
        Failure::Maintenance => {
            let page = "<!DOCTYPE html><html><head><title>Maintenance</title></head><body><h1>We'll be back soon</h1></body></html>";
            with_type("text/html; charset=utf-8", page.into())
        }
        Failure::RedirectHere if call.asked.get(FOLLOWED).is_some() => return None,
        Failure::RedirectHere => {
            let mark = if call.asked.query.is_empty() { format!("?{FOLLOWED}=1") } else { format!("&{FOLLOWED}=1") };
            redirect(format!("{}{}{mark}", call.asked.base, target(call)))
        }
        Failure::RedirectTo { base } => redirect(format!("{base}{}", target(call))),
        Failure::RedirectDowngrade | Failure::RedirectLoop => redirect(format!("{}{}", call.asked.base, target(call))),
        Failure::EmptyList => Answer::ok(json!([])).into_response(),
        Failure::InvalidJson => with_type("application/json; charset=utf-8", r#"[{"number": 1, "title": "#.into()),
        Failure::OtherShape => {
            Answer::ok(json!({"data": [], "message": "this is not the shape you expect"})).into_response()
        }
        Failure::EchoHeaders => {
            let headers: serde_json::Map<String, Value> = call
                .headers
                .iter()
                .map(|(name, value)| (name.to_string(), json!(String::from_utf8_lossy(value.as_bytes()))))
                .collect();
            Answer::ok(json!([{"title": "your headers", "headers": headers}])).into_response()
        }
        Failure::HugeBody { bytes } => with_type("application/json; charset=utf-8", huge(*bytes)),
        Failure::GzipBomb { bytes } => {
            let mut response = with_type("application/json; charset=utf-8", packed(*bytes));
            put(response.headers_mut(), "content-encoding", "gzip");
            response
        }
        Failure::TruncatedBody
        | Failure::CutChunks
        | Failure::SlowHead { .. }
        | Failure::SlowBody { .. }
        | Failure::UnreadableItem { .. }
        | Failure::RepeatedPage
        | Failure::ThenClose { .. }
        | Failure::WrongContentType { .. }
        | Failure::Reset => return None,
    })
}

/// Spoils the real answer.
pub(crate) async fn spoil(failure: &Failure, honest: Response, call: &Call, world: &World) -> Response {
    let (mut head, sent) = honest.into_parts();
    let sent = body::to_bytes(sent, usize::MAX).await.unwrap_or_default();
    let half = sent.slice(..sent.len() / 2);
    match failure {
        Failure::TruncatedBody => {
            put(&mut head.headers, "content-length", &sent.len().to_string());
            Response::from_parts(head, torn(half))
        }
        Failure::CutChunks => Response::from_parts(head, torn(half)),
        Failure::SlowHead { millis } => {
            tokio::time::sleep(Duration::from_millis(*millis)).await;
            Response::from_parts(head, sent.into())
        }
        Failure::SlowBody { millis } => {
            put(&mut head.headers, "content-length", &sent.len().to_string());
            let pause = Duration::from_millis(*millis);
            let pieces: Vec<Bytes> = sent.chunks(16).map(Bytes::copy_from_slice).collect();
            let drip = stream::iter(pieces).then(move |piece| async move {
                tokio::time::sleep(pause).await;
                Ok::<_, std::io::Error>(piece)
            });
            Response::from_parts(head, Body::from_stream(drip))
        }
        Failure::UnreadableItem { item, field, value } => {
            // The tag of the real list would let a client keep the unreadable one.
            head.headers.remove(header::ETAG);
            head.headers.remove(header::LAST_MODIFIED);
            head.headers.remove(header::CONTENT_LENGTH);
            Response::from_parts(head, altered(&sent, item, field, value).into())
        }
        Failure::RepeatedPage => {
            // Nor may a client keep the head of this answer for the real one.
            head.headers.remove(header::ETAG);
            head.headers.remove(header::LAST_MODIFIED);
            let page = call.asked.page();
            put(&mut head.headers, "link", &format!("<{}>; rel=\"next\"", call.asked.address(page)));
            if call.asked.flavour == Flavour::Gitlab {
                put(&mut head.headers, "x-next-page", &page.to_string());
            }
            Response::from_parts(head, sent.into())
        }
        Failure::ThenClose { number } => {
            close(world, call, *number);
            Response::from_parts(head, sent.into())
        }
        Failure::WrongContentType { content_type } => {
            // Nor may a client keep the head of this answer for the real one.
            head.headers.remove(header::ETAG);
            head.headers.remove(header::LAST_MODIFIED);
            put(&mut head.headers, "content-type", content_type);
            Response::from_parts(head, sent.into())
        }
        _ => Response::from_parts(head, sent.into()),
    }
}

/// The list with one field of one item replaced.
fn altered(list: &[u8], item: &str, field: &str, value: &Value) -> Vec<u8> {
    let Ok(Value::Array(mut items)) = serde_json::from_slice(list) else { return list.to_vec() };
    let is_meant = |found: &Value| {
        ["number", "iid", "id", "name"].iter().any(|key| match found.get(key) {
            Some(Value::String(text)) => text == item,
            Some(Value::Number(number)) => number.to_string() == item,
            _ => false,
        })
    };
    for place in items.iter_mut().filter(|found| is_meant(found)).filter_map(|found| found.pointer_mut(field)) {
        *place = value.clone();
    }
    Value::Array(items).to_string().into_bytes()
}

fn close(world: &World, call: &Call, number: u64) {
    let mut state = world.state();
    let path = match (call.asked.flavour, call.segments.as_slice()) {
        (Flavour::Github, [_, owner, name, ..]) => format!("{owner}/{name}"),
        (Flavour::Gitlab, [_, project, ..]) => project.clone(),
        _ => return,
    };
    let at = state.tick();
    let place = Place { flavour: call.asked.flavour, path };
    if let Some(repository) = state.repositories.get_mut(&place) {
        // One that is closed already has shifted the pages already.
        let _closed = repository.settle(number, ChangeState::Closed, at);
        repository.updated_at = at;
    }
}

/// The forge's own words for a status.
fn said(flavour: Flavour, status: StatusCode) -> Response {
    if status.is_server_error() {
        let reason = status.canonical_reason().unwrap_or("Error");
        let page = format!("<html><head><title>{status}</title></head><body><h1>{reason}</h1></body></html>");
        let mut response = with_type("text/html; charset=utf-8", page.into());
        *response.status_mut() = status;
        return response;
    }
    let message = match (flavour, status.as_u16()) {
        (Flavour::Github, 401) => "Bad credentials",
        (Flavour::Github, 403) => "Resource not accessible by personal access token",
        (Flavour::Github, 404) => "Not Found",
        (Flavour::Github, 429) => "API rate limit exceeded",
        (Flavour::Gitlab, 401) => "401 Unauthorized",
        (Flavour::Gitlab, 403) => "403 Forbidden",
        (Flavour::Gitlab, 404) => "404 Project Not Found",
        (Flavour::Gitlab, 429) => return (status, "Retry later\n").into_response(),
        _ => status.canonical_reason().unwrap_or("Error"),
    };
    Answer::refusal(flavour, status, message).into_response()
}

/// Path and query as sent.
fn target(call: &Call) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(&call.asked.query);
    let query = query.finish();
    if query.is_empty() { call.path.clone() } else { format!("{}?{query}", call.path) }
}

fn redirect(location: String) -> Response {
    (StatusCode::FOUND, [(header::LOCATION, location)]).into_response()
}

fn with_type(content_type: &'static str, body: Body) -> Response {
    ([(header::CONTENT_TYPE, content_type)], body).into_response()
}

/// A first part that really leaves, then the end of the connection.
fn torn(first: Bytes) -> Body {
    let end = stream::once(async {
        // hyper drops what it has not yet flushed when a body fails; waiting lets the first part go out.
        tokio::time::sleep(Duration::from_millis(50)).await;
        Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof))
    });
    Body::from_stream(stream::once(async { Ok(first) }).chain(end))
}

const BLOCK: usize = 1 << 16;

/// `"aaaa…"`: one JSON string of `bytes` bytes, made as it is sent.
fn huge(bytes: u64) -> Body {
    let inner = bytes.saturating_sub(2);
    let block = Bytes::from(vec![b'a'; BLOCK]);
    let rest = usize::try_from(inner % BLOCK as u64).unwrap_or_default();
    let (last, count) = (block.slice(..rest), usize::try_from(inner / BLOCK as u64).unwrap_or(usize::MAX));
    let quote = || stream::iter([Bytes::from_static(b"\"")]);
    let blocks = stream::repeat(block).take(count).chain(stream::iter([last]));
    Body::from_stream(quote().chain(blocks).chain(quote()).map(Ok::<_, std::io::Error>))
}

fn packed(bytes: u64) -> Body {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    let mut left = bytes.saturating_sub(2);
    let block = vec![b'a'; BLOCK];
    // Writing into a vector cannot fail.
    let _quoted = packer.write_all(b"\"");
    while left > 0 {
        let piece = usize::try_from(left.min(BLOCK as u64)).unwrap_or(BLOCK);
        let _written = packer.write_all(block.get(..piece).unwrap_or_default());
        left -= piece as u64;
    }
    let _closed = packer.write_all(b"\"");
    packer.finish().unwrap_or_default().into()
}
