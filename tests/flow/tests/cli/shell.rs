//! Completion, manual pages, and the program as a plugin of kubectl.

use crate::bench::{Ran, ended, established, program};
use anyhow::Result;
use orangery_test_flow::World;
use std::path::Path;
use tokio::process::Command;

/// The program under another name, in the context of a world.
async fn named(world: &World, folder: &Path, name: &str, words: &[&str]) -> Result<Ran> {
    let link = folder.join(name);
    if !link.exists() {
        std::os::unix::fs::symlink(program().await?, &link)?;
    }
    let mut command = Command::new(link);
    command.args(words).env("KUBECONFIG", world.cluster.kubeconfig_path());
    ended(&mut command).await
}

#[tokio::test]
async fn the_program_is_a_plugin_of_kubectl_with_completion() -> Result<()> {
    let world = established("kubectl").await?;
    let folder = tempfile::tempdir()?;
    let ns = world.namespace().to_owned();
    named(&world, folder.path(), "kubectl-orangery", &["get", "rset", "-n", &ns]).await?.exits(0)?.prints("apps")?;
    named(&world, folder.path(), "kubectl-orangery", &["get", "--help"])
        .await?
        .exits(0)?
        .prints("kubectl orangery get")?;

    let ask = async |words: &[&str]| named(&world, folder.path(), "kubectl_complete-orangery", words).await?.exits(0);
    let names = ask(&["get", "rset", "-n", &ns, ""]).await?;
    assert_eq!(names.out.lines().next(), Some("apps"), "{}", names.out);
    assert_eq!(names.out.lines().last(), Some(":4"), "kubectl offers no files");
    let names = ask(&["reconcile", "rsip", "--namespace", &ns, "o"]).await?;
    assert!(names.out.starts_with("one\n"), "{}", names.out);
    let verbs = ask(&["susp"]).await?;
    assert!(verbs.out.starts_with("suspend\tStop reconciling"), "{}", verbs.out);
    // Whoever does not answer offers nothing, and nobody is shown an error.
    let away = ask(&["get", "rset", "--kube-server", "https://127.0.0.1:1", "a"]).await?;
    assert!(!away.out.contains("apps") && away.err.is_empty(), "{}{}", away.out, away.err);
    Ok(())
}

#[tokio::test]
async fn every_shell_has_a_script_that_asks_the_program() -> Result<()> {
    let world = established("shells").await?;
    let program = program().await?;
    for (shell, word) in [
        ("bash", "complete -o"),
        ("zsh", "#compdef orangery"),
        ("fish", "complete "),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        ended(Command::new(program).args(["completion", shell])).await?.exits(0)?.prints(word)?.prints("COMPLETE")?;
    }
    ended(Command::new(program).args(["completion", "tcsh"])).await?.exits(2)?.warns("bash, zsh, fish, powershell")?;

    // The real bash, with the script, where there is one.
    let folder = tempfile::tempdir()?;
    std::os::unix::fs::symlink(program, folder.path().join("orangery"))?;
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH")?);
    let words = format!("orangery get rset -n {} ap", world.namespace());
    let script = format!(
        "source <(orangery completion bash); COMP_WORDS=({words}); COMP_CWORD=5; COMP_TYPE=9; \
         _clap_complete_orangery orangery ap -n 2>/dev/null; echo \"${{COMPREPLY[@]}}\""
    );
    let mut bash = Command::new("bash");
    bash.args(["-c", &script]).env("PATH", path).env("KUBECONFIG", world.cluster.kubeconfig_path());
    let ran = ended(&mut bash).await?.exits(0)?;
    assert_eq!(ran.out.trim(), "apps", "{}", ran.err);
    Ok(())
}

#[tokio::test]
async fn every_command_has_a_manual_page() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let pages = folder.path().join("man1");
    let words = ["man".as_ref(), pages.as_os_str()];
    ended(Command::new(program().await?).args(words)).await?.exits(0)?;
    for (page, word) in [
        ("orangery.1", "Preview environments"),
        ("orangery-get-resourceset.1", "ResourceSets"),
        ("orangery-plan.1", "without doing it"),
    ] {
        let text = std::fs::read_to_string(pages.join(page))?;
        assert!(text.contains(word), "{page}: {text}");
    }
    Ok(())
}
