//! What a plugin asks and what it is answered: the mirror of `interface http` of the plugin package.

pub use orangery_plugin_documents::manifest::{Method, UnknownMethod};

/// A request, before the host adds the credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// An absolute `http` or `https` URL without user info or fragment.
    pub url: String,
    /// Header names and values, before the host strips what is its own.
    pub headers: Vec<(String, String)>,
    /// The body; empty for none.
    pub body: Vec<u8>,
    /// The name of the credential that the host is to attach; without it the request is anonymous.
    pub credential: Option<String>,
    /// Whether the host may answer from its cache after the server said that nothing changed.
    pub conditional: bool,
}

/// An answer, decompressed, without `Set-Cookie`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status; a revalidated answer has the status of the stored one, not 304.
    pub status: u16,
    /// Header names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
    /// Whether the server said that the stored answer is still good.
    pub from_cache: bool,
    /// The URL that answered, after redirects.
    pub final_url: String,
    /// How the request that was answered was authenticated, for example `bearer`; `None` without a credential.
    pub authenticated: Option<String>,
}

/// Why a request has no answer. The texts are bounded, carry no query values and are redacted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// The host does not allow this request; the text says which rule and what would have to be granted.
    #[error("denied: {0}")]
    Denied(String),
    /// This call has used up its requests or bytes.
    #[error("budget exhausted: {0}")]
    BudgetExhausted(String),
    /// No answer in time.
    #[error("timeout: {0}")]
    Timeout(String),
    /// The answer is larger than this many bytes.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(u64),
    /// Name resolution, connection, TLS or protocol failure.
    #[error("transport: {0}")]
    Transport(String),
    /// The remote asked all users of this credential to back off; milliseconds until it ends.
    #[error("the remote asked to wait another {0} ms")]
    BackingOff(u64),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

impl Request {
    /// An anonymous, unconditional GET without headers.
    #[must_use]
    pub fn get(url: impl Into<String>) -> Self {
        Self {
            method: Method::Get,
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
            credential: None,
            conditional: false,
        }
    }
}

impl Response {
    /// The first value of a header, by its lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}
