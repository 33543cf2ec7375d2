//! The consequences of an answer for later requests: redirects, the conditional cache, rate limits and back-off.

pub(crate) mod back_off;
pub(crate) mod cache;
pub(crate) mod rate_limit;
pub(crate) mod redirect;
