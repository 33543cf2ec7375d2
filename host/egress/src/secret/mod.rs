//! Secret values: types that do not print them, fingerprints that do not reveal them, and redaction where they leak.

pub(crate) mod fingerprint;
pub(crate) mod redact;
pub(crate) mod text;
