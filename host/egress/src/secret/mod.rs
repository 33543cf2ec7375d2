//! Secret values: kept from being printed, named without being shown, and found where they leak.

pub(crate) mod fingerprint;
pub(crate) mod redact;
pub(crate) mod text;
