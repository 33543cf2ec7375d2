//! Turns bytes into a plugin that may be called: counts, compiles in a child process, links, asks for the manifest,
//! registers.

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
