//! One object in one file: two comment lines that identify it, then the manifest.

use super::path::ObjectPath;
use cap_std::fs::{Dir, OpenOptions};
use orangery_core::{NamespacedName, Object, ObjectKey, Owner, digest, keys};
use serde_json::Value;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};

const FIRST: &str = "# Written by orangery for ResourceSet/";
const SECOND: &str = "# uid: ";

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Only the owner of the file.
    OwnerOnly,
    /// Every account of the machine.
    Everyone,
}

/// What is to be in a file.
pub(super) struct Written {
    pub(super) text: String,
    pub(super) uid: String,
    access: Access,
}

/// What is in a file now.
pub(super) struct Held {
    pub(super) text: String,
    /// From our second line; `None` in files of others.
    pub(super) uid: Option<String>,
    /// The manifest, or why it cannot be read.
    pub(super) object: Result<Object, String>,
}

/// A UID that no other object has had.
pub(super) fn new_uid(key: &ObjectKey) -> String {
    let random = || RandomState::new().hash_one(key.to_string());
    let mut uid = digest::sha256_hex(format!("{key}{:x}{:x}", random(), random()).as_bytes());
    uid.truncate(32);
    uid
}

impl Written {
    pub(super) fn new(owner: &Owner, object: &Object, uid: String) -> Result<Self, go_yaml::WriteError> {
        let yaml = go_yaml::to_string(&Value::Object(object.0.clone()))?;
        let text = format!("{FIRST}{}; changes made here are overwritten.\n{SECOND}{uid}\n{yaml}", owner.name);
        Ok(Self { text, uid, access: access(object) })
    }

    /// An object that nobody owns, without our first lines.
    pub(super) fn unowned(object: &Object) -> Result<Self, go_yaml::WriteError> {
        let text = go_yaml::to_string(&Value::Object(object.0.clone()))?;
        Ok(Self { text, uid: String::new(), access: access(object) })
    }
}

/// Only the owner of the folder may read Secrets.
fn access(object: &Object) -> Access {
    let gvk = object.gvk();
    if gvk.group.is_empty() && gvk.kind == "Secret" { Access::OwnerOnly } else { Access::Everyone }
}

impl Held {
    fn parse(text: String) -> Self {
        let mut lines = text.lines();
        let ours = lines.next().is_some_and(|line| line.starts_with(FIRST));
        let uid = lines.next().filter(|_| ours).and_then(|line| line.strip_prefix(SECOND)).map(str::to_owned);
        let object = match go_yaml::from_str(&text) {
            Ok(Value::Object(map)) => Ok(Object(map)),
            Ok(_) => Err("it is not a mapping".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        Self { text, uid, object }
    }

    /// What tells this file from others of its name: our UID, or the digest of a text that we did not write.
    pub(super) fn serial(&self) -> String {
        self.uid.clone().unwrap_or_else(|| {
            let mut serial = digest::sha256_hex(self.text.as_bytes());
            serial.truncate(32);
            serial
        })
    }

    /// The set that the labels in the file name.
    pub(super) fn owner(&self) -> Option<NamespacedName> {
        let object = self.object.as_ref().ok()?;
        Some(NamespacedName::new(object.label(keys::OWNER_NAMESPACE)?, object.label(keys::OWNER_NAME)?))
    }
}

/// Reads a file; `None` if there is none.
pub(super) fn read(root: &Dir, path: &ObjectPath) -> io::Result<Option<Held>> {
    match root.read_to_string(path.to_string()) {
        Ok(text) => Ok(Some(Held::parse(text))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Replaces a file, or creates it. After a crash there is the old content or the new.
pub(super) fn write(root: &Dir, path: &ObjectPath, written: &Written) -> io::Result<()> {
    root.create_dir_all(path.folder())?;
    let folder = root.open_dir(path.folder())?;
    replace(&folder, &path.file, written.text.as_bytes(), written.access)
}

/// Writes beside, flushes, renames, flushes the directory.
pub(super) fn replace(folder: &Dir, name: &str, bytes: &[u8], access: Access) -> io::Result<()> {
    let temporary = format!(".tmp-{:x}", RandomState::new().hash_one(name));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use cap_std::fs::OpenOptionsExt;
        options.mode(match access {
            Access::OwnerOnly => 0o600,
            Access::Everyone => 0o644,
        });
    }
    #[cfg(not(unix))]
    let _ = access;
    let mut file = folder.open_with(&temporary, &options)?;
    let done =
        file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| folder.rename(&temporary, folder, name));
    if let Err(error) = done {
        drop(folder.remove_file(&temporary));
        return Err(error);
    }
    folder.open(".")?.sync_all()
}

/// Removes a file, and the folders that it leaves empty.
pub(super) fn remove(root: &Dir, path: &ObjectPath) -> io::Result<()> {
    root.remove_file(path.to_string())?;
    if root.remove_dir(path.folder()).is_ok() {
        drop(root.remove_dir(&path.namespace));
    }
    Ok(())
}
