//! Compiled code between its check and its use, in memory that cannot be changed.
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
pub(crate) const PIECE: usize = 128 << 10;

/// No plugin compiles to more; so much is not even read.
const MOST_BYTES: u64 = 1 << 30;

/// Code that cannot change any more, of unknown origin.
#[derive(Debug)]
pub(crate) enum CodeMemory {
    /// In a sealed memory file.
    #[cfg(target_os = "linux")]
    Sealed(File),
    /// In our own memory.
    Copied(Vec<u8>),
}

/// Hashes the piece of that number.
type Hashing<'h> = &'h (dyn Fn(usize, &[u8]) -> Hash + Sync);

impl CodeMemory {
    /// Takes a part of a file; answers with the hashes of its pieces of [`PIECE`] bytes.
    pub(crate) fn part_of(file: &File, part: Part, hash: Hashing<'_>) -> io::Result<(Self, Vec<Hash>)> {
        #[cfg(target_os = "linux")]
        match sealed(file, part, hash) {
            Ok((memory, hashes)) => return Ok((Self::Sealed(memory), hashes)),
            // A kernel or a policy without such memory.
            Err(error) => tracing::debug!(%error, "compiled plugins are copied, not mapped"),
        }
        Self::copy_of(file, part, hash)
    }

    /// The same without sealed memory.
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

/// Where code stands in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    from: u64,
    bytes: u64,
}

impl Part {
    /// # Errors
    /// It is larger than any plugin becomes.
    pub(crate) fn new(from: u64, bytes: u64) -> io::Result<Self> {
        if bytes > MOST_BYTES { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(Self { from, bytes }) }
    }

    /// All that a file has from there on.
    pub(crate) fn from(file: &File, from: u64) -> io::Result<Self> {
        Self::new(from, file.metadata()?.len().saturating_sub(from))
    }
}

/// Memory that can be sealed.
#[cfg(target_os = "linux")]
fn memory() -> io::Result<File> {
    use rustix::fs::{MemfdFlags, memfd_create};
    Ok(File::from(memfd_create("orangery-plugin", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?))
}

/// After this not even we can write or shorten it.
#[cfg(target_os = "linux")]
fn seal(memory: &File) -> io::Result<()> {
    use rustix::fs::{SealFlags, fcntl_add_seals};
    Ok(fcntl_add_seals(memory, SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?)
}

/// Takes what is in our own memory.
#[cfg(target_os = "linux")]
fn sealed_copy(bytes: &[u8]) -> io::Result<File> {
    let memory = memory()?;
    memory.write_all_at(bytes, 0)?;
    seal(&memory)?;
    Ok(memory)
}

/// Takes a part of a file. Two threads share the work, which is a third of a small start.
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
        // Without a second thread the first one has done all of it.
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
    /// `held` must have the right hash.
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

    /// The component.
    ///
    /// # Errors
    /// It was made by another engine, or cannot be read.
    pub(crate) fn component(&self, engine: &Engine) -> wasmtime::Result<Component> {
        #[cfg(target_os = "linux")]
        if let CodeMemory::Sealed(memory) = &self.held {
            use std::os::fd::AsRawFd;
            let path = format!("/proc/self/fd/{}", memory.as_raw_fd());
            // SAFETY: such `Code` is made only by `Cache::load`, of bytes whose tag proves that this installation serialized them, by
            // `Precompiled::load`, of bytes that stand in the file of the running program with their hash, and of what our own compiler
            // has just said. Nobody else had this memory while they were written, and it is sealed, so they cannot change.
            match unsafe { Component::deserialize_file(engine, path) } {
                Ok(component) => return Ok(component),
                Err(error) => tracing::debug!(%error, "a compiled plugin cannot be mapped and is copied"),
            }
        }
        // SAFETY: as above; the copy is ours alone.
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
