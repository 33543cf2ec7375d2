//! Requests of plugins and their answers: the counterpart of `interface http` in the plugin package.

pub use orangery_plugin_documents::manifest::{Method, UnknownMethod};

/// A request, before the host adds the credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// An absolute `http` or `https` URL without user info or fragment.
    pub url: String,
    /// Header names and values, before the host removes those that only it may set.
    pub headers: Vec<(String, String)>,
    /// The body; empty if there is none.
    pub body: Vec<u8>,
    /// The name of the credential that the host adds; without one the request is anonymous.
    pub credential: Option<String>,
    /// Whether the host may answer from its cache after the server confirmed that nothing changed.
    pub conditional: bool,
}

/// An answer, decompressed, without `Set-Cookie`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status; a revalidated answer has the status of the stored one, not 304.
    pub status: u16,
    /// Header names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// The complete body.
    pub body: Vec<u8>,
    /// Whether the server confirmed that the cached answer is still valid.
    pub from_cache: bool,
    /// The URL that answered, after all redirects.
    pub final_url: String,
    /// How the request that was answered was authenticated, for example `bearer`; `None` without a credential.
    pub authenticated: Option<String>,
}

/// Why a request has no answer. The texts are bounded and redacted, and have no query values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// The host does not allow this request; the text names the rule and the grant that is missing.
    #[error("denied: {0}")]
    Denied(String),
    /// The call has used up its requests or bytes.
    #[error("budget exhausted: {0}")]
    BudgetExhausted(String),
    /// There was no answer in time.
    #[error("timeout: {0}")]
    Timeout(String),
    /// The answer is larger than this many bytes.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(u64),
    /// Name resolution, the connection, TLS or the protocol failed.
    #[error("transport: {0}")]
    Transport(String),
    /// The remote asked every user of this credential to back off; the value is the rest in milliseconds.
    #[error("the remote asked to wait another {0} ms")]
    BackingOff(u64),
    /// Any other failure.
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
