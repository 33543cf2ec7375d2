//! What can be told from an object alone: whose it is, whether it differs, which of its fields must not be sent or shown.

pub(crate) mod drift;
pub(crate) mod immutable;
pub(crate) mod normal;
pub(crate) mod ownership;
pub(crate) mod secrecy;
pub(crate) mod takeover;
pub(crate) mod unknown;
