//! Decides which files are deleted from the directory of compiled plugins.
//!
//! Each version of a plugin and each version of the engine leaves a file of megabytes behind. Files that no process
//! has loaded for a month are deleted, and then the oldest ones until the rest fits the bound. A running process does
//! not need the file of a plugin that it has loaded, so the worst effect of a deletion is that a start compiles
//! again.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The most bytes that the directory may hold.
pub(super) const MOST_BYTES: u64 = 1 << 30;
/// A file that was not loaded for this long is deleted.
const UNUSED: Duration = Duration::from_secs(30 * 24 * 3600);
/// The time of last use is written at most this often, so that most starts write nothing.
const NOTED: Duration = Duration::from_secs(24 * 3600);
/// A temporary file that is older than this was left behind: writing one takes less time.
const UNFINISHED: Duration = Duration::from_secs(3600);

/// Records in the modification time of a file that it was loaded.
pub(super) fn mark_used(file: &File, now: SystemTime) {
    let noted = file.metadata().and_then(|meta| meta.modified());
    if noted.is_ok_and(|noted| now.duration_since(noted).is_ok_and(|age| age > NOTED)) {
        // A cache that cannot be written to is still usable for reading.
        let _ = file.set_modified(now);
    }
}

/// Deletes files that are no longer used, except `kept`.
pub(super) fn prune(dir: &Path, kept: &str, now: SystemTime, most_bytes: u64) -> io::Result<()> {
    let mut files: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| name.contains(".cwasm")) else { continue };
        // Another process may have deleted it meanwhile.
        let Ok(meta) = entry.metadata() else { continue };
        let used = meta.modified()?;
        let age = now.duration_since(used).unwrap_or_default();
        let unfinished = name.starts_with('.');
        if (unfinished && age > UNFINISHED) || (name != kept && age > UNUSED) {
            remove(&entry.path())?;
        } else if !unfinished {
            files.push((used, meta.len(), entry.path()));
        }
    }
    files.sort();
    let mut bytes: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
    for (_, size, path) in files {
        if bytes <= most_bytes {
            break;
        }
        if path.file_name().is_some_and(|name| name != kept) {
            remove(&path)?;
            bytes = bytes.saturating_sub(size);
        }
    }
    Ok(())
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 3600);

    /// A file of ten bytes that was used so long ago.
    fn file(dir: &Path, name: &str, age: Duration, now: SystemTime) {
        let path = dir.join(name);
        fs::write(&path, "0123456789").unwrap();
        File::options().write(true).open(path).unwrap().set_modified(now - age).unwrap();
    }

    fn left(dir: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_nobody_loads_for_a_month_goes_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let now = SystemTime::now();
        for (name, days) in
            [("old.cwasm", 31), ("young.cwasm", 29), ("kept.cwasm", 400), ("key", 400), (".x.cwasm.1", 1)]
        {
            file(dir.path(), name, days * DAY, now);
        }
        file(dir.path(), ".y.cwasm.2", Duration::ZERO, now);
        prune(dir.path(), "kept.cwasm", now, MOST_BYTES).unwrap();
        assert_eq!(left(dir.path()), [".y.cwasm.2", "kept.cwasm", "key", "young.cwasm"]);
    }

    #[test]
    fn of_too_much_the_longest_unused_goes_first() {
        let dir = tempfile::tempdir().unwrap();
        let now = SystemTime::now();
        for (name, days) in [("a.cwasm", 4), ("b.cwasm", 3), ("c.cwasm", 2), ("d.cwasm", 1)] {
            file(dir.path(), name, days * DAY, now);
        }
        prune(dir.path(), "a.cwasm", now, 20).unwrap();
        assert_eq!(left(dir.path()), ["a.cwasm", "d.cwasm"], "the one that was just written stays");
    }

    #[test]
    fn loading_makes_a_file_young_again() {
        let dir = tempfile::tempdir().unwrap();
        let now = SystemTime::now();
        file(dir.path(), "a.cwasm", 40 * DAY, now);
        mark_used(&File::open(dir.path().join("a.cwasm")).unwrap(), now);
        prune(dir.path(), "b.cwasm", now, MOST_BYTES).unwrap();
        assert_eq!(left(dir.path()), ["a.cwasm"]);
    }
}
