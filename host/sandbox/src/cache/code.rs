//! Compiled code between its check and its use: where nobody can change it.
//!
//! # Guarantees
//! What was hashed is what runs. On Linux the code stands in sealed memory of the kernel, which is mapped: only the pages that are
//! used count, and the file in the cache may change or vanish meanwhile. Elsewhere it is copied.

use std::fs::File;
use std::io::{self, Read};
#[cfg(target_os = "linux")]
use std::io::{Seek, Write};
use wasmtime::Engine;
use wasmtime::component::Component;

/// Code that cannot change any more, of unknown origin.
#[derive(Debug)]
pub(super) enum Held {
    /// In a sealed memory file.
    #[cfg(target_os = "linux")]
    Sealed(File),
    /// In our own memory.
    Copied(Vec<u8>),
}

impl Held {
    /// Takes the rest of a file, and hashes it on the way.
    pub(super) fn rest_of(file: &mut File, hasher: &mut blake3::Hasher) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        {
            let at = file.stream_position()?;
            let before = hasher.clone();
            match sealed(file, hasher) {
                Ok(memory) => return Ok(Self::Sealed(memory)),
                // A kernel or a policy without such memory.
                Err(error) => tracing::debug!(%error, "compiled plugins are copied, not mapped"),
            }
            *hasher = before;
            file.seek(io::SeekFrom::Start(at))?;
        }
        Self::copy_of(file, hasher)
    }

    /// The same without sealed memory.
    pub(super) fn copy_of(file: &mut File, hasher: &mut blake3::Hasher) -> io::Result<Self> {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        hasher.update(&bytes);
        Ok(Self::Copied(bytes))
    }

    fn bytes(&self) -> io::Result<Vec<u8>> {
        match self {
            #[cfg(target_os = "linux")]
            Self::Sealed(memory) => {
                let mut memory: &File = memory;
                memory.rewind()?;
                let mut bytes = Vec::new();
                memory.read_to_end(&mut bytes)?;
                Ok(bytes)
            }
            Self::Copied(bytes) => Ok(bytes.clone()),
        }
    }
}

/// After the seals not even we can write or shorten it.
#[cfg(target_os = "linux")]
fn sealed(file: &mut File, hasher: &mut blake3::Hasher) -> io::Result<File> {
    use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
    let memory = memfd_create("orangery-plugin", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    let mut memory = File::from(memory);
    // Large enough for a hash over many lanes, small enough for the cache of a processor.
    let mut piece = vec![0; 128 << 10];
    loop {
        let read = file.read(&mut piece)?;
        let Some(read) = piece.get(..read).filter(|read| !read.is_empty()) else { break };
        hasher.update(read);
        memory.write_all(read)?;
    }
    fcntl_add_seals(&memory, SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
    Ok(memory)
}

/// Code whose tag was checked; only the cache makes it.
#[derive(Debug)]
pub(crate) struct Code {
    held: Held,
}

impl Code {
    /// `held` must have the right tag.
    pub(super) fn checked(held: Held) -> Self {
        Self { held }
    }

    /// The component.
    ///
    /// # Errors
    /// It was made by another engine, or cannot be read.
    pub(crate) fn component(&self, engine: &Engine) -> wasmtime::Result<Component> {
        #[cfg(target_os = "linux")]
        if let Held::Sealed(memory) = &self.held {
            use std::os::fd::AsRawFd;
            let path = format!("/proc/self/fd/{}", memory.as_raw_fd());
            // SAFETY: `Cache::load` makes `Code` only of bytes whose tag proves that this installation serialized them; nobody
            // else had this memory while they were written, and it is sealed, so they cannot change.
            match unsafe { Component::deserialize_file(engine, path) } {
                Ok(component) => return Ok(component),
                Err(error) => tracing::debug!(%error, "a compiled plugin cannot be mapped and is copied"),
            }
        }
        // SAFETY: as above; the copy is ours alone.
        unsafe { Component::deserialize(engine, self.held.bytes()?) }
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.held.bytes().unwrap()
    }
}
