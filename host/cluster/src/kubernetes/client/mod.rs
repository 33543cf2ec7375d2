//! Requests to the API server: in whose name, about which kinds, how many at once, and what a refusal says.

pub(crate) mod access_review;
pub(crate) mod bounded;
pub(crate) mod connection;
pub(crate) mod discovery;
pub(crate) mod identities;
pub(crate) mod identity;
pub(crate) mod query;
pub(crate) mod refusal;
pub(crate) mod rights;
mod served;
