//! The layout of compiled code at the end of a program's file.
//!
//! ```text
//! program │ code … │ index (JSON) │ length of the index │ BLAKE3 of the index │ mark
//! ```
//! The loader of the operating system reads only what the program's own headers name, so it ignores the rest.

use crate::admission::code::{PIECE, Part};
use blake3::Hash;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;

/// The last bytes of a file that has code attached. The number is raised when the layout changes.
const MARK: &[u8; 16] = b"ORANGERY CODE 1\n";
const LENGTH_BYTES: usize = 8;
const HASH_BYTES: usize = 32;
const TRAILER_BYTES: usize = LENGTH_BYTES + HASH_BYTES + MARK.len();
/// The largest index that is read: a few components with a line each are far smaller.
const MOST_INDEX_BYTES: u64 = 1 << 20;

/// Why the end of a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PrecompiledError {
    /// The file cannot be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The file was changed after it was written. The text says what is wrong.
    #[error("the end of the program's file is damaged: {0}; install the program again")]
    Damaged(&'static str),
}

/// The table of contents.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Index {
    /// The length of the program without what is attached, in bytes.
    program: u64,
    entries: Vec<Entry>,
}

/// The code of one component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// The SHA-256 of the component, in hexadecimal.
    component: String,
    from: u64,
    bytes: u64,
    /// See [`hash_of`], in hexadecimal.
    hash: String,
}

impl Index {
    pub(super) fn into_entries(self) -> BTreeMap<String, Entry> {
        self.entries.into_iter().map(|entry| (entry.component.clone(), entry)).collect()
    }
}

impl Entry {
    pub(super) fn part(&self) -> io::Result<Part> {
        Part::new(self.from, self.bytes)
    }

    pub(super) fn hash(&self) -> io::Result<Hash> {
        Hash::from_hex(&self.hash).map_err(io::Error::other)
    }
}

/// The hash of code, made from the hashes of its pieces, which are computed in parallel.
pub(super) fn hash_of(pieces: &[Hash]) -> Hash {
    let mut hasher = blake3::Hasher::new();
    for piece in pieces {
        hasher.update(piece.as_bytes());
    }
    hasher.finalize()
}

/// The index of a file; `None` if nothing is attached to it.
pub(super) fn read(file: &File) -> Result<Option<Index>, PrecompiledError> {
    let length = file.metadata()?.len();
    let Some(at) = length.checked_sub(TRAILER_BYTES as u64) else { return Ok(None) };
    let mut size = [0; LENGTH_BYTES];
    let mut hash = [0; HASH_BYTES];
    let mut mark = [0; MARK.len()];
    file.read_exact_at(&mut mark, length - MARK.len() as u64)?;
    if mark != *MARK {
        return Ok(None);
    }
    file.read_exact_at(&mut size, at)?;
    file.read_exact_at(&mut hash, at + LENGTH_BYTES as u64)?;
    let size = u64::from_le_bytes(size);
    let from = at.checked_sub(size).filter(|_| size <= MOST_INDEX_BYTES);
    let from = from.ok_or(PrecompiledError::Damaged("the length of the index is wrong"))?;
    let mut index = vec![0; usize::try_from(size).unwrap_or(usize::MAX)];
    file.read_exact_at(&mut index, from)?;
    if blake3::hash(&index) != Hash::from_bytes(hash) {
        return Err(PrecompiledError::Damaged("the index has another hash"));
    }
    let index = serde_json::from_slice(&index).map_err(|_| PrecompiledError::Damaged("the index cannot be read"))?;
    Ok(Some(index))
}

/// Writes a copy of a program with the code of components attached, each named by its SHA-256. Code that was attached
/// before is replaced.
///
/// # Errors
/// The program cannot be read, its end is damaged, or the copy cannot be written.
pub fn attach(program: &File, codes: &[(&str, &[u8])], out: &mut impl Write) -> Result<(), PrecompiledError> {
    let length = match read(program)? {
        Some(index) => index.program,
        None => program.metadata()?.len(),
    };
    let copied = io::copy(&mut ReadAt { file: program, at: 0 }.take(length), out)?;
    if copied != length {
        return Err(PrecompiledError::Damaged("it is shorter than it says"));
    }
    let mut index = Index { program: length, entries: Vec::new() };
    let mut from = length;
    for (component, code) in codes {
        let pieces: Vec<Hash> = code.chunks(PIECE).map(blake3::hash).collect();
        let (component, hash) = ((*component).to_owned(), hash_of(&pieces).to_string());
        index.entries.push(Entry { component, from, bytes: code.len() as u64, hash });
        out.write_all(code)?;
        from = from.saturating_add(code.len() as u64);
    }
    let index = serde_json::to_vec(&index).map_err(io::Error::other)?;
    out.write_all(&index)?;
    out.write_all(&(index.len() as u64).to_le_bytes())?;
    out.write_all(blake3::hash(&index).as_bytes())?;
    out.write_all(MARK)?;
    Ok(out.flush()?)
}

/// Reads from the beginning, independent of other readers of the same open file.
struct ReadAt<'f> {
    file: &'f File,
    at: u64,
}

impl Read for ReadAt<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.at)?;
        self.at = self.at.saturating_add(read as u64);
        Ok(read)
    }
}
