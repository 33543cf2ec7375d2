//! Unpacks an archive that nobody trusts.
//!
//! # Guarantees
//! The whole archive is checked before the first file is written: every path is relative and stays in the folder, every entry is a
//! file or a folder, no path stands twice, and the limits hold. Files are written through a handle of the folder, so that a link
//! that was in it before leads nowhere else either.

use crate::digest;
use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions};
use flate2::read::MultiGzDecoder;
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::ops::Range;
use std::path::{Component, Path, PathBuf};
use tar::EntryType;

/// How large an archive may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the layer as it is stored.
    pub compressed: u64,
    /// Bytes of the archive.
    pub unpacked: u64,
    /// Files and folders.
    pub entries: usize,
    /// How many times larger than the layer the archive may be, where it is larger than 16 MiB.
    pub ratio: u64,
}

/// An archive up to this size may be compressed as well as it can: many empty files, or one file often.
const SMALL: u64 = 16 << 20;

impl Default for Limits {
    /// Far above what manifests need: the largest repositories of manifests have some ten thousand files and 100 MiB, and text
    /// compresses ten to thirty times.
    fn default() -> Self {
        Self { compressed: 128 << 20, unpacked: 512 << 20, entries: 100_000, ratio: 200 }
    }
}

/// An archive is refused, or cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// Not a compressed archive.
    #[error("the layer is not a gzip-compressed tar archive, or it is cut off")]
    Unreadable(#[source] io::Error),
    /// More bytes than allowed.
    #[error("refused: the archive unpacks to more than {0} MiB; if that is meant, raise --max-size")]
    TooLarge(u64),
    /// Compressed too well to be anything but a bomb.
    #[error("refused: the archive unpacks to more than {0} times its size, which manifests never do")]
    Bomb(u64),
    /// More entries than allowed.
    #[error("refused: the archive has more than {0} entries")]
    TooMany(usize),
    /// A path that leaves the folder, or is none.
    #[error("refused: the archive has the path {0:?}, which is not inside the folder that it is unpacked into")]
    Path(String),
    /// A link, a device or the like.
    #[error("refused: {path:?} is {kind}; an artifact holds only files and folders")]
    Kind {
        /// The path.
        path: String,
        /// What it is.
        kind: &'static str,
    },
    /// Two entries of one path, or a file where another entry needs a folder.
    #[error("refused: the archive has {0:?} twice, as different things")]
    Twice(PathBuf),
    /// A file cannot be written.
    #[error("cannot write {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// A checked archive.
#[derive(Debug)]
pub struct Contents {
    archive: Vec<u8>,
    entries: BTreeMap<PathBuf, Entry>,
}

#[derive(Debug, PartialEq, Eq)]
struct Entry {
    mode: u32,
    /// Where the content of a file stands in the archive; a folder has none.
    content: Option<Range<usize>>,
}

/// A file or folder of an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item<'a> {
    /// Permissions.
    pub mode: u32,
    /// The content of a file; a folder has none.
    pub content: Option<&'a [u8]>,
}

impl Contents {
    /// The digest of the archive, without its compression.
    #[must_use]
    pub fn diff_id(&self) -> String {
        digest::sha256(&self.archive)
    }

    /// What is in it, by path; the root is not listed.
    #[must_use]
    pub fn items(&self) -> BTreeMap<&Path, Item<'_>> {
        let item = |entry: &Entry| Item {
            mode: entry.mode,
            content: entry.content.clone().map(|range| self.archive.get(range).unwrap_or_default()),
        };
        self.entries.iter().map(|(path, entry)| (path.as_path(), item(entry))).collect()
    }
}

/// Checks a layer.
///
/// # Errors
/// It is no archive, or it is refused.
pub fn inspect(layer: &[u8], limits: Limits) -> Result<Contents, UnpackError> {
    let archive = decompress(layer, limits)?;
    let mut entries = BTreeMap::new();
    let mut count = 0;
    for entry in tar::Archive::new(archive.as_slice()).entries().map_err(UnpackError::Unreadable)? {
        let entry = entry.map_err(UnpackError::Unreadable)?;
        count += 1;
        if count > limits.entries {
            return Err(UnpackError::TooMany(limits.entries));
        }
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let folder = match kind(entry.header().entry_type()) {
            Ok(Some(folder)) => folder,
            Ok(None) => continue,
            Err(kind) => return Err(UnpackError::Kind { path: name, kind }),
        };
        let path = inside(&name)?;
        if path.as_os_str().is_empty() {
            if folder {
                continue;
            }
            return Err(UnpackError::Path(name));
        }
        let mode = entry.header().mode().map_err(UnpackError::Unreadable)? & 0o777;
        let begin = usize::try_from(entry.raw_file_position()).unwrap_or(usize::MAX);
        let end = begin.saturating_add(usize::try_from(entry.size()).unwrap_or(usize::MAX));
        if !folder && end > archive.len() {
            return Err(UnpackError::Unreadable(io::ErrorKind::UnexpectedEof.into()));
        }
        let content = (!folder).then_some(begin..end);
        if entries
            .insert(path.clone(), Entry { mode, content })
            .is_some_and(|before| before.content.is_some() || !folder)
        {
            return Err(UnpackError::Twice(path));
        }
    }
    let below_a_file = entries.keys().find_map(|path| {
        path.ancestors().skip(1).find(|above| entries.get(*above).is_some_and(|entry: &Entry| entry.content.is_some()))
    });
    match below_a_file {
        Some(path) => Err(UnpackError::Twice(path.to_owned())),
        None => Ok(Contents { archive, entries }),
    }
}

/// Writes what was checked into a folder that exists.
///
/// # Errors
/// The folder is not there, or a file cannot be written.
pub fn unpack(contents: &Contents, folder: &Path) -> Result<(), UnpackError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| UnpackError::Write { path, source }
    };
    let dir = Dir::open_ambient_dir(folder, ambient_authority()).map_err(failed(folder))?;
    for (path, item) in contents.items() {
        let at = folder.join(path);
        match item.content {
            None => dir.create_dir_all(path).map_err(failed(&at))?,
            Some(content) => {
                if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
                    dir.create_dir_all(parent).map_err(failed(&at))?;
                }
                let mut options = OpenOptions::new();
                let mut file =
                    dir.open_with(path, options.write(true).create(true).truncate(true)).map_err(failed(&at))?;
                file.write_all(content).map_err(failed(&at))?;
            }
        }
    }
    // Last and from below, so that a folder that nobody may write to holds its files already.
    for (path, item) in contents.items().into_iter().rev() {
        permit(&dir, path, item.mode).map_err(failed(&folder.join(path)))?;
    }
    Ok(())
}

#[cfg(unix)]
fn permit(dir: &Dir, path: &Path, mode: u32) -> io::Result<()> {
    use cap_std::fs::PermissionsExt as _;
    dir.set_permissions(path, cap_std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn permit(_: &Dir, _: &Path, _: u32) -> io::Result<()> {
    Ok(())
}

fn decompress(layer: &[u8], limits: Limits) -> Result<Vec<u8>, UnpackError> {
    let mut gzip = MultiGzDecoder::new(layer);
    let mut archive = Vec::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        let read = gzip.read(&mut piece).map_err(UnpackError::Unreadable)?;
        if read == 0 {
            return Ok(archive);
        }
        archive.extend_from_slice(piece.get(..read).unwrap_or_default());
        let size = archive.len() as u64;
        if size > limits.unpacked {
            return Err(UnpackError::TooLarge(limits.unpacked >> 20));
        }
        if size > SMALL && size > limits.ratio.saturating_mul(layer.len() as u64) {
            return Err(UnpackError::Bomb(limits.ratio));
        }
    }
}

/// Whether an entry is a folder; nothing for records that only describe others; otherwise what it is.
fn kind(kind: EntryType) -> Result<Option<bool>, &'static str> {
    match kind {
        EntryType::Regular => Ok(Some(false)),
        EntryType::Directory => Ok(Some(true)),
        EntryType::XGlobalHeader => Ok(None),
        EntryType::Symlink => Err("a symbolic link"),
        EntryType::Link => Err("a hard link"),
        EntryType::Char | EntryType::Block => Err("a device"),
        EntryType::Fifo => Err("a named pipe"),
        _ => Err("neither a file nor a folder"),
    }
}

/// A path of the archive, without `.`; nothing that leaves the folder.
fn inside(name: &str) -> Result<PathBuf, UnpackError> {
    let refused = || UnpackError::Path(name.to_owned());
    // A backslash divides folders on Windows.
    if name.contains(['\0', '\\', '\u{fffd}']) {
        return Err(refused());
    }
    let mut path = PathBuf::new();
    for part in Path::new(name).components() {
        match part {
            Component::CurDir => {}
            Component::Normal(part) => path.push(part),
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return Err(refused()),
        }
    }
    Ok(path)
}
