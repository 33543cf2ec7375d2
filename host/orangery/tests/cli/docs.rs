//! The reader's pages: links lead somewhere, and the commands that need no network and no cluster work as written.

use crate::bench::{orangery, root, tree};
use crate::workspace::Workspace;
use orangery_test_forge::seed;
use std::path::{Path, PathBuf};

fn pages() -> Vec<PathBuf> {
    let root = root();
    let mut pages = vec![root.join("README.md"), root.join("CONTRIBUTING.md"), root.join("tests/forge/README.md")];
    for folder in ["docs", "examples"] {
        let found =
            tree(&root.join(folder)).into_keys().filter(|path| path.ends_with(".md") && !path.contains("target/"));
        pages.extend(found.map(|path| root.join(folder).join(path)));
    }
    pages
}

/// `[text](target)` outside of code.
fn links(text: &str) -> Vec<String> {
    let mut links = Vec::new();
    let mut code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            code = !code;
        }
        if !code {
            links.extend(line.split("](").skip(1).filter_map(|rest| rest.split(')').next()).map(str::to_owned));
        }
    }
    links
}

#[test]
fn every_relative_link_leads_to_a_file() {
    let mut broken = Vec::new();
    for page in pages() {
        for link in links(&std::fs::read_to_string(&page).unwrap()) {
            let path = link.split('#').next().unwrap();
            if path.is_empty() || link.contains("://") {
                continue;
            }
            if !page.parent().unwrap_or(Path::new("")).join(path).exists() {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The `orangery …` lines of shell blocks.
fn commands(text: &str) -> Vec<String> {
    let mut shell = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            shell = line == "```sh" || line == "```console";
            continue;
        }
        let line = line.trim_start_matches("$ ").split(" #").next().unwrap().trim();
        if shell && line.starts_with("orangery ") && !line.contains('|') && !line.contains('…') {
            found.push(line.to_owned());
        }
    }
    found
}

#[test]
fn every_command_of_the_pages_is_one_that_the_binary_understands() {
    use clap::Parser;
    let mut seen = 0;
    for page in pages() {
        for line in commands(&std::fs::read_to_string(&page).unwrap()) {
            seen += 1;
            let understood = orangery::cli::Arguments::try_parse_from(line.split_whitespace());
            assert!(understood.is_ok(), "{}: {line}\n{}", page.display(), understood.unwrap_err());
        }
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn the_commands_of_the_readme_and_the_static_example_run_as_written() {
    let out = tempfile::tempdir().unwrap();
    let mut ran = Vec::new();
    for page in ["README.md", "examples/static/README.md"] {
        for line in commands(&std::fs::read_to_string(root().join(page)).unwrap()) {
            if !line.contains("examples/static") {
                continue;
            }
            let line = line.replace("--local out/", &format!("--local {}", out.path().display()));
            orangery(line.split_whitespace().skip(1)).inside(&root()).run().exits(0);
            ran.push(line);
        }
    }
    assert!(ran.len() >= 3, "{ran:?}");
}

/// The first block of YAML.
fn first_manifest(text: &str) -> &str {
    let (_, after) = text.split_once("```yaml\n").unwrap();
    after.split_once("```").unwrap().0
}

#[test]
fn the_manifest_of_the_readme_makes_what_the_readme_says() {
    let text = std::fs::read_to_string(root().join("README.md")).unwrap();
    let workspace = Workspace::new();
    let mut commands = vec![
        serde_json::json!({"do": "repository", "repository": "github:acme/shop", "private": true}),
        serde_json::json!({"do": "token", "value": "ghp_readme", "flavour": "github", "repositories": ["acme/shop"], "rights": "read", "user": "flux"}),
    ];
    for number in 1..=12 {
        let labels = if [7, 12].contains(&number) { vec!["preview"] } else { Vec::new() };
        let branch = format!("branch-{number}");
        commands.push(serde_json::json!({"do": "open", "repository": "github:acme/shop", "branch": branch, "title": "A title", "author": "ada", "labels": labels}));
    }
    let file = workspace.folder.path().join("forge.json");
    std::fs::write(&file, serde_json::to_string(&commands).unwrap()).unwrap();
    for command in seed::read(file.to_str().unwrap()).unwrap() {
        workspace.forge.run(command).unwrap();
    }
    workspace.manifest("readme.yaml", &first_manifest(&text).replace("https://github.com", &workspace.forge.url()));
    let secret = ["--secret-from-env", "previews/github-token=README_TOKEN"];
    workspace.pass(&secret).with("README_TOKEN", "ghp_readme").run().exits(0);
    let names = ["shop-pr-12", "shop-pr-7"];
    assert_eq!(workspace.names(), names.map(|name| format!("previews/HelmRelease.helm.toolkit.fluxcd.io/{name}.yaml")));
    assert!(text.contains("`HelmRelease/shop-pr-7` and `HelmRelease/shop-pr-12`"));
}

/// The words of the first column of all tables, those in backticks.
fn rows(text: &str) -> std::collections::BTreeSet<String> {
    let cells = text.lines().filter(|line| line.starts_with("| `")).filter_map(|line| line.split('|').nth(1));
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[test]
fn every_condition_and_every_reason_has_its_line_in_troubleshooting() {
    let read = |name: &str| std::fs::read_to_string(root().join("docs").join(name)).unwrap();
    let troubleshooting = read("troubleshooting.md");
    let (_, by_condition) = troubleshooting.split_once("## By condition").unwrap();
    let known = rows(&read("reference/conditions.md"));
    let described = rows(by_condition);
    assert!(known.len() > 30, "{known:?}");
    let missing: Vec<_> = known.difference(&described).collect();
    let unknown: Vec<_> = described.difference(&known).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "missing: {missing:?}; unknown: {unknown:?}");
}
