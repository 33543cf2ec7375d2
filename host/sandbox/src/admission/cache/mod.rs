//! Compiled components on disk, so that a restart does not compile again.
//!
//! # Guarantees
//! Only bytes that this installation wrote are ever executed. `deserialize` runs whatever it is given, so each file
//! carries a keyed BLAKE3 hash. The key lies beside the files and only its owner can read it. The tag covers the file
//! name (digest, engine, layout) and every piece of the code with its position. The code that was checked is the code
//! that runs, even if the file changes later. The directory does not grow without end: code that is no longer loaded
//! is deleted.
//!
//! # Refuses
//! A directory that others can write to or that belongs to another user, and a key that belongs to another user:
//! whoever knows the key can make code that this process would run. A file of another engine or key, or with a single
//! changed bit, is ignored and written again. The cache is never a reason to fail a call.

mod prune;

use super::code::{Code, CodeMemory, PIECE, Part};
use blake3::Hash as Tag;
use rand::RngCore;
use std::fs::{self, File, OpenOptions, Permissions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use wasmtime::Engine;

/// Raised when the layout of a file changes.
const LAYOUT: u32 = 3;
const TAG_BYTES: usize = 32;
const KEY_BYTES: usize = 32;
const KEY_FILE: &str = "key";

/// Why the cache cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// The directory or the key cannot be created or read.
    #[error("cannot use {} for compiled plugins", path.display())]
    Unusable {
        /// The directory or the key file.
        path: PathBuf,
        /// The error of the operating system.
        #[source]
        cause: io::Error,
    },
    /// Other users may put code there.
    #[error("{} may be changed by others (mode {mode:o}); make it private with `chmod go-rwx`, or give another directory", path.display())]
    NotPrivate {
        /// The directory or the key file.
        path: PathBuf,
        /// The permissions as a mode.
        mode: u32,
    },
    /// Another user owns the directory or the key, and so could have put code there.
    #[error("{} belongs to the user {owner}, but this process runs as the user {us}; whoever owns it could have code run here, give another directory", path.display())]
    NotOurs {
        /// The directory or the key file.
        path: PathBuf,
        /// The user id of the owner.
        owner: u32,
        /// The user id of this process.
        us: u32,
    },
}

/// The cache of one process.
pub(crate) struct Cache {
    dir: PathBuf,
    key: [u8; KEY_BYTES],
    engine: u64,
}

impl Cache {
    /// Opens the directory, and creates it and its key on first use.
    pub(crate) fn open(dir: &Path, engine: &Engine) -> Result<Self, CacheError> {
        Self::open_as(dir, engine, rustix::process::geteuid().as_raw())
    }

    fn open_as(dir: &Path, engine: &Engine, us: u32) -> Result<Self, CacheError> {
        let unusable = |path: &Path| {
            let path = path.to_owned();
            move |cause| CacheError::Unusable { path, cause }
        };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(unusable(dir))?;
        let meta = fs::metadata(dir).map_err(unusable(dir))?;
        ours(dir, &meta, us)?;
        let path = dir.join(KEY_FILE);
        let key = read_or_make_key(&path).map_err(unusable(&path))?;
        let key_meta = fs::metadata(&path).map_err(unusable(&path))?;
        ours(&path, &key_meta, us)?;
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Ok(Self { dir: dir.to_owned(), key, engine: hasher.finish() })
    }

    /// The compiled component of this digest, if this installation wrote one for this engine.
    pub(crate) fn load(&self, digest: &str) -> Option<Code> {
        let name = self.name(digest);
        let file = File::open(self.dir.join(&name)).ok()?;
        let mut tag = [0; TAG_BYTES];
        file.read_exact_at(&mut tag, 0).ok()?;
        let (held, pieces) = CodeMemory::part_of(&file, Part::from(&file, TAG_BYTES as u64).ok()?, &|nth, piece| {
            self.tag_of_piece(nth, piece)
        })
        .ok()?;
        // The comparison of hashes takes the same time wherever they differ.
        if self.tag(&name, &pieces) != Tag::from_bytes(tag) {
            tracing::warn!(file = name, "a compiled plugin in the cache is not ours; it is compiled again");
            return None;
        }
        prune::mark_used(&file, SystemTime::now());
        Some(Code::checked(held))
    }

    /// Stores a compiled component. A failure is only logged, because the next start compiles again.
    pub(crate) fn keep(&self, digest: &str, code: &[u8]) {
        if let Err(error) = self.write(digest, code) {
            tracing::warn!(dir = %self.dir.display(), %error, "cannot keep a compiled plugin");
        }
        if let Err(error) = prune::prune(&self.dir, &self.name(digest), SystemTime::now(), prune::MOST_BYTES) {
            tracing::warn!(dir = %self.dir.display(), %error, "cannot delete compiled plugins that nobody uses");
        }
    }

    fn write(&self, digest: &str, code: &[u8]) -> io::Result<()> {
        let name = self.name(digest);
        let pieces: Vec<Tag> =
            code.chunks(PIECE).enumerate().map(|(nth, piece)| self.tag_of_piece(nth, piece)).collect();
        let tag = self.tag(&name, &pieces);
        let temporary = self.dir.join(format!(".{name}.{:016x}", rand::random::<u64>()));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
        let written = file
            .write_all(tag.as_bytes())
            .and_then(|()| file.write_all(code))
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::rename(&temporary, self.dir.join(&name)));
        if written.is_err() {
            // Removing the temporary file is best effort: the first error is the one that matters.
            let _ = fs::remove_file(&temporary);
        }
        written
    }

    fn name(&self, digest: &str) -> String {
        format!("{digest}-{:016x}-{LAYOUT}.cwasm", self.engine)
    }

    /// The tag of a file: a keyed hash over its name and the tags of all pieces.
    fn tag(&self, name: &str, pieces: &[Tag]) -> Tag {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(name.as_bytes());
        hasher.update(&[0]);
        for piece in pieces {
            hasher.update(piece.as_bytes());
        }
        hasher.finalize()
    }

    /// The tag of a piece. The hash input begins with a byte that no name begins with, so a piece's tag is never the tag
    /// of a file.
    fn tag_of_piece(&self, nth: usize, piece: &[u8]) -> Tag {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(&[0]);
        hasher.update(&(nth as u64).to_le_bytes());
        hasher.update(piece).finalize()
    }
}

fn ours(path: &Path, meta: &fs::Metadata, us: u32) -> Result<(), CacheError> {
    if meta.uid() != us {
        return Err(CacheError::NotOurs { path: path.to_owned(), owner: meta.uid(), us });
    }
    if meta.mode() & 0o077 == 0 {
        return Ok(());
    }
    Err(CacheError::NotPrivate { path: path.to_owned(), mode: meta.mode() & 0o7777 })
}

/// Reads the key, and creates it on first use. Two processes that start at once agree: the one that links its key
/// first wins.
fn read_or_make_key(path: &Path) -> io::Result<[u8; KEY_BYTES]> {
    if !path.exists() {
        let mut key = [0; KEY_BYTES];
        rand::rng().fill_bytes(&mut key);
        let temporary = path.with_extension(format!("{:016x}", rand::random::<u64>()));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
        file.write_all(&key)?;
        file.set_permissions(Permissions::from_mode(0o600))?;
        file.sync_all()?;
        let linked = fs::hard_link(&temporary, path);
        fs::remove_file(&temporary)?;
        match linked {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
    }
    let bytes = fs::read(path)?;
    bytes.try_into().map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "the key has not 32 bytes; remove it"))
}

#[cfg(test)]
mod tests;
