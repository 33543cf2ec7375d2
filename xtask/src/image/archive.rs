//! A layer: files as a tar archive, compressed, the same bytes for the same files.

use anyhow::{Context, Result};
use flate2::{Compression, GzBuilder};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Component, Path, PathBuf};
use tar::{EntryType, Header};

/// What stands at a path.
enum Entry {
    Folder,
    File { mode: u32, bytes: Vec<u8> },
}

/// Files to be packed, sorted by path.
pub(super) struct Archive {
    time: u64,
    entries: BTreeMap<PathBuf, Entry>,
}

/// A packed layer.
pub(super) struct Layer {
    /// What is stored and sent.
    pub(super) compressed: Vec<u8>,
    /// The digest of the archive before it was compressed, which is what a configuration lists.
    pub(super) diff_id: String,
}

impl Archive {
    /// An empty one, all of whose entries have this time.
    pub(super) fn new(time: u64) -> Self {
        Self { time, entries: BTreeMap::new() }
    }

    /// Adds a file, and the folders above it.
    pub(super) fn file(&mut self, path: &Path, mode: u32, bytes: &[u8]) -> Result<()> {
        let inside: PathBuf = path.components().filter(|part| matches!(part, Component::Normal(_))).collect();
        for folder in inside.ancestors().skip(1).filter(|folder| *folder != Path::new("")) {
            self.entries.entry(folder.to_owned()).or_insert(Entry::Folder);
        }
        let before = self.entries.insert(inside, Entry::File { mode, bytes: bytes.to_vec() });
        anyhow::ensure!(before.is_none(), "{} is in the image twice", path.display());
        Ok(())
    }

    /// Packs it.
    pub(super) fn finish(self) -> Result<Layer> {
        let mut tar = tar::Builder::new(Vec::new());
        for (path, entry) in &self.entries {
            let (kind, mode, bytes) = match entry {
                Entry::Folder => (EntryType::Directory, 0o755, &[][..]),
                Entry::File { mode, bytes } => (EntryType::Regular, *mode, bytes.as_slice()),
            };
            let mut header = Header::new_ustar();
            header.set_entry_type(kind);
            header.set_mode(mode);
            header.set_uid(0);
            header.set_gid(0);
            header.set_mtime(self.time);
            header.set_size(bytes.len().try_into()?);
            tar.append_data(&mut header, path, bytes).with_context(|| format!("packing {}", path.display()))?;
        }
        let archive = tar.into_inner()?;
        // No name and no time in the header of the compressed file.
        let mut gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::default());
        gzip.write_all(&archive)?;
        Ok(Layer { compressed: gzip.finish()?, diff_id: digest(&archive) })
    }
}

/// `sha256:…`.
pub(super) fn digest(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    format!("sha256:{}", hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}
