//! What is built for: this machine, and a static program where the tools for it are here.

use anyhow::{Context, Result};
use std::fmt;
use std::process::{Command, Stdio};

/// What a program is built for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    triple: String,
    is_foreign: bool,
}

/// Whether a program can be linked here.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Linked {
    Possible(Target),
    /// And what is missing.
    Impossible(String),
}

impl Target {
    /// The target of the compiler's own machine.
    pub(crate) fn host() -> Result<Self> {
        let output = Command::new("rustc").arg("-vV").output().context("rustc is not on PATH")?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let host = text.lines().find_map(|line| line.strip_prefix("host: "));
        let triple = host.context("rustc does not say its host")?.to_owned();
        Ok(Self { triple, is_foreign: false })
    }

    /// A program without a dynamic loader for the same processors: it runs on every distribution, and in an empty image.
    pub(crate) fn of_static_program(host: &Self) -> Linked {
        judge(host, &mut |program, arguments| {
            let mut command = Command::new(program);
            command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            command.status().is_ok_and(|status| status.success())
        })
    }

    pub(crate) fn triple(&self) -> &str {
        &self.triple
    }

    /// Whether cargo has to be told of it: it builds for its own machine otherwise.
    pub(crate) fn is_foreign(&self) -> bool {
        self.is_foreign
    }
}

/// Asks one after the other what the build needs; `works` runs a program and says whether it succeeds.
fn judge(host: &Target, works: &mut dyn FnMut(&str, &[&str]) -> bool) -> Linked {
    let impossible = |why: &str| Linked::Impossible(why.to_owned());
    let Some(architecture) = host.triple.strip_suffix("-unknown-linux-gnu") else {
        return impossible("it is built on Linux with glibc only");
    };
    let target = Target { triple: format!("{architecture}-unknown-linux-musl"), is_foreign: true };
    if !works("rustup", &["target", "add", target.triple()]) {
        return Linked::Impossible(format!("rustup cannot add the target {target}"));
    }
    // The cryptography (aws-lc) is C.
    if !works("musl-gcc", &["--version"]) {
        return impossible("there is no musl-gcc for the C code of the cryptography; Debian has it in musl-tools");
    }
    Linked::Possible(target)
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.triple)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(host: &str, missing: &str) -> Linked {
        judge(&Target { triple: host.to_owned(), is_foreign: false }, &mut |program, _| program != missing)
    }

    #[test]
    fn a_static_program_is_built_where_its_tools_are() {
        let host = "x86_64-unknown-linux-gnu";
        let triple = "x86_64-unknown-linux-musl".to_owned();
        assert_eq!(judged(host, ""), Linked::Possible(Target { triple, is_foreign: true }));
        for (host, missing, word) in
            [(host, "rustup", "rustup"), (host, "musl-gcc", "musl-tools"), ("aarch64-apple-darwin", "", "Linux")]
        {
            let Linked::Impossible(why) = judged(host, missing) else { panic!("{host} without {missing}") };
            assert!(why.contains(word), "{why}");
        }
    }
}
