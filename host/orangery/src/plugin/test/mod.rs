//! `orangery plugin test`: YAML cases against the real component in the real sandbox, with a scripted network
//! (`docs/plugin-cases.md`).

mod case;
mod compare;
mod notify_case;
mod poll_answer;
mod poll_case;
mod render_case;
mod script;
mod session;

use crate::cli::{PluginTestOptions, SandboxOptions};
use crate::manifest::{self, Document};
use crate::{exit, sandbox};
use anyhow::bail;
use notify_case::NotifyCase;
use orangery_egress::Loopback;
use orangery_sandbox::Sandbox;
use poll_case::PollCase;
use render_case::RenderCase;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

/// One case and where it is.
struct Case {
    name: String,
    /// `file:line`.
    place: String,
    role: RoleCase,
}

/// What the plugin is asked for.
enum RoleCase {
    Poll(Box<PollCase>),
    Render(Box<RenderCase>),
    Notify(Box<NotifyCase>),
}

/// Runs the cases; one that fails prints a diff.
///
/// # Errors
/// The component or the cases cannot be read.
pub async fn perform(options: &PluginTestOptions) -> anyhow::Result<ExitCode> {
    let given = options.plugin.clone().into_iter().collect();
    // The network is scripted and there is no credential, so a case may test a plugin that would replace a built-in one.
    let chosen = SandboxOptions { plugins: given, allow_shadowing: true, ..SandboxOptions::default() };
    let setup = sandbox::open(&chosen, Loopback::Refused, Vec::new()).await?;
    let cases = read(&options.cases)?;
    let chosen: Vec<&Case> = cases
        .iter()
        .filter(|case| options.only.as_ref().is_none_or(|only| case.name.contains(only.as_str())))
        .collect();
    if chosen.is_empty() {
        bail!(
            "{} holds no case{}",
            options.cases.display(),
            options.only.as_ref().map_or_else(String::new, |only| format!(" whose name contains {only:?}"))
        );
    }
    let mut failed = 0_usize;
    for case in &chosen {
        match run(&setup.sandbox, case).await {
            Ok(problems) if problems.is_empty() => println!("✔ {}", case.name),
            wrong => {
                failed += 1;
                let why = wrong.map_or_else(|error| format!("{error:#}"), |problems| problems.join("\n"));
                println!("✗ {} ({})\n{}", case.name, case.place, indent(&why));
            }
        }
    }
    println!("{} passed, {failed} failed", chosen.len() - failed);
    Ok(if failed == 0 { exit::SUCCESS } else { exit::FAILURE })
}

/// What went wrong; nothing if the case passes.
async fn run(sandbox: &Sandbox, case: &Case) -> anyhow::Result<Vec<String>> {
    match &case.role {
        RoleCase::Poll(poll) => poll_case::run(sandbox, poll).await,
        RoleCase::Render(render) => render_case::run(sandbox, render).await,
        RoleCase::Notify(notify) => notify_case::run(sandbox, notify).await,
    }
}

/// Reads all cases of a folder or file.
fn read(path: &Path) -> anyhow::Result<Vec<Case>> {
    let mut cases = Vec::new();
    let mut names = BTreeSet::new();
    for document in manifest::read_all(&[path.to_owned()])? {
        let case = one(&document)?;
        if !names.insert(case.name.clone()) {
            bail!("{}: the name {:?} is taken by another case", case.place, case.name);
        }
        cases.push(case);
    }
    Ok(cases)
}

/// A case with the key `renderer` is one of a renderer, and one with the key `notice` one of a notifier.
fn one(document: &Document) -> anyhow::Result<Case> {
    let role = if document.value.get("renderer").is_some() {
        RoleCase::Render(Box::new(render_case::read(document)?))
    } else if document.value.get("notice").is_some() {
        RoleCase::Notify(Box::new(notify_case::read(document)?))
    } else {
        RoleCase::Poll(Box::new(poll_case::read(document)?))
    };
    Ok(Case { name: document.text("/name").to_owned(), place: document.place(), role })
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}
