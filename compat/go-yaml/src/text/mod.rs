//! The text below the scanner: its encoding, its characters, and the cursor that moves over it.

pub(crate) mod chars;
mod encoding;
pub(crate) mod input;
pub(crate) mod word;

pub use encoding::decode_text;
