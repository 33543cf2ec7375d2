//! How the files of two artifacts differ. Their compression does not count: two compressors write two layers of the same files.

use crate::archive::{Contents, Item};
use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

/// One path that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The path in the artifact.
    pub path: PathBuf,
    /// How it differs.
    pub change: Change,
}

/// How a path of the other artifact differs from ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Only here.
    Added,
    /// Only there.
    Removed,
    /// Other content, or a file in the place of a folder.
    Content,
    /// The same content with other permissions.
    Mode {
        /// There.
        from: u32,
        /// Here.
        to: u32,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match self.change {
            Change::Added => write!(f, "+ {path}"),
            Change::Removed => write!(f, "- {path}"),
            Change::Content => write!(f, "~ {path}"),
            Change::Mode { from, to } => write!(f, "~ {path} (mode {from:04o} is {to:04o} here)"),
        }
    }
}

/// Compares what is here with what is there, by path.
#[must_use]
pub fn differences(here: &Contents, there: &Contents) -> Vec<Difference> {
    let (here, there) = (here.items(), there.items());
    let paths: BTreeSet<_> = here.keys().chain(there.keys()).copied().collect();
    paths
        .into_iter()
        .filter_map(|path| {
            let change = change(here.get(path), there.get(path))?;
            Some(Difference { path: path.to_owned(), change })
        })
        .collect()
}

fn change(here: Option<&Item<'_>>, there: Option<&Item<'_>>) -> Option<Change> {
    match (here, there) {
        (Some(_), None) => Some(Change::Added),
        (None, Some(_)) => Some(Change::Removed),
        (Some(here), Some(there)) if here.content != there.content => Some(Change::Content),
        (Some(here), Some(there)) if here.mode != there.mode => Some(Change::Mode { from: there.mode, to: here.mode }),
        _ => None,
    }
}
