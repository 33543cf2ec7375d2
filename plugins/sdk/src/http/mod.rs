//! Requests and answers. The network is a trait, so that tests can script it.
//!
//! The host's egress pipeline is on the other side: it checks the address, adds the credential that the request
//! names, follows redirects, decompresses and bounds the answer. A denial is an answer and never a trap.

pub mod status;

use std::fmt;

use crate::error::{Error, Failure, Retry};

#[doc(inline)]
pub use crate::bindings::describing::orangery::plugin::http::{Method, Request, Response};

/// Why a request has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HttpError {
    /// The host does not allow this request; the text names the rule and the grant that is missing.
    Denied(String),
    /// This call has used up its requests or bytes.
    BudgetExhausted(String),
    /// There was no answer in time.
    Timeout(String),
    /// The answer is larger than this many bytes.
    TooLarge(u64),
    /// Name resolution, the connection, TLS or the protocol failed.
    Transport(String),
    /// The remote asked every user of this credential to wait; the value is the rest in milliseconds.
    BackingOff(u64),
    /// Any other failure.
    Other(String),
}

/// The network: the host in a component, a script in tests.
pub trait Http {
    /// Sends one request.
    ///
    /// # Errors
    /// There is no answer. An answer with an error status is an answer; see [`crate::status::check`].
    fn send(&self, request: &Request) -> Result<Response, HttpError>;
}

impl Method {
    /// The method as it is written in a request line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

impl Request {
    /// A GET that the host may revalidate from its cache.
    pub fn get(url: impl Into<String>) -> Self {
        Self {
            method: Method::Get,
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
            credential: None,
            conditional: true,
        }
    }

    /// A request with a JSON body, which is never answered from the cache.
    pub fn json(method: Method, url: impl Into<String>, body: &serde_json::Value) -> Self {
        let body = body.to_string().into_bytes();
        Self { method, body, conditional: false, ..Self::get(url) }.header("content-type", "application/json")
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Names the credential that the host adds.
    #[must_use]
    pub fn credential(mut self, name: &str) -> Self {
        self.credential = Some(name.to_owned());
        self
    }

    /// The same request to another URL.
    #[must_use]
    pub fn to(&self, url: impl Into<String>) -> Self {
        Self { url: url.into(), ..self.clone() }
    }

    /// The request as `GET https://host/path`, for messages. The query is left out, because it can be long and says
    /// little.
    pub fn summary(&self) -> String {
        let url = self.url.split(['?', '#']).next().unwrap_or_default();
        format!("{} {url}", self.method.as_str())
    }
}

impl Default for Response {
    /// An answer with status 0, no headers and no body, to build others from.
    fn default() -> Self {
        Self {
            status: 0,
            headers: Vec::new(),
            body: Vec::new(),
            from_cache: false,
            final_url: String::new(),
            authenticated: None,
        }
    }
}

impl Response {
    /// The first header of this name (case-insensitive).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

impl HttpError {
    /// The plugin error for this failure of the request.
    pub fn explain(self, request: &Request) -> Error {
        let summary = request.summary();
        match self {
            Self::Denied(why) => Error::other("EgressDenied", format!("{summary} was not allowed: {why}")),
            Self::BudgetExhausted(what) => Error::other("BudgetExhausted", format!("{summary} was not sent: {what}")),
            Self::Timeout(what) => Error::unavailable("Timeout", format!("{summary} had no answer in time: {what}")),
            Self::TooLarge(bytes) => Error::MalformedAnswer(Failure::new(
                "ResponseTooLarge",
                format!("{summary}: response body exceeds the maximum allowed size of {bytes} bytes"),
            )),
            Self::Transport(why) => Error::unavailable("TransportError", format!("{summary} failed: {why}")),
            Self::BackingOff(ms) => Error::RateLimited(
                Failure::new("RateLimited", format!("{summary} was not sent, because the server asked to wait"))
                    .retry(Retry::AfterMs(ms)),
            ),
            Self::Other(why) => Error::unavailable("RequestFailed", format!("{summary} failed: {why}")),
        }
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied(text) => write!(f, "not allowed: {text}"),
            Self::BudgetExhausted(text) => write!(f, "budget exhausted: {text}"),
            Self::Timeout(text) => write!(f, "no answer in time: {text}"),
            Self::TooLarge(bytes) => write!(f, "larger than {bytes} bytes"),
            Self::Transport(text) | Self::Other(text) => f.write_str(text),
            Self::BackingOff(ms) => write!(f, "the server asked to wait another {ms} ms"),
        }
    }
}

impl std::error::Error for HttpError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(error: HttpError) -> Error {
        error.explain(&Request::get("https://forge.example/api?page=2"))
    }

    #[test]
    fn a_denial_keeps_the_hosts_words_and_names_the_request() {
        let error = explained(HttpError::Denied("grant https://forge.example".into()));
        assert_eq!(error.kind(), "other");
        assert_eq!(error.failure().code, "EgressDenied");
        assert_eq!(error.to_string(), "GET https://forge.example/api was not allowed: grant https://forge.example");
    }

    #[test]
    fn each_transport_failure_has_its_kind() {
        assert_eq!(explained(HttpError::Timeout("15 s".into())).kind(), "unavailable");
        assert_eq!(explained(HttpError::Transport("reset".into())).kind(), "unavailable");
        assert_eq!(explained(HttpError::TooLarge(8)).kind(), "malformed-answer");
        assert_eq!(explained(HttpError::BudgetExhausted("200 requests".into())).failure().code, "BudgetExhausted");
        assert_eq!(explained(HttpError::BackingOff(900)).failure().retry, Retry::AfterMs(900));
        assert_eq!(explained(HttpError::Other("odd".into())).kind(), "unavailable");
    }

    #[test]
    fn header_names_match_in_any_case() {
        let response = Response { headers: vec![("x-total".into(), "5".into())], ..Response::default() };
        assert_eq!(response.header("X-Total"), Some("5"));
        assert_eq!(response.header("X-Next-Page"), None);
    }
}
