//! Functions of one object alone: its owner, its differences, and the fields that must not be sent or shown.

pub(crate) mod drift;
pub(crate) mod immutable;
pub(crate) mod normal;
pub(crate) mod ownership;
pub(crate) mod secrecy;
pub(crate) mod takeover;
pub(crate) mod unknown;
pub(crate) mod writer;
