//! `orangery plugin new`, and where log lines go.

use super::{cargo, component, succeeds, target};
use crate::bench::{Ran, orangery, tree, whole_tree};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::LazyLock;

fn new(folder: &Path, words: &[&str]) -> Ran {
    orangery(["plugin", "new"].iter().chain(words)).inside(folder).run()
}

/// A new provider, begun and built once for all tests.
struct Project {
    folder: tempfile::TempDir,
    component: String,
}

fn project() -> &'static Project {
    static PROJECT: LazyLock<Project> = LazyLock::new(|| {
        let folder = tempfile::tempdir().unwrap();
        new(folder.path(), &["zoo-keeper"]).exits(0).prints("serves spec.type ZooKeeper").prints("cd ./zoo-keeper");
        let component = component(&folder.path().join("zoo-keeper"), "zoo_keeper", &[]);
        Project { folder, component: component.to_str().unwrap().to_owned() }
    });
    &PROJECT
}

#[test]
fn a_new_provider_builds_and_passes_its_tests_untouched() {
    let Project { folder, component } = project();
    let folder = folder.path().join("zoo-keeper");
    let written = whole_tree(&folder);
    assert!(written.contains_key(".gitignore"));
    succeeds(cargo(&folder).args(["test", "--locked", "--target-dir"]).arg(target()));
    let check = orangery(["plugin", "check", component]).run().exits(0);
    check.prints("calls itself zoo-keeper 0.1.0").prints("serves spec.type ZooKeeper").prints("would be admitted");
    let test = orangery(["plugin", "test", "cases", "--plugin", component]).inside(&folder).run().exits(0);
    // Where log lines go: to stderr, without a flag.
    test.prints("4 passed, 0 failed").warns("log info: environments listed: 2\n");
    assert_eq!(whole_tree(&folder), written, "building and testing changed what was written");
}

/// Answers every request with this list.
fn serve(body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 4096];
            drop(stream.read(&mut request));
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            drop(stream.write_all(answer.as_bytes()));
        }
    });
    url
}

#[test]
fn what_a_plugin_logs_is_shown_by_poll_without_a_flag() {
    let url = serve(r#"[{"name": "review/cart", "commit": "4f5c1d8e"}]"#);
    let folder = tempfile::tempdir().unwrap();
    let manifest = format!(
        "apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSetInputProvider\nmetadata: {{name: zoo, namespace: apps}}\n\
         spec: {{type: ZooKeeper, url: \"{url}\", secretRef: {{name: token}}}}\n"
    );
    std::fs::write(folder.path().join("provider.yaml"), manifest).unwrap();
    let mut words = vec!["poll", "-f", "provider.yaml", "--allow-loopback", "--plugin", &project().component];
    words.extend(["--secret-from-env", "apps/token=TOKEN"]);
    let poll = |more: &[&'static str]| {
        let words: Vec<&str> = words.iter().chain(more).copied().collect();
        orangery(words).inside(folder.path()).with("TOKEN", "s3cret").run().exits(0).prints("slug: review-cart")
    };
    let ran = poll(&[]).warns("log info: environments listed: 1\n");
    assert!(!ran.out.contains("log info"), "stdout is for the inputs: {}", ran.out);
    let debug = poll(&["--log-level", "debug"]);
    assert_eq!(debug.err.matches("environments listed: 1").count(), 1, "a line is shown once: {}", debug.err);
}

#[test]
fn a_new_renderer_builds_and_passes_its_tests_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let written = new(folder.path(), &["--renderer", "dollar-signs"]).exits(0);
    written.prints("a renderer that serves spec.renderer.name dollar-signs");
    let project = folder.path().join("dollar-signs");
    succeeds(cargo(&project).args(["test", "--locked", "--target-dir"]).arg(target()));
    let component = component(&project, "dollar_signs", &[]);
    let component = component.to_str().unwrap();
    let check = orangery(["plugin", "check", component]).run().exits(0);
    check.prints("serves spec.renderer.name dollar-signs").prints("would be admitted");
    let test = orangery(["plugin", "test", "cases", "--plugin", component]).inside(&project).run().exits(0);
    test.prints("2 passed, 0 failed");
    // The set that its README shows.
    let readme = std::fs::read_to_string(project.join("README.md")).unwrap();
    let (_, set) = readme.split_once("```yaml\n").unwrap();
    std::fs::write(project.join("set.yaml"), set.split("```").next().unwrap()).unwrap();
    let build = ["build", "resourceset", "-f", "set.yaml", "--plugin", component];
    orangery(build).inside(&project).run().exits(0).prints("name: app-7");
}

#[test]
fn what_is_there_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let mine = folder.path().join("plugins/mine");
    std::fs::create_dir_all(&mine).unwrap();
    std::fs::write(mine.join("notes.txt"), "mine").unwrap();
    let ran = new(folder.path(), &["mine", "--into", "plugins"]);
    ran.fails_with("plugins/mine exists and is left as it is");
    assert_eq!(tree(folder.path()).len(), 1);
    std::fs::write(folder.path().join("file"), "").unwrap();
    new(folder.path(), &["file"]).fails_with("exists and is left as it is");
    let ran = new(folder.path(), &["another", "--into", "file/below"]);
    ran.fails_with("cannot write file/below");
    new(folder.path(), &["another", "--into", "not/yet"]).exits(0).prints("wrote not/yet/another");
    assert!(folder.path().join("not/yet/another/Cargo.toml").is_file());
}

#[test]
fn a_bad_name_is_a_wrong_command_line_that_says_what_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    for bad in ["My-Forge", "my_forge", "../up", "7up", "a/b"] {
        new(folder.path(), &[bad]).exits(2).warns("lower-case letters, digits and single dashes");
    }
    new(folder.path(), &["static"]).exits(2).warns("static-environments");
    new(folder.path(), &["serde"]).exits(2).warns("a crate that the plugin depends on has this name");
    assert!(tree(folder.path()).is_empty());
}
