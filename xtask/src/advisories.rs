//! Known vulnerabilities and yanked releases among the dependencies, by `cargo deny` and the RustSec database.
//!
//! # Guarantees
//! A finding is a failure. If the tool or the database is not available (no network, not installed), the check does
//! not fail, but a line says that nothing was checked.

use crate::machine::{cargo, root};
use anyhow::{Result, bail};
use std::process::{Command, Stdio};

/// How one command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Well,
    Badly,
}

/// What came of the check.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// Nothing was found.
    Clean,
    /// Something was found; the tool has said what.
    Found,
    /// Nothing was checked, and why.
    Unchecked(&'static str),
}

/// Runs three checks in order, each only if the one before succeeded: is the tool there, can the database be fetched,
/// is anything found.
fn judge(tool: impl FnOnce() -> Ended, fetch: impl FnOnce() -> Ended, check: impl FnOnce() -> Ended) -> Verdict {
    if tool() == Ended::Badly {
        return Verdict::Unchecked("cargo-deny is not installed; `cargo install --locked cargo-deny` installs it");
    }
    if fetch() == Ended::Badly {
        return Verdict::Unchecked("the advisory database cannot be fetched from here");
    }
    match check() {
        Ended::Well => Verdict::Clean,
        Ended::Badly => Verdict::Found,
    }
}

/// Runs the check.
pub(crate) fn check() -> Result<()> {
    let ended = |command: &mut Command| match command.current_dir(root()).status() {
        Ok(status) if status.success() => Ended::Well,
        Ok(_) | Err(_) => Ended::Badly,
    };
    let quiet = |arguments: &[&str]| {
        let mut command = cargo();
        command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
        ended(&mut command)
    };
    let verdict = judge(
        || quiet(&["deny", "--version"]),
        || ended(cargo().args(["deny", "fetch", "db"])),
        || ended(cargo().args(["deny", "check", "--disable-fetch", "advisories"])),
    );
    match verdict {
        Verdict::Clean => Ok(()),
        Verdict::Found => bail!("cargo deny found an advisory or a yanked release"),
        Verdict::Unchecked(why) => {
            eprintln!("!! ADVISORIES WERE NOT CHECKED: {why}");
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn never() -> Ended {
        panic!("this is not asked")
    }

    #[test]
    fn a_finding_is_a_failure_and_none_is_none() {
        assert_eq!(judge(|| Ended::Well, || Ended::Well, || Ended::Badly), Verdict::Found);
        assert_eq!(judge(|| Ended::Well, || Ended::Well, || Ended::Well), Verdict::Clean);
    }

    #[test]
    fn without_the_tool_or_the_database_it_says_that_nothing_was_checked() {
        let Verdict::Unchecked(why) = judge(|| Ended::Badly, never, never) else { panic!("unchecked") };
        assert!(why.contains("cargo install"), "{why}");
        let Verdict::Unchecked(why) = judge(|| Ended::Well, || Ended::Badly, never) else { panic!("unchecked") };
        assert!(why.contains("database"), "{why}");
    }
}
