//! Seeds: what a forge starts with. A seed file is a JSON list of commands; `demo` is one that comes with the program.

use crate::command::Command;
use crate::control;

/// A shop on GitHub with three pull requests and a storefront on GitLab with two environments.
const DEMO: &str = include_str!("demo.json");

/// A seed that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The file cannot be read.
    #[error("the seed {path:?} cannot be read; name a file, or `demo`")]
    Unreadable {
        /// The name given.
        path: String,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// The file holds something else.
    #[error("the seed {path:?} is not a list of commands: {why}")]
    Malformed {
        /// The name given.
        path: String,
        /// What is wrong where.
        why: String,
    },
}

/// The commands of the seed `demo`, or of a file.
///
/// # Errors
/// When the file cannot be read or holds something else than commands.
pub fn read(name: &str) -> Result<Vec<Command>, SeedError> {
    let text = match name {
        "demo" => DEMO.to_owned(),
        path => {
            let unreadable = |cause| SeedError::Unreadable { path: path.to_owned(), cause };
            std::fs::read_to_string(path).map_err(unreadable)?
        }
    };
    control::parse(text.as_bytes()).map_err(|why| SeedError::Malformed { path: name.to_owned(), why })
}
