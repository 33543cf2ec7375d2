//! The 512 bytes before each entry, exactly as Go's `archive/tar` writes them: USTAR, and PAX only where a name needs it.

use std::fmt::Write as _;

/// The unit of an archive.
pub(super) const BLOCK: usize = 512;
/// The longest name that stands in a header by itself.
const NAME: usize = 100;
/// The longest prefix of a name that is divided.
const PREFIX: usize = 155;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Folder,
    /// Records that belong to the entry after it.
    Records,
}

impl Kind {
    fn flag(self) -> u8 {
        match self {
            Self::File => b'0',
            Self::Folder => b'5',
            Self::Records => b'x',
        }
    }
}

/// One header.
struct Header([u8; BLOCK]);

impl Header {
    /// Writes bytes at an offset; what does not fit into the field is cut off.
    fn put(&mut self, at: usize, width: usize, bytes: &[u8]) {
        for (place, byte) in self.0.iter_mut().skip(at).take(width).zip(bytes) {
            *place = *byte;
        }
    }

    /// A number with leading zeros and a zero byte behind it.
    fn octal(&mut self, at: usize, width: usize, value: u64) {
        let digits = width.saturating_sub(1);
        self.put(at, width, format!("{value:0digits$o}\0").as_bytes());
    }

    fn finish(mut self) -> [u8; BLOCK] {
        self.put(257, 8, b"ustar\x0000");
        self.put(148, 8, b"        ");
        let sum: u64 = self.0.iter().map(|byte| u64::from(*byte)).sum();
        // Go writes six digits, a zero byte and keeps the space.
        self.octal(148, 7, sum);
        self.0
    }
}

/// The blocks before the content of an entry.
pub(super) fn blocks(name: &str, kind: Kind, mode: u32, size: u64) -> Vec<u8> {
    let mut out = Vec::with_capacity(BLOCK);
    let short = name.len() <= NAME && name.is_ascii();
    let divided = if short { None } else { divide(name) };
    if !short && divided.is_none() {
        let record = record("path", name);
        out.extend(records(name, record.len() as u64));
        out.extend(padded(record.as_bytes()));
    }
    let mut header = Header([0; BLOCK]);
    match divided {
        Some((prefix, rest)) => {
            header.put(0, NAME, rest.as_bytes());
            header.put(345, PREFIX, prefix.as_bytes());
        }
        None => header.put(0, NAME, ascii(name).as_bytes()),
    }
    header.octal(100, 8, u64::from(mode));
    header.octal(108, 8, 0);
    header.octal(116, 8, 0);
    header.octal(124, 12, size);
    header.octal(136, 12, 0);
    header.put(156, 1, &[kind.flag()]);
    header.octal(329, 8, 0);
    header.octal(337, 8, 0);
    out.extend(header.finish());
    out
}

/// The header of the records for the entry `name`.
fn records(name: &str, size: u64) -> [u8; BLOCK] {
    let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
    let own = if folder.is_empty() { format!("PaxHeaders.0/{file}") } else { format!("{folder}/PaxHeaders.0/{file}") };
    let own: String = ascii(&own).chars().take(NAME).collect();
    let mut header = Header([0; BLOCK]);
    header.put(0, NAME, own.trim_end_matches('/').as_bytes());
    for at in [100, 108, 116] {
        header.octal(at, 8, 0);
    }
    header.octal(124, 12, size);
    header.octal(136, 12, 0);
    header.put(156, 1, &[Kind::Records.flag()]);
    header.finish()
}

/// `LENGTH KEY=VALUE`, where the length counts itself.
fn record(key: &str, value: &str) -> String {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + rest.to_string().len();
    if rest + length.to_string().len() != length {
        length += 1;
    }
    let mut text = String::with_capacity(length);
    let _ = writeln!(text, "{length} {key}={value}");
    text
}

/// A long name as prefix and rest, where a slash stands at the right place.
fn divide(name: &str) -> Option<(&str, &str)> {
    if !name.is_ascii() {
        return None;
    }
    let reach = name.len().min(PREFIX + 1);
    let (prefix, _) = name.get(..reach)?.rsplit_once('/')?;
    let rest = name.get(prefix.len() + 1..)?;
    let fits = !prefix.is_empty() && !rest.is_empty() && rest.len() <= NAME && prefix.len() <= PREFIX;
    fits.then_some((prefix, rest))
}

fn ascii(text: &str) -> String {
    text.chars().filter(char::is_ascii).collect()
}

/// Content, up to the end of its last block.
pub(super) fn padded(content: &[u8]) -> Vec<u8> {
    let mut out = content.to_vec();
    out.resize(content.len().next_multiple_of(BLOCK), 0);
    out
}
