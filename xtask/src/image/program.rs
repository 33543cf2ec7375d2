//! The program: for which processor it is, and what it needs beside itself.

use anyhow::{Context, Result, bail};
use object::Endianness;
use object::elf::{EM_AARCH64, EM_X86_64, FileHeader64};
use object::read::elf::{FileHeader as _, ProgramHeader as _};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A program for Linux.
pub(super) struct Program {
    pub(super) bytes: Vec<u8>,
    /// As images name it.
    pub(super) architecture: &'static str,
    /// The loader and the libraries of a dynamic program; empty for a static one.
    pub(super) libraries: Vec<Library>,
}

/// A file that a dynamic program needs.
pub(super) struct Library {
    /// Where the program looks for it.
    pub(super) at: PathBuf,
    pub(super) bytes: Vec<u8>,
}

impl Program {
    /// Reads a program.
    ///
    /// # Errors
    /// It is not a program for a 64-bit Linux that images are made for, or its libraries cannot be found on this machine.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let bytes = fs::read(path).with_context(|| format!("reading the program {}", path.display()))?;
        let header = FileHeader64::<Endianness>::parse(&*bytes)
            .with_context(|| format!("{} is not a program for 64-bit Linux", path.display()))?;
        let endian = header.endian().context("the byte order of the program")?;
        let architecture = match header.e_machine.get(endian) {
            EM_X86_64 => "amd64",
            EM_AARCH64 => "arm64",
            other => bail!("{} is for a processor that images are not made for (ELF machine {other})", path.display()),
        };
        let segments = header.program_headers(endian, &*bytes).context("the segments of the program")?;
        let loader = segments.iter().find_map(|segment| segment.interpreter(endian, &*bytes).transpose());
        let libraries = match loader.transpose().context("the loader of the program")? {
            Some(loader) => libraries(path, Path::new(std::str::from_utf8(loader)?))?,
            None => Vec::new(),
        };
        Ok(Self { architecture, libraries, bytes })
    }
}

/// The loader and what it would load, as it says itself.
fn libraries(program: &Path, loader: &Path) -> Result<Vec<Library>> {
    let output = Command::new(loader).arg("--list").arg(program).output().with_context(|| {
        format!("{} wants the loader {}, which does not run here", program.display(), loader.display())
    })?;
    let said = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() || said.contains("not found") {
        bail!("the libraries of {} are not on this machine: {said}", program.display());
    }
    let mut paths: Vec<PathBuf> = said.lines().filter_map(listed).collect();
    paths.push(loader.to_owned());
    paths.sort();
    paths.dedup();
    let read = |at: PathBuf| {
        let bytes = fs::read(&at).with_context(|| format!("reading {}", at.display()))?;
        Ok(Library { at, bytes })
    };
    paths.into_iter().map(read).collect()
}

/// The path in `libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x…)`; what the kernel itself provides has none.
fn listed(line: &str) -> Option<PathBuf> {
    let path = line.split_once(" => ")?.1.split(" (").next()?.trim();
    path.starts_with('/').then(|| PathBuf::from(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_loader_is_read() {
        let line = "\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f)";
        assert_eq!(listed(line), Some(PathBuf::from("/lib/x86_64-linux-gnu/libc.so.6")));
        assert_eq!(listed("\tlinux-vdso.so.1 (0x00007ffe)"), None);
        assert_eq!(listed("\t/lib64/ld-linux-x86-64.so.2 (0x00007f)"), None, "the loader is known from the program");
    }

    #[test]
    fn what_is_not_a_program_is_refused_with_its_path() {
        let Err(refused) = Program::read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))) else {
            panic!("a text is not a program");
        };
        assert!(format!("{refused:#}").contains("Cargo.toml is not a program for 64-bit Linux"), "{refused:#}");
    }
}
