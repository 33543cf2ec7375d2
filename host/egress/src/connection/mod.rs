//! How a request is sent: the policy of the process, resolved and checked addresses, TLS, HTTP clients, one exchange.

pub(crate) mod address;
pub(crate) mod clients;
pub(crate) mod exchange;
pub(crate) mod json_post;
pub(crate) mod policy;
pub(crate) mod proxy;
pub(crate) mod resolve;
pub mod tls;
