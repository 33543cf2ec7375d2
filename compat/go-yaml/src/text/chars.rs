//! The character classes of the scanner and the emitter, over UTF-8 bytes.
//!
//! Defines line breaks, blanks, word characters and printable characters of YAML 1.1. Reading past the end sees a NUL byte, which every
//! class treats as the end of the text.

use super::word;

/// The byte at `at`, or NUL past the end.
pub(crate) fn byte(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).copied().unwrap_or(0)
}

/// How many bytes the character starting with `lead` takes.
pub(crate) fn width(lead: u8) -> usize {
    match lead {
        0xC0..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF7 => 4,
        _ => 1,
    }
}

/// Digits, ASCII letters, `_` and `-`: anchors, tag handles, directive names.
pub(crate) fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b == b'-'
}

/// Space or tab.
pub(crate) fn is_blank(b: u8) -> bool {
    b == b' ' || b == b'\t'
}

/// The first position of a byte. Reads eight bytes at a time, because every byte of every rendered text is examined here.
pub(crate) fn position(of: u8, bytes: &[u8]) -> Option<usize> {
    let (words, rest) = bytes.as_chunks::<8>();
    for (n, bytes) in words.iter().enumerate() {
        let found = word::zeros(word::of(*bytes) ^ word::all(of));
        if found != 0 {
            return Some(n * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    rest.iter().position(|b| *b == of).map(|at| words.len() * 8 + at)
}

/// The length of the first line with its line feed; `None` without a line feed.
pub(crate) fn line_length(bytes: &[u8]) -> Option<usize> {
    position(b'\n', bytes).map(|at| at + 1)
}

/// Whether all of it is printable ASCII and line feeds. Reads eight bytes at a time, because every byte of every text is examined here.
pub(crate) fn is_plain(bytes: &[u8]) -> bool {
    let (words, rest) = bytes.as_chunks::<8>();
    let odd = words.iter().map(|bytes| word::of(*bytes)).fold(0, |odd, text| {
        let feeds = word::zeros(text ^ word::all(b'\n'));
        odd | (text & word::all(0x80)) | word::zeros(text ^ word::all(0x7F)) | (word::controls(text) & !feeds)
    });
    odd == 0 && rest.iter().all(|b| matches!(b, b' '..=b'~' | b'\n'))
}

/// A class of printable ASCII characters without a special meaning at the current place, so that the scanner or the emitter may skip any
/// number of them at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run(u8);

impl Run {
    /// Anything, as in a comment.
    pub(crate) const TEXT: Self = Self(1);
    /// What cannot end a word of a plain scalar.
    pub(crate) const WORD: Self = Self(2);
    /// What cannot end a word in quotes.
    pub(crate) const QUOTED: Self = Self(4);
    /// A run of spaces.
    pub(crate) const SPACES: Self = Self(8);
    /// The characters of names: they need no quotes, unless the first one is a sign.
    pub(crate) const NAME: Self = Self(16);

    /// Do all characters belong to the class?
    pub(crate) fn is_all(self, bytes: &[u8]) -> bool {
        self.length(bytes) == bytes.len()
    }

    /// How many characters at the start belong to the class.
    pub(crate) fn length(self, bytes: &[u8]) -> usize {
        let classes = |b: u8| RUNS.get(usize::from(b)).copied().unwrap_or(0);
        // Four at a time without a branch between them: most runs are that long.
        let (words, _) = bytes.as_chunks::<4>();
        let whole = words
            .iter()
            .position(|[a, b, c, d]| classes(*a) & classes(*b) & classes(*c) & classes(*d) & self.0 == 0)
            .unwrap_or(words.len());
        let rest = bytes.get(whole * 4..).unwrap_or_default();
        rest.iter().position(|b| classes(*b) & self.0 == 0).map_or(bytes.len(), |at| whole * 4 + at)
    }
}

/// The classes of each byte.
#[expect(clippy::indexing_slicing, reason = "a byte always has a place among 256, and the compiler evaluates this")]
const RUNS: [u8; 256] = {
    let mut runs = [0; 256];
    let mut b = b' ';
    while b <= b'~' {
        let mut classes = Run::TEXT.0;
        if !matches!(b, b' ' | b':' | b',' | b'?' | b'[' | b']' | b'{' | b'}') {
            classes |= Run::WORD.0;
        }
        if !matches!(b, b' ' | b'\'' | b'"' | b'\\') {
            classes |= Run::QUOTED.0;
        }
        if b == b' ' {
            classes |= Run::SPACES.0;
        }
        if b.is_ascii_alphanumeric() || matches!(b, b'/' | b'.' | b'_' | b'-') {
            classes |= Run::NAME.0;
        }
        runs[b as usize] = classes;
        b += 1;
    }
    runs
};

/// CR, LF, NEL, LS or PS at `at`.
pub(crate) fn is_break(bytes: &[u8], at: usize) -> bool {
    match byte(bytes, at) {
        b'\n' | b'\r' => true,
        0xC2 => byte(bytes, at + 1) == 0x85,
        0xE2 => byte(bytes, at + 1) == 0x80 && matches!(byte(bytes, at + 2), 0xA8 | 0xA9),
        _ => false,
    }
}

/// A line break or the end.
pub(crate) fn is_breakz(bytes: &[u8], at: usize) -> bool {
    byte(bytes, at) == 0 || is_break(bytes, at)
}

/// A blank, a line break or the end.
pub(crate) fn is_blankz(bytes: &[u8], at: usize) -> bool {
    let b = byte(bytes, at);
    // Plain ASCII text is the common case: one comparison decides.
    if b > b' ' && b < 0x7F {
        return false;
    }
    is_blank(b) || is_breakz(bytes, at)
}

/// May the character at `at` stand in the output unescaped? Everything above U+FFFF may not.
pub(crate) fn is_printable(bytes: &[u8], at: usize) -> bool {
    match byte(bytes, at) {
        b'\n' | 0x20..=0x7E => true,
        0xC2 => byte(bytes, at + 1) >= 0xA0,
        0xC3..=0xEC | 0xEE => true,
        0xED => byte(bytes, at + 1) < 0xA0,
        0xEF => !matches!((byte(bytes, at + 1), byte(bytes, at + 2)), (0xBB, 0xBF) | (0xBF, 0xBE | 0xBF)),
        _ => false,
    }
}

/// Is the character at `at` one that may not stand in a YAML text at all?
pub(crate) fn is_control(bytes: &[u8], at: usize) -> bool {
    match byte(bytes, at) {
        b'\t' | b'\n' | b'\r' => false,
        0..=0x1F | 0x7F => true,
        0xC2 => matches!(byte(bytes, at + 1), 0x80..=0x84 | 0x86..=0x9F),
        0xEF => byte(bytes, at + 1) == 0xBF && matches!(byte(bytes, at + 2), 0xBE | 0xBF),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_behind_its_first_line_feed() {
        for before in 0..40 {
            // Bytes next to a line feed, below and above, must not be taken for one.
            let line = "\t\u{b}x\u{8a}".chars().cycle().take(before).collect::<String>();
            for after in ["", "\n", "x\n\n", "\u{b}\u{b}\u{b}\u{b}\u{b}\u{b}\u{b}\u{b}"] {
                let text = format!("{line}\n{after}");
                assert_eq!(line_length(text.as_bytes()), Some(line.len() + 1), "{text:?}");
            }
            assert_eq!(line_length(line.as_bytes()), None, "{line:?}");
        }
    }

    #[test]
    fn plain_text_is_printable_ascii_and_line_feeds() {
        for odd in 0..=u8::MAX {
            for before in 0..9 {
                for around in [b'a', b'\n', b' ', b'~'] {
                    let mut bytes = vec![around; 18];
                    bytes[before] = odd;
                    assert_eq!(is_plain(&bytes), matches!(odd, b' '..=b'~' | b'\n'), "{bytes:?}");
                }
            }
        }
    }

    #[test]
    fn a_run_ends_at_what_means_something() {
        assert_eq!(Run::WORD.length(b"oci//x.y-z: 1"), 10);
        assert_eq!(Run::QUOTED.length(b"a:b,c\\n"), 5);
        assert_eq!(Run::TEXT.length("# a b\té".as_bytes()), 5);
        assert_eq!(Run::SPACES.length(b"  \tx"), 2);
        for length in 0..12 {
            assert_eq!(Run::SPACES.length(&[vec![b' '; length], vec![b'x'; 5]].concat()), length);
            assert_eq!(Run::SPACES.length(&vec![b' '; length]), length);
        }
        assert!(Run::NAME.is_all(b"apps/v1.beta_2-x") && !Run::NAME.is_all(b"a:b"));
        assert!((0..=u8::MAX).filter(|b| !matches!(b, b' '..=b'~')).all(|b| Run::TEXT.length(&[b]) == 0));
    }
}
