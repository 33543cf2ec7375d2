//! The transliteration table: for each character of the basic plane a length and an ASCII text; `0xff` for none.

use std::sync::OnceLock;

static TABLE: &[u8] = include_bytes!("unidecode.bin");
const NONE: u8 = 0xff;

/// Where each block of 256 characters begins.
fn pages() -> &'static [usize] {
    static PAGES: OnceLock<Vec<usize>> = OnceLock::new();
    PAGES.get_or_init(|| {
        let (mut pages, mut at, mut count) = (Vec::with_capacity(256), 0, 0_usize);
        while let Some(&length) = TABLE.get(at) {
            if count.is_multiple_of(256) {
                pages.push(at);
            }
            count += 1;
            at += 1 + if length == NONE { 0 } else { usize::from(length) };
        }
        pages
    })
}

/// The ASCII text for a character; empty if there is none.
pub(super) fn transliterated(c: char) -> &'static str {
    let code = u32::from(c);
    let (page, nth) = ((code >> 8) as usize, code & 0xff);
    let Some(&start) = pages().get(page) else { return "" };
    let mut at = start;
    for _ in 0..nth {
        let Some(&length) = TABLE.get(at) else { return "" };
        at += 1 + if length == NONE { 0 } else { usize::from(length) };
    }
    match TABLE.get(at) {
        Some(&length) if length != NONE => {
            let text = TABLE.get(at + 1..at + 1 + usize::from(length)).unwrap_or_default();
            std::str::from_utf8(text).unwrap_or_default()
        }
        _ => "",
    }
}
