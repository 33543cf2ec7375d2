//! Compiled code between its check and its use, in memory that cannot be changed.
//!
//! # Guarantees
//! The code that was hashed is the code that runs. On Linux it is held in a sealed memory file of the kernel, which
//! is mapped: only the pages in use take memory, and the file in the cache may change or vanish meanwhile. On other
//! systems it is copied.

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

/// Bytes that are hashed and copied at once: enough for a hash over many lanes, few enough for the processor's cache.
pub(crate) const PIECE: usize = 128 << 10;

/// Larger code is not read at all: no plugin compiles to this much.
const MOST_BYTES: u64 = 1 << 30;

/// Code that can no longer change. Its origin is not known to be trusted.
#[derive(Debug)]
pub(crate) enum CodeMemory {
    /// A sealed memory file of the kernel.
    #[cfg(target_os = "linux")]
    Sealed(File),
    /// A copy on the heap.
    Copied(Vec<u8>),
}

/// Hashes the piece with this number.
type Hashing<'h> = &'h (dyn Fn(usize, &[u8]) -> Hash + Sync);

impl CodeMemory {
    /// Copies a part of a file; returns the hashes of its pieces of [`PIECE`] bytes as well.
    pub(crate) fn part_of(file: &File, part: Part, hash: Hashing<'_>) -> io::Result<(Self, Vec<Hash>)> {
        #[cfg(target_os = "linux")]
        match sealed(file, part, hash) {
            Ok((memory, hashes)) => return Ok((Self::Sealed(memory), hashes)),
            // The kernel, or a policy such as seccomp, has no memory files.
            Err(error) => tracing::debug!(%error, "compiled plugins are copied, not mapped"),
        }
        Self::copy_of(file, part, hash)
    }

    /// Does the same on the heap, without sealed memory.
    pub(crate) fn copy_of(file: &File, part: Part, hash: Hashing<'_>) -> io::Result<(Self, Vec<Hash>)> {
        let mut bytes = vec![0; usize::try_from(part.bytes).unwrap_or(usize::MAX)];
        file.read_exact_at(&mut bytes, part.from)?;
        let hashes = bytes.chunks(PIECE).enumerate().map(|(nth, piece)| hash(nth, piece)).collect();
        Ok((Self::Copied(bytes), hashes))
    }

    fn bytes(&self) -> io::Result<Vec<u8>> {
        match self {
            #[cfg(target_os = "linux")]
            Self::Sealed(memory) => {
                let mut bytes = vec![0; usize::try_from(Part::from(memory, 0)?.bytes).unwrap_or(usize::MAX)];
                memory.read_exact_at(&mut bytes, 0)?;
                Ok(bytes)
            }
            Self::Copied(bytes) => Ok(bytes.clone()),
        }
    }
}

/// A range of bytes in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    from: u64,
    bytes: u64,
}

impl Part {
    /// # Errors
    /// The part is larger than any plugin becomes.
    pub(crate) fn new(from: u64, bytes: u64) -> io::Result<Self> {
        if bytes > MOST_BYTES { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(Self { from, bytes }) }
    }

    /// Everything from this offset to the end of the file.
    pub(crate) fn from(file: &File, from: u64) -> io::Result<Self> {
        Self::new(from, file.metadata()?.len().saturating_sub(from))
    }
}

/// Creates a memory file that can be sealed.
#[cfg(target_os = "linux")]
fn memory() -> io::Result<File> {
    use rustix::fs::{MemfdFlags, memfd_create};
    Ok(File::from(memfd_create("orangery-plugin", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?))
}

/// Seals the file: after this not even this process can write or shorten it.
#[cfg(target_os = "linux")]
fn seal(memory: &File) -> io::Result<()> {
    use rustix::fs::{SealFlags, fcntl_add_seals};
    Ok(fcntl_add_seals(memory, SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?)
}

/// Copies bytes from the heap.
#[cfg(target_os = "linux")]
fn sealed_copy(bytes: &[u8]) -> io::Result<File> {
    let memory = memory()?;
    memory.write_all_at(bytes, 0)?;
    seal(&memory)?;
    Ok(memory)
}

/// Copies a part of a file. Two threads share the work, which is a third of the time of a small start.
#[cfg(target_os = "linux")]
fn sealed(file: &File, part: Part, hash: Hashing<'_>) -> io::Result<(File, Vec<Hash>)> {
    let memory = memory()?;
    let Part { from, bytes: length } = part;
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
        // If the second thread could not be started, the first one has done all of the work.
        if let Ok(second) = second {
            hashes.extend(second.join().map_err(|_| io::Error::other("the second thread broke"))??);
        }
        io::Result::Ok(hashes)
    })?;
    hashes.sort_unstable_by_key(|(nth, _)| *nth);
    seal(&memory)?;
    Ok((memory, hashes.into_iter().map(|(_, hash)| hash).collect()))
}

/// Code that may run: its hash was checked, or our own compiler has just made it.
#[derive(Debug)]
pub(crate) struct Code {
    held: CodeMemory,
}

impl Code {
    /// `held` must have the expected hash.
    pub(crate) fn checked(held: CodeMemory) -> Self {
        Self { held }
    }

    /// `bytes` must come from our own compiler, in this process or in a child of it.
    pub(crate) fn compiled(bytes: Vec<u8>) -> Self {
        // Mapped, only the pages that are used count.
        #[cfg(target_os = "linux")]
        match sealed_copy(&bytes) {
            Ok(memory) => return Self { held: CodeMemory::Sealed(memory) },
            Err(error) => tracing::debug!(%error, "compiled plugins are copied, not mapped"),
        }
        Self { held: CodeMemory::Copied(bytes) }
    }

    /// The component that this code was compiled from.
    ///
    /// # Errors
    /// The code was made by another engine, or cannot be read.
    pub(crate) fn component(&self, engine: &Engine) -> wasmtime::Result<Component> {
        #[cfg(target_os = "linux")]
        if let CodeMemory::Sealed(memory) = &self.held {
            use std::os::fd::AsRawFd;
            let path = format!("/proc/self/fd/{}", memory.as_raw_fd());
            // SAFETY: a `Code` is made only by `Cache::load`, from bytes whose tag proves that this installation serialized them,
            // by `Precompiled::load`, from bytes of the running program's own file with the recorded hash, and from the output of
            // this program's compiler. No other process could write to this memory, and it is sealed, so the bytes cannot change.
            match unsafe { Component::deserialize_file(engine, path) } {
                Ok(component) => return Ok(component),
                Err(error) => tracing::debug!(%error, "a compiled plugin cannot be mapped and is copied"),
            }
        }
        // SAFETY: as above; no other process can reach the copy.
        match &self.held {
            CodeMemory::Copied(bytes) => unsafe { Component::deserialize(engine, bytes) },
            #[cfg(target_os = "linux")]
            CodeMemory::Sealed(_) => unsafe { Component::deserialize(engine, self.held.bytes()?) },
        }
    }

    #[cfg(test)]
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.held.bytes().unwrap()
    }
}
