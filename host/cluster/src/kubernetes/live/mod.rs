//! The live state of what was applied: remembered, watched, and checked until it is ready.

pub(crate) mod clock;
pub(crate) mod deletion;
pub(crate) mod drift_debounce;
pub(crate) mod fights;
pub(crate) mod memory;
pub(crate) mod pods;
pub(crate) mod seen;
pub(crate) mod view;
pub(crate) mod wait;
pub(crate) mod watch;
