//! What a plugin asks for: the message, its URL, the grant that allows it, and the header fields that are sent.

pub(crate) mod grant;
pub(crate) mod headers;
pub(crate) mod message;
pub(crate) mod origin;
pub(crate) mod target;
