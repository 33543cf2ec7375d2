//! One request and its answer, without redirects. Nothing else in the process sends a plugin's request.
//!
//! # Guarantees
//! Hosts written as addresses are checked here, names inside the client's resolver, so no caller can reach an address
//! that the policy refuses. A body is cut off while it is received, after decompression. Errors contain no URL.

use std::error::Error as _;
use std::fmt::Write as _;
use std::future::Future;
use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::StatusCode;
use reqwest::header::{CONTENT_ENCODING, HeaderMap};

use crate::connection::address::{AddressRefused, AddressRules};
use crate::connection::policy::Timeouts;
use crate::connection::proxy::ProxyServer;
use crate::connection::resolve::{CheckedResolver, NameRefused};
use crate::request::message::Method;
use crate::request::target::Target;

/// The most header fields and header bytes of one answer. Forges send about thirty fields and five kilobytes.
const HEADER_FIELDS: usize = 128;
const HEADER_BYTES: usize = 64 * 1024;

/// The client, rules and times of an exchange.
#[derive(Debug)]
pub(crate) struct HttpTransport<'a> {
    pub(crate) client: &'a reqwest::Client,
    pub(crate) rules: &'a AddressRules,
    pub(crate) timeouts: Timeouts,
    /// The proxy that the client goes by, and who judges the names that the proxy resolves.
    pub(crate) proxy: Option<(&'a ProxyServer, &'a CheckedResolver)>,
}

/// A request as it is sent.
pub(crate) struct OutgoingRequest<'a> {
    pub(crate) method: Method,
    pub(crate) target: &'a Target,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The most decompressed bytes that the answer may have.
    pub(crate) cap: u64,
}

/// An answer as it was received.
pub(crate) struct RawResponse {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExchangeError {
    #[error("{0}")]
    Address(#[from] AddressRefused),
    #[error("{0}")]
    Name(NameRefused),
    #[error("no {what} within {} s", .limit.as_secs_f32())]
    Timeout { what: &'static str, limit: Duration },
    #[error("the answer is larger than {0} bytes")]
    TooLarge(u64),
    #[error("the answer has more than {HEADER_FIELDS} header fields or {HEADER_BYTES} bytes of headers")]
    TooManyHeaders,
    #[error("the answer is encoded as '{0}', which was not asked for")]
    Encoding(String),
    /// The connection was closed before the answer began: the same request may be sent again.
    #[error("the connection was closed before the answer began")]
    Reset,
    #[error("{0}")]
    Transport(String),
}

impl HttpTransport<'_> {
    pub(crate) async fn exchange(&self, exchange: OutgoingRequest<'_>) -> Result<RawResponse, ExchangeError> {
        if let Some(address) = exchange.target.literal() {
            self.rules.check(address)?;
        } else if let Some((_, resolver)) = self.proxy {
            // Many machines behind a proxy resolve nothing outside, and some take their time to say so.
            let judged =
                tokio::time::timeout(self.timeouts.connect, resolver.judge(exchange.target.origin().host())).await;
            judged.unwrap_or(Ok(())).map_err(ExchangeError::Name)?;
        }
        let mut request = reqwest::Request::new(on_the_wire(exchange.method), exchange.target.url().clone());
        *request.headers_mut() = exchange.headers;
        if !exchange.body.is_empty() {
            *request.body_mut() = Some(exchange.body.into());
        }
        let mut response = within(self.timeouts.first_byte, "answer", self.client.execute(request))
            .await?
            .map_err(|error| self.explain(error, Stage::Head))?;

        let headers = std::mem::take(response.headers_mut());
        let header_bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        if headers.len() > HEADER_FIELDS || header_bytes > HEADER_BYTES {
            return Err(ExchangeError::TooManyHeaders);
        }
        // The client removes the field when it decodes the body. A body that is still encoded could not be bounded or
        // searched for secrets.
        if let Some(encoding) =
            headers.get(CONTENT_ENCODING).filter(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"))
        {
            return Err(ExchangeError::Encoding(
                String::from_utf8_lossy(encoding.as_bytes()).escape_debug().take(40).collect(),
            ));
        }
        let status = response.status();
        if let Some((server, _)) = self.proxy
            && status == StatusCode::PROXY_AUTHENTICATION_REQUIRED
        {
            return Err(ExchangeError::Transport(unauthorized(server)));
        }
        let body = self.read(&mut response, exchange.cap).await?;
        Ok(RawResponse { status, headers, body })
    }

    async fn read(&self, response: &mut reqwest::Response, cap: u64) -> Result<Bytes, ExchangeError> {
        let too_large = || ExchangeError::TooLarge(cap);
        let expected = response.content_length().unwrap_or(0);
        if expected > cap {
            return Err(too_large());
        }
        // The announced length is trusted up to one megabyte.
        let mut body = BytesMut::with_capacity(usize::try_from(expected.min(1 << 20)).unwrap_or(0));
        loop {
            let piece = within(self.timeouts.idle, "more of the answer", response.chunk())
                .await?
                .map_err(|error| self.explain(error, Stage::Body))?;
            let Some(piece) = piece else { return Ok(body.freeze()) };
            if (body.len() as u64).saturating_add(piece.len() as u64) > cap {
                return Err(too_large());
            }
            body.extend_from_slice(&piece);
        }
    }

    /// The client's error as one line. An error of our own resolver inside it is shown alone, and the URL is left out,
    /// because its query may hold values.
    fn explain(&self, error: reqwest::Error, stage: Stage) -> ExchangeError {
        let error = error.without_url();
        let mut text = String::new();
        let mut reset = false;
        let mut cause = error.source();
        while let Some(current) = cause {
            if let Some(refused) = current.downcast_ref::<NameRefused>() {
                return ExchangeError::Name(refused.clone());
            }
            if let Some(io) = current.downcast_ref::<io::Error>() {
                use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
                reset |= matches!(io.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof);
            }
            if let Some(hyper) = current.downcast_ref::<hyper::Error>() {
                reset |= hyper.is_incomplete_message() || hyper.is_closed() || hyper.is_canceled();
            }
            if !text.is_empty() {
                text.push_str(": ");
            }
            let _ = write!(text, "{current}");
            cause = current.source();
        }
        if error.is_timeout() && error.is_connect() {
            return ExchangeError::Timeout { what: "connection", limit: self.timeouts.connect };
        }
        if stage == Stage::Head && reset && !error.is_connect() {
            return ExchangeError::Reset;
        }
        if text.is_empty() {
            text = error.to_string();
        }
        ExchangeError::Transport(match self.proxy {
            None => text,
            Some((server, _)) if text.contains(PROXY_AUTH) => unauthorized(server),
            Some((server, _)) => format!("by way of the proxy {}: {text}", server.origin()),
        })
    }
}

/// What the client says where a proxy answers a CONNECT with 407.
const PROXY_AUTH: &str = "proxy authorization required";

fn unauthorized(server: &ProxyServer) -> String {
    format!(
        "the proxy {} does not accept the user name and password that it is given, or wants some (407)",
        server.origin()
    )
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Head,
    Body,
}

async fn within<T>(limit: Duration, what: &'static str, work: impl Future<Output = T>) -> Result<T, ExchangeError> {
    tokio::time::timeout(limit, work).await.map_err(|_| ExchangeError::Timeout { what, limit })
}

fn on_the_wire(method: Method) -> http::Method {
    match method {
        Method::Get => http::Method::GET,
        Method::Head => http::Method::HEAD,
        Method::Post => http::Method::POST,
        Method::Put => http::Method::PUT,
        Method::Patch => http::Method::PATCH,
        Method::Delete => http::Method::DELETE,
    }
}
