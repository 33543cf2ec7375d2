//! What must hold for every text that reaches the readers of YAML and of templates, said once: the tests of this crate
//! check it on bombs, on generated texts and on the cases of the past, `guided/` lets libFuzzer look for new ones.
//!
//! # The property
//! A text is read or refused: no panic, no overflow of a stack as small as a guest's, and no more than linear time.

use orangery_plugin_gotemplate::functions;
use std::thread;

/// The stack of a WebAssembly guest built by rustc; four times that where the frames are those of an unoptimised build.
pub const GUEST_STACK: usize = if cfg!(debug_assertions) { 4 << 20 } else { 1 << 20 };
/// How long a text becomes when a short one is repeated.
pub const REPEATED: usize = 128 << 10;

/// A reader of text: gets whatever was written and must come back.
pub type Reader = fn(&str);

/// The readers by the names of their fuzz targets.
pub const READERS: [(&str, Reader); 2] = [("yaml", yaml), ("template", template)];

/// Reads a text as YAML in every way that the host and the renderer do.
pub fn yaml(text: &str) {
    let _ = go_yaml::from_str(text);
    let _ = go_yaml::from_str_all(text);
    let _ = go_yaml::documents(text);
    if let Ok(nodes) = go_yaml::parse(text) {
        for node in nodes {
            let _ = (node.get("a"), node.plain_scalar(&["a", "b"]), node.coerced());
        }
    }
}

/// Parses a text as a template. Every name is a function, so that the parser and not the table of functions decides.
pub fn template(text: &str) {
    if let Err(error) = orangery_plugin_gotemplate::parse::parse("fuzz", text, &|_| functions::find("print")) {
        let _ = error.to_string();
    }
}

/// Reads whatever bytes there are on a guest's stack.
///
/// # Panics
/// If the reader does; an overflow of the stack ends the process.
pub fn read(reader: Reader, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let thread = thread::Builder::new().stack_size(GUEST_STACK).spawn(move || reader(&text));
    let ended = thread.map(thread::JoinHandle::join);
    assert!(matches!(ended, Ok(Ok(()))), "the reader panicked");
}

/// Reads the bytes again and again in one text: what nests once now nests without end, and what takes more than
/// linear time takes too long.
///
/// # Panics
/// As [`read`].
pub fn read_repeated(reader: Reader, bytes: &[u8]) {
    if !bytes.is_empty() && bytes.len() < REPEATED {
        read(reader, &bytes.repeat(REPEATED / bytes.len()));
    }
}

/// One case of the fuzzer: the bytes, and for one in 64 short ones also their repetition.
///
/// # Panics
/// As [`read`].
pub fn case(reader: Reader, bytes: &[u8]) {
    read(reader, bytes);
    let mark = bytes.iter().fold(bytes.len(), |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(*byte)));
    if bytes.len() <= 96 && mark % 64 == 0 {
        read_repeated(reader, bytes);
    }
}
