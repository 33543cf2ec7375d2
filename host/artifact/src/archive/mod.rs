//! The layer of an artifact: one compressed archive.

mod header;
mod pack;
mod unpack;

pub use pack::{Links, Modes, PackError, Packing, pack, pack_file};
pub use unpack::{Contents, Item, Limits, UnpackError, inspect, unpack};

use crate::digest;
use flate2::{Compression, GzBuilder};
use std::io::{self, Write};

/// "Unknown" in the header of a compressed file: the archive does not depend on where it was made.
const OPERATING_SYSTEM: u8 = 255;

/// A packed layer.
#[derive(Debug, Clone)]
pub struct Layer {
    compressed: Vec<u8>,
    diff_id: String,
}

impl Layer {
    /// Compresses an archive.
    fn of(archive: &[u8]) -> io::Result<Self> {
        let header = GzBuilder::new().mtime(0).operating_system(OPERATING_SYSTEM);
        let mut gzip = header.write(Vec::new(), Compression::default());
        gzip.write_all(archive)?;
        Ok(Self { compressed: gzip.finish()?, diff_id: digest::sha256(archive) })
    }

    /// What is stored and sent.
    #[must_use]
    pub fn compressed(&self) -> &[u8] {
        &self.compressed
    }

    /// The compressed bytes alone.
    #[must_use]
    pub fn into_compressed(self) -> Vec<u8> {
        self.compressed
    }

    /// The digest of the archive before it was compressed. Two compressors make different layers of one archive, so this is what
    /// tells whether two artifacts have the same files.
    #[must_use]
    pub fn diff_id(&self) -> &str {
        &self.diff_id
    }
}
