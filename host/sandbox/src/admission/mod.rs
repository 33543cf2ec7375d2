//! From bytes to a plugin that may be called: counted, compiled in a child process, linked, asked who it is, listed.

pub(crate) mod admit;
pub(crate) mod cache;
pub(crate) mod catalogue;
pub(crate) mod code;
pub(crate) mod compile;
pub(crate) mod error;
pub(crate) mod footprint;
pub(crate) mod linker;
pub(crate) mod plugin;
pub(crate) mod precompiled;
