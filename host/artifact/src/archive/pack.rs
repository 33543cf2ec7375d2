//! Packs a folder or a file.
//!
//! The order is that of a walk: a folder, then what is in it, names sorted by bytes. Folders have no slash at the end, empty ones
//! are kept, owner and times are zero. What is neither a file nor a folder is left out.

use super::Layer;
use super::header::{self, BLOCK, Kind};
use crate::ignore::IgnoreRules;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// The root of every archive.
const ROOT: &str = ".";
/// The mode of the root above a single file: Flux puts the file into a private folder first.
const PRIVATE: u32 = 0o700;

/// Symbolic links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Links {
    /// They are left out.
    Skipped,
    /// What they point at is packed in their place.
    Followed,
}

/// Permissions of files and folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Modes {
    /// As they are, which depends on the umask of whoever made the files.
    Kept,
    /// 0755 for folders and for files that their owner may run, 0644 for other files.
    Normal,
}

/// How a folder is packed.
#[derive(Debug, Clone)]
pub struct Packing {
    /// What stays out.
    pub ignored: IgnoreRules,
    /// What becomes of symbolic links.
    pub links: Links,
    /// What becomes of permissions.
    pub modes: Modes,
}

/// Files cannot be packed.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// A file or a folder cannot be read.
    #[error("cannot read {path}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A name that is not UTF-8 has no place in an archive.
    #[error("the name of {0} is not UTF-8; rename it, or ignore it with --ignore-paths")]
    Name(PathBuf),
    /// A link that leads back to a folder above it.
    #[error("the link {0} leads to a folder that contains it; remove it, or ignore it with --ignore-paths")]
    Circle(PathBuf),
    /// Compressing failed.
    #[error("cannot compress the archive")]
    Compress(#[source] io::Error),
}

/// Packs everything in a folder that is not ignored.
///
/// # Errors
/// Something cannot be read, has a name that is not UTF-8, or is a link in a circle.
pub fn pack(folder: &Path, packing: &Packing) -> Result<Layer, PackError> {
    let metadata = fs::metadata(folder).map_err(unreadable(folder))?;
    let mut walk = Walk { packing, archive: Archive::default(), above: vec![canonical(folder)?] };
    walk.archive.entry(ROOT, Kind::Folder, packing.mode(&metadata), &[]);
    walk.folder(folder, Path::new(""))?;
    walk.archive.finish()
}

/// Packs one file under a name.
///
/// # Errors
/// The archive cannot be compressed.
pub fn pack_file(name: &str, mode: u32, content: &[u8]) -> Result<Layer, PackError> {
    let mut archive = Archive::default();
    archive.entry(ROOT, Kind::Folder, PRIVATE, &[]);
    archive.entry(name, Kind::File, mode, content);
    archive.finish()
}

impl Packing {
    /// The mode that an entry gets.
    #[must_use]
    pub fn mode(&self, metadata: &Metadata) -> u32 {
        let own = permissions(metadata);
        match self.modes {
            Modes::Kept => own,
            Modes::Normal if metadata.is_dir() || own & 0o100 != 0 => 0o755,
            Modes::Normal => 0o644,
        }
    }
}

#[cfg(unix)]
fn permissions(metadata: &Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o7777
}

#[cfg(not(unix))]
fn permissions(metadata: &Metadata) -> u32 {
    if metadata.is_dir() { 0o755 } else { 0o644 }
}

struct Walk<'a> {
    packing: &'a Packing,
    archive: Archive,
    /// The folders that the walk is in, to notice links in a circle.
    above: Vec<PathBuf>,
}

impl Walk<'_> {
    /// Packs what is in a folder. `inside` is its path in the archive.
    fn folder(&mut self, folder: &Path, inside: &Path) -> Result<(), PackError> {
        let mut names = Vec::new();
        for entry in fs::read_dir(folder).map_err(unreadable(folder))? {
            names.push(entry.map_err(unreadable(folder))?.file_name());
        }
        names.sort();
        for name in names {
            self.entry(&folder.join(&name), &inside.join(&name))?;
        }
        Ok(())
    }

    fn entry(&mut self, path: &Path, inside: &Path) -> Result<(), PackError> {
        let mut metadata = fs::symlink_metadata(path).map_err(unreadable(path))?;
        let followed = metadata.is_symlink() && self.packing.links == Links::Followed;
        // A broken link is no failure where it is ignored.
        if followed && !self.packing.ignored.ignores(inside, false) {
            metadata = fs::metadata(path).map_err(unreadable(path))?;
        }
        let ignored = self.packing.ignored.ignores(inside, metadata.is_dir());
        let name = || inside.to_str().ok_or_else(|| PackError::Name(path.to_owned()));
        let mode = self.packing.mode(&metadata);
        if metadata.is_dir() {
            if !ignored {
                self.archive.entry(name()?, Kind::Folder, mode, &[]);
            }
            let real = canonical(path)?;
            if self.above.contains(&real) {
                return Err(PackError::Circle(path.to_owned()));
            }
            self.above.push(real);
            self.folder(path, inside)?;
            self.above.pop();
        } else if metadata.is_file() && !ignored {
            let content = fs::read(path).map_err(unreadable(path))?;
            self.archive.entry(name()?, Kind::File, mode, &content);
        }
        Ok(())
    }
}

fn canonical(path: &Path) -> Result<PathBuf, PackError> {
    fs::canonicalize(path).map_err(unreadable(path))
}

fn unreadable(path: &Path) -> impl Fn(io::Error) -> PackError {
    move |source| PackError::Unreadable { path: path.to_owned(), source }
}

#[derive(Default)]
struct Archive(Vec<u8>);

impl Archive {
    fn entry(&mut self, name: &str, kind: Kind, mode: u32, content: &[u8]) {
        self.0.extend(header::blocks(name, kind, mode, content.len() as u64));
        self.0.extend(header::padded(content));
    }

    /// Two empty blocks are the end, and no padding follows them.
    fn finish(mut self) -> Result<Layer, PackError> {
        self.0.resize(self.0.len() + 2 * BLOCK, 0);
        Layer::of(&self.0).map_err(PackError::Compress)
    }
}
