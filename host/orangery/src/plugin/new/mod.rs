//! `orangery plugin new`: a provider or renderer that builds and passes its tests as it is written.
//!
//! # Refuses
//! A folder that is already there, and names that cargo, Rust or a manifest cannot have.

mod template;

use crate::cli::PluginNewOptions;
use crate::exit;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What a new plugin is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Provider,
    Renderer,
}

/// Why nothing, or not all, was written.
#[derive(Debug, thiserror::Error)]
pub enum NewError {
    /// Something of this name exists.
    #[error("{} exists and is left as it is; choose another NAME, or another folder with --into", .0.display())]
    Exists(PathBuf),
    /// A file or folder cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
}

/// Writes the project and says what to do next.
///
/// # Errors
/// See [`NewError`].
pub fn perform(options: &PluginNewOptions) -> Result<ExitCode, NewError> {
    let PluginNewOptions { name, into, renderer } = options;
    let kind = if *renderer { Kind::Renderer } else { Kind::Provider };
    let folder = into.join(name.to_string());
    create(&folder)?;
    for (path, text) in template::files(kind, name) {
        write(&folder.join(path), &text)?;
    }
    let component = format!("target/wasm32-wasip2/release/{}.wasm", name.library());
    let serves = match kind {
        Kind::Provider => format!("a provider that serves spec.type {}", name.type_name()),
        Kind::Renderer => format!("a renderer that serves spec.renderer.name {name}"),
    };
    let folder = folder.display();
    println!(
        "wrote {folder}: {serves}\n\n  cd {folder}\n  rustup target add wasm32-wasip2\n  cargo test\n  \
         cargo build --release --target wasm32-wasip2\n  orangery plugin check {component}"
    );
    if kind == Kind::Provider {
        println!("  orangery plugin test cases --plugin {component}");
    }
    Ok(exit::SUCCESS)
}

/// Creates the folder itself, so that two runs at once cannot write into one.
fn create(folder: &Path) -> Result<(), NewError> {
    if let Some(parent) = folder.parent() {
        make(parent)?;
    }
    std::fs::create_dir(folder).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => NewError::Exists(folder.to_owned()),
        _ => NewError::Unwritable { path: folder.to_owned(), source },
    })
}

fn write(file: &Path, text: &str) -> Result<(), NewError> {
    if let Some(parent) = file.parent() {
        make(parent)?;
    }
    std::fs::write(file, text).map_err(|source| NewError::Unwritable { path: file.to_owned(), source })
}

fn make(folder: &Path) -> Result<(), NewError> {
    std::fs::create_dir_all(folder).map_err(|source| NewError::Unwritable { path: folder.to_owned(), source })
}
