//! `tag`, `pull`, `list` and `diff`.

use super::{REVISION, SOURCE, artifact, at, example, manifest, push};
use crate::bench::whole_tree;
use orangery_test_registry::Registry;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

#[test]
fn row_d8_an_artifact_gets_further_tags() {
    let (registry, folder) = (Registry::start().unwrap(), example());
    let address = at(&registry, "app:main");
    artifact(&push(&address, folder.path())).run().exits(0);
    artifact(&["tag", &address, "--tag", "not a tag", "--tag", "1.0.0"]).run().fails_with("\"not a tag\"");
    artifact(&["tag", &address, "--tag", "1.0.0", "--tag", "latest"]).run().exits(0).warns("app:latest");
    for tag in ["1.0.0", "latest"] {
        assert_eq!(manifest(&registry, &format!("app:{tag}")), manifest(&registry, "app:main"));
    }
    artifact(&["tag", &at(&registry, "app:none"), "--tag", "x"])
        .run()
        .fails_with("it is not there")
        .warns("artifact list");
}

#[test]
fn row_d8_an_artifact_is_pulled_into_a_folder() {
    let (registry, folder) = (Registry::start().unwrap(), example());
    let address = at(&registry, "app:main");
    artifact(&push(&address, folder.path())).run().exits(0);
    let out = tempfile::tempdir().unwrap();
    let told = artifact(&["pull", &address, "-o", out.path().to_str().unwrap()]).run().exits(0);
    let told = told.warns(&format!("source {SOURCE}")).warns(&format!("revision {REVISION}"));
    let digest = told.err.lines().find_map(|line| line.strip_prefix("digest ")).unwrap().to_owned();
    let found = whole_tree(out.path());
    assert_eq!(
        found.keys().map(String::as_str).collect::<Vec<_>>(),
        [".sourceignore", "base/kustomization.yaml", "cm.yaml", "note.txt"]
    );
    assert!(out.path().join("empty").is_dir());
    assert_eq!(found["base/kustomization.yaml"], "resources:\n- ../cm.yaml\n");

    let pinned = at(&registry, &format!("app@{digest}"));
    artifact(&["pull", &pinned, "-o", out.path().to_str().unwrap()]).run().exits(0);
    artifact(&["pull", &address, "-o", "/nonexistent"])
        .run()
        .fails_with("/nonexistent is not a folder; create it first");
    artifact(&push(&pinned, folder.path())).run().fails_with("names a digest, which follows from the files");
}

#[test]
fn row_d8_a_repository_is_listed_newest_name_first() {
    let (registry, folder) = (Registry::start().unwrap(), example());
    let address = at(&registry, "org/app:1.2.0");
    artifact(&push(&address, folder.path())).run().exits(0);
    artifact(&["tag", &address, "--tag", "1.10.0", "--tag", "main", "--tag", "v2.0.0", "--tag", "sha256-0.sig"])
        .run()
        .exits(0);
    let repository = at(&registry, "org/app");
    let tags = |flags: &[&str]| {
        let words = [&["list", &repository, "-o", "json"], flags].concat();
        let rows: Value = serde_json::from_str(&artifact(&words).run().exits(0).out).unwrap();
        let tag = |row: &Value| row["artifact"].as_str().unwrap().rsplit_once(':').unwrap().1.to_owned();
        rows.as_array().unwrap().iter().map(tag).collect::<Vec<_>>()
    };
    assert_eq!(tags(&[]), ["v2.0.0", "main", "1.2.0", "1.10.0"]);
    assert_eq!(tags(&["--filter-semver", ">=1.3.0"]), ["v2.0.0", "1.10.0"]);
    assert_eq!(tags(&["--filter-regex", "^m"]), ["main"]);
    let table = artifact(&["list", &repository]).run().exits(0).prints(REVISION).prints(SOURCE).out;
    assert!(table.starts_with("ARTIFACT"), "{table}");
    artifact(&["list", &repository, "--filter-semver", "new"]).run().fails_with("is not a range of versions");
    artifact(&["list", &repository, "--filter-regex", "("]).run().fails_with("is not a regular expression");
    artifact(&["list", &at(&registry, "org/none")]).run().fails_with("it is not there");
    artifact(&["list", "ghcr.io/org/app"]).run().exits(2).warns("does not begin with oci://");
}

#[test]
fn row_d8_diff_tells_equal_from_different_from_failed() {
    let (registry, folder) = (Registry::start().unwrap(), example());
    let address = at(&registry, "app:main");
    artifact(&push(&address, folder.path())).run().exits(0);
    let path = folder.path().to_str().unwrap();
    let equal = artifact(&["diff", &address, "--path", path]).run().exits(0).warns("no changes detected");
    assert_eq!(equal.out, "");
    fs::write(folder.path().join("cm.yaml"), "changed").unwrap();
    fs::remove_file(folder.path().join("note.txt")).unwrap();
    let told = artifact(&["diff", &address, "--path", path]).run().exits(1);
    assert_eq!(told.warns("the remote artifact contents differs from the local one").out, "~ cm.yaml\n- note.txt\n");
    artifact(&["diff", &at(&registry, "app:none"), "--path", path]).run().exits(2).warns("it is not there");
    artifact(&["diff", &address, "--path", "/nonexistent"]).run().exits(2).warns("/nonexistent");
}

#[test]
fn row_d9_a_hostile_artifact_in_a_registry_is_refused_and_nothing_is_written() {
    let registry = Registry::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let at_path = |name: &str| folder.path().join(name).display().to_string();
    fs::create_dir(folder.path().join("in")).unwrap();
    fs::write(folder.path().join("in/harmless.yaml"), "a: b").unwrap();
    symlink("/etc/passwd", folder.path().join("in/passwords")).unwrap();
    let packed = Command::new("tar").args(["czf", &at_path("link.tgz"), "-C", &at_path("in"), "."]).status().unwrap();
    assert!(packed.success());
    let climbing = Command::new("tar")
        .args([
            "czf",
            &at_path("climb.tgz"),
            "-P",
            "-C",
            &at_path("in"),
            "--transform",
            "s,.*harmless,../../harmless,",
            "harmless.yaml",
        ])
        .status()
        .unwrap();
    assert!(climbing.success());
    fs::create_dir(folder.path().join("out")).unwrap();
    for (file, refusal) in [("link.tgz", "is a symbolic link"), ("climb.tgz", "not inside the folder")] {
        let name = format!("{}/hostile:v1", registry.address());
        registry.crane(&["append", "--insecure", "-f", &at_path(file), "-t", &name]).unwrap();
        let address = format!("oci://{name}");
        artifact(&["pull", &address, "-o", &at_path("out")]).run().fails_with(refusal);
        assert_eq!(fs::read_dir(folder.path().join("out")).unwrap().count(), 0);
        artifact(&["diff", &address, "--path", &at_path("in")]).run().exits(2).warns(refusal);
    }
    fs::write(folder.path().join("zeros"), vec![0; 20 << 20]).unwrap();
    let packed =
        Command::new("tar").args(["czf", &at_path("bomb.tgz"), "-C", &at_path("."), "zeros"]).status().unwrap();
    assert!(packed.success());
    let name = format!("{}/bomb:v1", registry.address());
    registry.crane(&["append", "--insecure", "-f", &at_path("bomb.tgz"), "-t", &name]).unwrap();
    let pull = ["pull", &format!("oci://{name}"), "-o", &at_path("out")];
    artifact(&pull).run().fails_with("times its size");
    artifact(&[&pull[..], &["--max-size", "1"]].concat()).run().fails_with("more than 1 MiB");
}
