//! Machine code of the built-in components that was compiled before the program was published. It is attached to the
//! end of the program's own file, so that a first start compiles nothing.
//!
//! # Guarantees
//! - The code is as trusted as the program: it is read from the file of the running program, and whoever can write to
//!   that file can change the program itself. Linux refuses writes to a running program.
//! - The code of a component runs only if it has the hash that the index records, and the index only if it has the
//!   hash that the end of the file records: a damaged file is noticed before any of it runs.
//! - The engine accepts only code of its own version and settings that needs no processor feature that is missing
//!   here.
//!
//! # Refuses
//! Anything else. The log says why, and the component is compiled as if nothing were attached.

mod layout;

pub use layout::{PrecompiledError, attach};

use super::code::{Code, CodeMemory};
use crate::admission::compile::{self, Compiler};
use crate::admission::error::AdmitError;
use crate::limits::Limits;
use layout::{Entry, Index};
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use wasmtime::Engine;
use wasmtime::component::Component;

/// The code in a program's file. Clones share the open file.
#[derive(Debug, Clone, Default)]
pub struct Precompiled {
    file: Option<Arc<File>>,
    entries: Arc<BTreeMap<String, Entry>>,
}

/// Why attached code is not used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("it is not what was written there: its hash differs")]
    Changed,
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    #[error("this engine does not take it: {0}")]
    Engine(String),
}

impl Precompiled {
    /// The code attached to the file of the running program; empty after a plain `cargo build`.
    #[must_use]
    pub fn of_this_program() -> Self {
        let read = compile::this_program().map_err(PrecompiledError::from).and_then(|program| Self::in_file(&program));
        read.unwrap_or_else(|error| {
            tracing::warn!(%error, "the machine code of the built-in plugins is not used; they are compiled");
            Self::default()
        })
    }

    /// The code attached to a file, which must be as trusted as the program.
    ///
    /// # Errors
    /// The file cannot be read, or its end is damaged.
    pub fn in_file(path: &Path) -> Result<Self, PrecompiledError> {
        let file = File::open(path)?;
        let entries = layout::read(&file)?.map(Index::into_entries).unwrap_or_default();
        Ok(Self { file: Some(Arc::new(file)), entries: Arc::new(entries) })
    }

    /// The component with this digest, if there is code for it that this engine accepts.
    pub(crate) fn component(&self, digest: &str, engine: &Engine) -> Option<Component> {
        match self.load(digest, engine).transpose()? {
            Ok(component) => Some(component),
            Err(error) => {
                tracing::warn!(digest, %error, "the machine code of a built-in plugin is not used; it is compiled");
                None
            }
        }
    }

    fn load(&self, digest: &str, engine: &Engine) -> Result<Option<Component>, Unfit> {
        let (Some(file), Some(entry)) = (&self.file, self.entries.get(digest)) else { return Ok(None) };
        let (held, pieces) = CodeMemory::part_of(file, entry.part()?, &|_, piece| blake3::hash(piece))?;
        if layout::hash_of(&pieces) != entry.hash()? {
            return Err(Unfit::Changed);
        }
        let component = Code::checked(held).component(engine);
        component.map(Some).map_err(|error| Unfit::Engine(format!("{error:#}")))
    }
}

/// Compiles a trusted component for every processor of this architecture, so that it can be attached to a program.
///
/// # Errors
/// The component cannot be compiled.
pub async fn precompile(component: &[u8], compiler: &Compiler) -> Result<Vec<u8>, AdmitError> {
    compile::baseline(compiler, &Limits::default(), component).await
}

#[cfg(test)]
mod tests;
