//! What is hosted: repositories, change requests, environments, revisions.

pub(crate) mod change;
pub(crate) mod environment;
pub(crate) mod repository;
pub(crate) mod revision;
