//! Compiled code between its check and its use: where nobody can change it.
//!
//! # Guarantees
//! What was hashed is what runs. On Linux the code stands in sealed memory of the kernel, which is mapped: only the pages that are
//! used count, and the file in the cache may change or vanish meanwhile. Elsewhere it is copied.

use blake3::Hash;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
#[cfg(target_os = "linux")]
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};
use wasmtime::Engine;
use wasmtime::component::Component;

/// Bytes that are hashed and copied at once: enough for a hash over many lanes, few enough for the cache of a processor.
pub(super) const PIECE: usize = 128 << 10;

/// No plugin compiles to more; so much is not even read.
const MOST_BYTES: u64 = 1 << 30;

/// Code that cannot change any more, of unknown origin.
#[derive(Debug)]
pub(super) enum CodeMemory {
    /// In a sealed memory file.
    #[cfg(target_os = "linux")]
    Sealed(File),
    /// In our own memory.
    Copied(Vec<u8>),
}

/// Hashes the piece of that number.
type Hashing<'h> = &'h (dyn Fn(usize, &[u8]) -> Hash + Sync);

impl CodeMemory {
    /// Takes what a file has from there on; answers with the hashes of its pieces of [`PIECE`] bytes.
    pub(super) fn rest_of(file: &File, from: u64, hash: Hashing<'_>) -> io::Result<(Self, Vec<Hash>)> {
        #[cfg(target_os = "linux")]
        match sealed(file, from, hash) {
            Ok((memory, hashes)) => return Ok((Self::Sealed(memory), hashes)),
            // A kernel or a policy without such memory.
            Err(error) => tracing::debug!(%error, "compiled plugins are copied, not mapped"),
        }
        Self::copy_of(file, from, hash)
    }

    /// The same without sealed memory.
    pub(super) fn copy_of(file: &File, from: u64, hash: Hashing<'_>) -> io::Result<(Self, Vec<Hash>)> {
        let mut bytes = vec![0; usize::try_from(length(file, from)?).unwrap_or(usize::MAX)];
        file.read_exact_at(&mut bytes, from)?;
        let hashes = bytes.chunks(PIECE).enumerate().map(|(nth, piece)| hash(nth, piece)).collect();
        Ok((Self::Copied(bytes), hashes))
    }

    fn bytes(&self) -> io::Result<Vec<u8>> {
        match self {
            #[cfg(target_os = "linux")]
            Self::Sealed(memory) => {
                let mut bytes = vec![0; usize::try_from(length(memory, 0)?).unwrap_or(usize::MAX)];
                memory.read_exact_at(&mut bytes, 0)?;
                Ok(bytes)
            }
            Self::Copied(bytes) => Ok(bytes.clone()),
        }
    }
}

/// How much a file has from there on.
fn length(file: &File, from: u64) -> io::Result<u64> {
    let length = file.metadata()?.len().saturating_sub(from);
    if length > MOST_BYTES { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(length) }
}

/// After the seals not even we can write or shorten it. Two threads share the work, which is a third of a small start.
#[cfg(target_os = "linux")]
fn sealed(file: &File, from: u64, hash: Hashing<'_>) -> io::Result<(File, Vec<Hash>)> {
    use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
    let memory = memfd_create("orangery-plugin", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    let memory = File::from(memory);
    let length = length(file, from)?;
    memory.set_len(length)?;
    let next = AtomicUsize::new(0);
    let take_pieces = || -> io::Result<Vec<(usize, Hash)>> {
        let mut buffer = vec![0; PIECE];
        let mut hashes = Vec::new();
        loop {
            let nth = next.fetch_add(1, Ordering::Relaxed);
            let start = nth.saturating_mul(PIECE) as u64;
            let bytes = usize::try_from(length.saturating_sub(start)).unwrap_or(PIECE).min(PIECE);
            let Some(piece) = buffer.get_mut(..bytes).filter(|piece| !piece.is_empty()) else { return Ok(hashes) };
            file.read_exact_at(piece, from + start)?;
            hashes.push((nth, hash(nth, piece)));
            memory.write_all_at(piece, start)?;
        }
    };
    let mut hashes = thread::scope(|scope| {
        let second = thread::Builder::new().name("orangery-load".into()).spawn_scoped(scope, take_pieces);
        let mut hashes = take_pieces()?;
        // Without a second thread the first one has done all of it.
        if let Ok(second) = second {
            hashes.extend(second.join().map_err(|_| io::Error::other("the second thread broke"))??);
        }
        io::Result::Ok(hashes)
    })?;
    hashes.sort_unstable_by_key(|(nth, _)| *nth);
    fcntl_add_seals(&memory, SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
    Ok((memory, hashes.into_iter().map(|(_, hash)| hash).collect()))
}

/// Code that may run: its tag was checked by the cache, or our own compiler has just made it.
#[derive(Debug)]
pub(crate) struct Code {
    held: CodeMemory,
}

impl Code {
    /// `held` must have the right tag.
    pub(super) fn checked(held: CodeMemory) -> Self {
        Self { held }
    }

    /// `bytes` must come from our own compiler, in this process or in a child of it.
    pub(crate) fn compiled(bytes: Vec<u8>) -> Self {
        Self { held: CodeMemory::Copied(bytes) }
    }

    /// The component.
    ///
    /// # Errors
    /// It was made by another engine, or cannot be read.
    pub(crate) fn component(&self, engine: &Engine) -> wasmtime::Result<Component> {
        #[cfg(target_os = "linux")]
        if let CodeMemory::Sealed(memory) = &self.held {
            use std::os::fd::AsRawFd;
            let path = format!("/proc/self/fd/{}", memory.as_raw_fd());
            // SAFETY: `Cache::load` makes such `Code` only of bytes whose tag proves that this installation serialized them;
            // nobody else had this memory while they were written, and it is sealed, so they cannot change.
            match unsafe { Component::deserialize_file(engine, path) } {
                Ok(component) => return Ok(component),
                Err(error) => tracing::debug!(%error, "a compiled plugin cannot be mapped and is copied"),
            }
        }
        // SAFETY: as above, or our own compiler gave it to us through a pipe; the copy is ours alone.
        match &self.held {
            CodeMemory::Copied(bytes) => unsafe { Component::deserialize(engine, bytes) },
            #[cfg(target_os = "linux")]
            CodeMemory::Sealed(_) => unsafe { Component::deserialize(engine, self.held.bytes()?) },
        }
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.held.bytes().unwrap()
    }
}
