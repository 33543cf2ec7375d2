//! One delivery, and whether it comes from who has the token.

mod kind;
mod mac;
mod payload;
mod verify;

pub use kind::{HookKind, UnknownKind};
pub use mac::{MacError, sign};
pub use verify::{Refusal, Verified, verify, verify_any};

use bytes::Bytes;
use http::HeaderMap;

/// What arrived: headers and a body that was read to its end.
#[derive(Debug, Clone, Default)]
pub struct Delivery {
    /// The headers as sent.
    pub headers: HeaderMap,
    /// The body as sent: what signatures are made of.
    pub body: Bytes,
}

impl Delivery {
    /// The text of a header; empty if it is absent or not text, as Go's `Header.Get` answers.
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}
