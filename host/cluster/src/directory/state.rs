//! Named JSON documents beside the objects: ledgers, snapshots, whatever must survive the process.
//!
//! # Guarantees
//! A document is whole or absent, also after a crash. A document that cannot be read is an error and never taken for an
//! empty one: an empty ledger would orphan everything it listed.

use super::file::{Access, replace};
use super::path::ObjectPath;
use cap_std::fs::Dir;
use orangery_core::{Disposition, Explain, Reason};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;

/// Name of the folder.
const FOLDER: &str = ".orangery";
/// Name of the folder in it for texts of other people that were overwritten.
const REPLACED: &str = "replaced";

/// The folder `.orangery` of a directory target.
pub struct StateDirectory {
    dir: Dir,
}

/// A document could not be stored or loaded.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Not a name for a document.
    #[error(
        "{name:?} cannot name a state document: use 1 to 200 letters, digits, '-', '_' and '.', not beginning with a dot"
    )]
    Name {
        /// The name that was given.
        name: String,
    },
    /// The operating system refused.
    #[error("cannot {action} {FOLDER}/{name}.json: {cause}; look at the rights and the free space of that folder")]
    Io {
        /// `read` or `write`.
        action: &'static str,
        /// The name of the state.
        name: String,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// The content is damaged, or from another version.
    #[error(
        "{FOLDER}/{name}.json is damaged ({cause}): restore it from a copy; delete it only if nothing it lists is to be kept track of"
    )]
    Damaged {
        /// The name of the state.
        name: String,
        /// The error of the parser, with line and column.
        #[source]
        cause: serde_json::Error,
    },
    /// The value has no JSON form.
    #[error("cannot write {FOLDER}/{name}.json: {cause}")]
    Unwritable {
        /// The name of the state.
        name: String,
        /// The error of the serializer.
        #[source]
        cause: serde_json::Error,
    },
}

impl Explain for StateError {
    fn reason(&self) -> Reason {
        match self {
            Self::Name { .. } | Self::Io { .. } | Self::Damaged { .. } | Self::Unwritable { .. } => {
                Reason::ReconciliationFailed
            }
        }
    }

    fn disposition(&self) -> Disposition {
        match self {
            // Free space and access rights change without our being told.
            Self::Io { .. } => Disposition::Retry,
            Self::Damaged { .. } | Self::Name { .. } | Self::Unwritable { .. } => Disposition::WaitForChange,
        }
    }
}

impl StateDirectory {
    /// The state folder inside an opened directory.
    pub(super) fn inside(root: &Dir) -> io::Result<Self> {
        root.create_dir_all(FOLDER)?;
        Ok(Self { dir: root.open_dir(FOLDER)? })
    }

    /// Stores a document, replacing the one of that name.
    ///
    /// # Errors
    /// The name is unfit, or the system refused.
    pub fn store<T: Serialize>(&self, name: &str, document: &T) -> Result<(), StateError> {
        let file = file_name(name)?;
        let mut bytes = serde_json::to_vec_pretty(document)
            .map_err(|cause| StateError::Unwritable { name: name.to_owned(), cause })?;
        bytes.push(b'\n');
        replace(&self.dir, &file, &bytes, Access::OwnerOnly).map_err(|cause| StateError::Io {
            action: "write",
            name: name.to_owned(),
            cause,
        })
    }

    /// Loads a document; `None` if it was never stored.
    ///
    /// # Errors
    /// The name is unfit, the system refused, or the content is damaged.
    pub fn load<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StateError> {
        let file = file_name(name)?;
        let bytes = match self.dir.read(&file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(StateError::Io { action: "read", name: name.to_owned(), cause }),
        };
        serde_json::from_slice(&bytes).map(Some).map_err(|cause| StateError::Damaged { name: name.to_owned(), cause })
    }

    /// The names of all documents that begin with `prefix`, sorted.
    ///
    /// # Errors
    /// The operating system refused.
    pub fn list(&self, prefix: &str) -> Result<Vec<String>, StateError> {
        let failed = |cause| StateError::Io { action: "list", name: format!("{prefix}*"), cause };
        let mut names = Vec::new();
        for entry in self.dir.entries().map_err(failed)? {
            let file = entry.map_err(failed)?.file_name();
            if let Some(name) =
                file.to_str().and_then(|file| file.strip_suffix(".json")).filter(|name| name.starts_with(prefix))
            {
                names.push(name.to_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// Keeps the text of a file that somebody else wrote, before it is overwritten.
    pub(super) fn keep_replaced(&self, path: &ObjectPath, text: &str) -> io::Result<()> {
        let folder = format!("{REPLACED}/{}", path.folder());
        self.dir.create_dir_all(&folder)?;
        // The text may hold secrets, so only the owner may read it.
        replace(&self.dir.open_dir(&folder)?, &path.file, text.as_bytes(), Access::OwnerOnly)
    }

    /// Removes a document; it may be absent.
    ///
    /// # Errors
    /// The name is unfit, or the system refused.
    pub fn remove(&self, name: &str) -> Result<(), StateError> {
        match self.dir.remove_file(file_name(name)?) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(StateError::Io { action: "remove", name: name.to_owned(), cause: error })
            }
            _ => Ok(()),
        }
    }
}

fn file_name(name: &str) -> Result<String, StateError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    if name.is_empty() || name.len() > 200 || name.starts_with('.') || !name.chars().all(plain) {
        return Err(StateError::Name { name: name.chars().take(80).collect() });
    }
    Ok(format!("{name}.json"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use cap_std::ambient_authority;
    use orangery_core::{Ledger, LedgerEntry, ObjectKey};

    fn state() -> (tempfile::TempDir, StateDirectory) {
        let dir = tempfile::tempdir().unwrap();
        let root = Dir::open_ambient_dir(dir.path(), ambient_authority()).unwrap();
        (dir, StateDirectory::inside(&root).unwrap())
    }

    #[test]
    fn a_document_comes_back_as_it_was_stored() {
        let (_dir, state) = state();
        assert!(state.load::<Vec<LedgerEntry>>("apps").unwrap().is_none());
        let key = ObjectKey { group: String::new(), kind: "ConfigMap".into(), namespace: "a".into(), name: "b".into() };
        let ledger: Ledger = [LedgerEntry::about_to_be(key, "v1")].into_iter().collect();
        let entries: Vec<_> = ledger.iter().cloned().collect();
        state.store("apps", &entries).unwrap();
        state.store("apps", &entries).unwrap();
        assert_eq!(state.load::<Vec<LedgerEntry>>("apps").unwrap(), Some(entries));
        state.remove("apps").unwrap();
        state.remove("apps").unwrap();
        assert!(state.load::<Vec<LedgerEntry>>("apps").unwrap().is_none());
    }

    #[test]
    fn a_damaged_document_is_an_error_and_never_empty() {
        let (dir, state) = state();
        for damaged in ["", "[", "[{\"key\""] {
            std::fs::write(dir.path().join(".orangery/apps.json"), damaged).unwrap();
            let error = state.load::<Vec<LedgerEntry>>("apps").unwrap_err();
            assert!(error.to_string().contains("apps.json is damaged"), "{error}");
            // Retrying does not help: the user has to restore the file.
            assert_eq!(error.disposition(), Disposition::WaitForChange);
        }
    }

    #[test]
    fn a_folder_that_cannot_be_read_is_tried_again_and_the_system_is_quoted() {
        let (dir, state) = state();
        std::fs::create_dir(dir.path().join(".orangery/apps.json")).unwrap();
        let error = state.load::<Vec<LedgerEntry>>("apps").unwrap_err();
        assert_eq!((error.reason(), error.disposition()), (Reason::ReconciliationFailed, Disposition::Retry));
        assert!(error.to_string().contains("irectory") && error.to_string().contains("rights"), "{error}");
    }

    #[test]
    fn a_name_cannot_leave_the_folder() {
        let (_dir, state) = state();
        for name in ["", "../x", "a/b", ".hidden", "a\0"] {
            assert!(matches!(state.store(name, &1), Err(StateError::Name { .. })), "{name:?}");
        }
    }
}
