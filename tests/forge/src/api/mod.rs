//! The APIs of the two forges: their listings, App tokens and webhooks.

pub(crate) mod apps;
pub(crate) mod events;
pub(crate) mod github;
pub(crate) mod gitlab;
