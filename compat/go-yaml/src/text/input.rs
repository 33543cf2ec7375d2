//! The cursor over the text: position, marks, and the library's way of reading in chunks.
//!
//! Refuses the same characters at the same moment as go-yaml, which decodes 512 bytes at a time and therefore does not see a control
//! character far behind the end of the first document.

use super::chars::{Run, byte, is_blank, is_blankz, is_break, is_breakz, is_control, is_plain, width};
use crate::error::{Mark, fault::Fault};

/// go-yaml's raw buffer: characters are checked when the chunk that holds them is loaded.
const CHUNK: usize = 512;

/// The text and where we are in it.
pub(crate) struct Input<'a> {
    pub(crate) text: &'a str,
    bytes: &'a [u8],
    pub(crate) pos: usize,
    pub(crate) mark: Mark,
    /// End of the chunks checked so far.
    loaded: usize,
    /// Whether the text consists of printable ASCII and line feeds, so that no character can be refused.
    plain: bool,
    /// How many bytes a character of this text takes at most: one, if all of it is ASCII.
    widest: usize,
    /// Where the library's buffer begins now; only its check for a byte order mark needs it.
    window: usize,
}

impl<'a> Input<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let pos = if text.starts_with('\u{FEFF}') { 3 } else { 0 };
        // A plain text has no byte order mark either, so all of it counts as loaded.
        let plain = is_plain(text.as_bytes());
        let widest = if plain || text.is_ascii() { 1 } else { 4 };
        let loaded = if plain { text.len() } else { 0 };
        Self { text, bytes: text.as_bytes(), pos, mark: Mark::default(), loaded, plain, widest, window: pos }
    }

    /// Makes sure that `count` characters are loaded, or the end is reached.
    #[inline]
    pub(crate) fn cache(&mut self, count: usize) -> Result<(), Fault> {
        if self.pos + self.widest * count <= self.loaded {
            return Ok(());
        }
        self.load(count)
    }

    #[cold]
    fn load(&mut self, count: usize) -> Result<(), Fault> {
        let unread = |from: usize, to: usize| {
            let chunk = self.bytes.get(from..to).unwrap_or_default();
            // Counting a few more than needed would make one long line quadratic.
            chunk.iter().take(4 * count).filter(|b| (**b & 0xC0) != 0x80).count()
        };
        if unread(self.pos, self.loaded) >= count {
            return Ok(());
        }
        self.window = self.pos;
        while self.loaded < self.bytes.len() && unread(self.pos, self.loaded) < count {
            let mut end = (self.loaded + CHUNK).min(self.bytes.len());
            while end < self.bytes.len() && (byte(self.bytes, end) & 0xC0) == 0x80 {
                end -= 1;
            }
            if let Some(at) = self.control_in(end) {
                return Err(Fault::control(self.mark_of(at)));
            }
            self.loaded = end;
        }
        Ok(())
    }

    /// The first control character of the chunk that ends at `end`.
    fn control_in(&self, end: usize) -> Option<usize> {
        let chunk = self.bytes.get(self.loaded..end).unwrap_or_default();
        if is_plain(chunk) { None } else { (self.loaded..end).find(|at| is_control(self.bytes, *at)) }
    }

    /// Line and column of a byte offset.
    fn mark_of(&self, at: usize) -> Mark {
        let before = self.text.get(..at).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |n| n + 1);
        Mark {
            line: before.bytes().filter(|b| *b == b'\n').count() as u32,
            column: before.get(line_start..).unwrap_or_default().chars().count() as u32,
        }
    }

    /// Is all of the text printable ASCII and line feeds, so that [`Input::cache`] never fails?
    pub(crate) fn is_plain(&self) -> bool {
        self.plain
    }

    /// The byte `ahead` bytes from here, NUL at the end.
    pub(crate) fn at(&self, ahead: usize) -> u8 {
        byte(self.bytes, self.pos + ahead)
    }

    pub(crate) fn is_end(&self) -> bool {
        self.pos >= self.bytes.len()
    }

    /// Printable ASCII, neither a space nor the beginning of a comment.
    pub(crate) fn is_text(&self) -> bool {
        matches!(self.at(0), b'!'..=b'~') && self.at(0) != b'#'
    }

    pub(crate) fn is_blank(&self) -> bool {
        is_blank(self.at(0))
    }

    pub(crate) fn is_blankz(&self, ahead: usize) -> bool {
        is_blankz(self.bytes, self.pos + ahead)
    }

    pub(crate) fn is_break(&self, ahead: usize) -> bool {
        is_break(self.bytes, self.pos + ahead)
    }

    pub(crate) fn is_breakz(&self) -> bool {
        is_breakz(self.bytes, self.pos)
    }

    /// `---` or `...` at the start of a line.
    pub(crate) fn is_document_indicator(&self, sign: u8) -> bool {
        self.mark.column == 0
            && self.at(0) == sign
            && self.at(1) == sign
            && self.at(2) == sign
            && is_blankz(self.bytes, self.pos + 3)
    }

    /// The library looks at the start of its buffer here, not at the cursor: a byte order mark that happens to be first in the
    /// buffer makes it drop one character of each following line. Kept, because the bytes must be the same.
    pub(crate) fn buffer_starts_with_mark(&self) -> bool {
        byte(self.bytes, self.window) == 0xEF
            && byte(self.bytes, self.window + 1) == 0xBB
            && byte(self.bytes, self.window + 2) == 0xBF
    }

    /// Skips one character.
    pub(crate) fn skip(&mut self) {
        self.mark.column += 1;
        self.pos = (self.pos + width(self.at(0))).min(self.bytes.len());
    }

    /// Skips the characters of a class, up to the end of the loaded chunks: the fast path through ordinary characters.
    #[inline]
    pub(crate) fn skip_run(&mut self, class: Run) {
        // Two characters of look-ahead stay loaded, as the callers check.
        let end = self.loaded.saturating_sub(2 * self.widest);
        let run = self.bytes.get(self.pos..end).unwrap_or_default();
        let length = class.length(run);
        self.pos += length;
        self.mark.column += length as u32;
    }

    /// Skips one line break, if there is one; returns the break as a scalar keeps it.
    pub(crate) fn skip_line(&mut self) -> &'static str {
        let (bytes, kept) = match (self.at(0), self.at(1)) {
            (b'\n', _) => (1, "\n"),
            (b'\r', b'\n') => (2, "\n"),
            (b'\r', _) => (1, "\n"),
            (0xC2, 0x85) => (2, "\n"),
            (0xE2, 0x80) if self.at(2) == 0xA8 => (3, "\u{2028}"),
            (0xE2, 0x80) if self.at(2) == 0xA9 => (3, "\u{2029}"),
            _ => return "",
        };
        self.pos += bytes;
        self.mark.column = 0;
        self.mark.line += 1;
        kept
    }

    pub(crate) fn slice(&self, from: usize, to: usize) -> &'a str {
        self.text.get(from..to).unwrap_or_default()
    }
}
