//! Every folder under `examples/` does what its README says: manifests in, `expected/` out.
//!
//! `ORANGERY_BLESS=1 cargo test -p orangery --test cli examples` writes `expected/` anew; look at the difference.

use crate::author::json_file;
use crate::bench::{orangery, root, tree, without_uid};
use orangery_test_forge::{Forge, seed};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where the real forges are; only these words are replaced in manifests.
const HOSTS: [&str; 2] = ["https://github.com", "https://gitlab.com"];
const BLESS: &str = "ORANGERY_BLESS";

fn folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(root().join("examples"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

/// The token that the seed makes known, if it makes one known.
fn token(commands: &str) -> Option<String> {
    let (_, after) = commands.split_once("\"do\": \"token\", \"value\": \"")?;
    Some(after.split('"').next().unwrap().to_owned())
}

fn check(example: &Path) {
    let name = example.file_name().unwrap().to_string_lossy().into_owned();
    assert!(example.join("README.md").is_file(), "examples/{name} has no README.md");
    let manifests = tree(&example.join("manifests"));
    assert!(!manifests.is_empty(), "examples/{name} has no manifests/");
    let text: String = manifests.values().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let forge = runtime.block_on(Forge::start()).unwrap();
    let work = tempfile::tempdir().unwrap();
    let mut words =
        vec!["run", "--local", "out", "-f", "manifests", "--once"].into_iter().map(str::to_owned).collect::<Vec<_>>();
    let mut secret = String::new();
    let host = HOSTS.into_iter().find(|host| text.contains(host));
    if let Some(host) = host {
        let file = example.join("forge.json");
        assert!(file.is_file(), "examples/{name} asks {host}, but has no forge.json");
        for command in seed::read(file.to_str().unwrap()).unwrap() {
            forge.run(command).unwrap();
        }
        secret = token(&std::fs::read_to_string(&file).unwrap()).unwrap();
        let (_, after) = text.split_once("secretRef:\n    name: ").unwrap();
        words.push("--secret-from-env".to_owned());
        words.push(format!("app-preview/{}=EXAMPLE_TOKEN", after.lines().next().unwrap()));
    }
    for (path, text) in &manifests {
        let target = work.path().join("manifests").join(path);
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        let text = host.map_or_else(|| text.clone(), |host| text.replace(host, &forge.url()));
        std::fs::write(target, text).unwrap();
    }
    let ran = orangery(&words).inside(work.path()).with("EXAMPLE_TOKEN", &secret).run().exits(0);
    assert!(!ran.err.contains('✗'), "{}", ran.err);
    let written: BTreeMap<String, String> = tree(&work.path().join("out"))
        .into_iter()
        .map(|(path, text)| (path, without_uid(&text).replace(&forge.url(), host.unwrap_or_default())))
        .collect();
    assert!(!written.is_empty(), "examples/{name} makes no objects");
    let expected = example.join("expected");
    if std::env::var_os(BLESS).is_some() {
        drop(std::fs::remove_dir_all(&expected));
        for (path, text) in &written {
            let target = expected.join(path);
            std::fs::create_dir_all(target.parent().unwrap()).unwrap();
            std::fs::write(target, text).unwrap();
        }
    }
    let there = tree(&expected);
    assert_eq!(
        there.keys().collect::<Vec<_>>(),
        written.keys().collect::<Vec<_>>(),
        "examples/{name}: the files of expected/ (left) and of the run (right); {BLESS}=1 writes them anew"
    );
    for (path, text) in &written {
        assert_eq!(&there[path], text, "examples/{name}/expected/{path} differs; {BLESS}=1 writes it anew");
    }
}

#[test]
fn every_example_writes_what_it_says_it_writes() {
    // A plugin has tests of its own, and the jobs of pipelines are run by `tests/sync`.
    let is_story = |folder: &PathBuf| !folder.join("Cargo.toml").is_file() && !folder.ends_with("ci");
    let stories: Vec<PathBuf> = folders().into_iter().filter(is_story).collect();
    assert!(stories.len() >= 4, "{stories:?}");
    for folder in stories {
        check(&folder);
    }
}

/// One file behind HTTP, as the example's README shows it.
async fn serve(listener: tokio::net::TcpListener) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let body = r#"{"environments": [
        {"name": "review/cart", "commit": "4f5c1d8e", "owner": "ada"},
        {"name": "review/search", "commit": "0a1b2c3d"},
        {"name": "production", "commit": "11111111"}]}"#;
    while let Ok((mut stream, _)) = listener.accept().await {
        let mut request = vec![0; 4096];
        let Ok(read) = stream.read(&mut request).await else { continue };
        let request = String::from_utf8_lossy(&request[..read]).to_lowercase();
        let good = request.starts_with("get /previews/environments.json ") && request.contains("authorization: ");
        let (status, body) = if good { ("200 OK", body) } else { ("404 Not Found", "") };
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        drop(stream.write_all(answer.as_bytes()).await);
    }
}

#[test]
fn the_example_plugin_is_admitted_passes_its_cases_and_feeds_a_set() {
    let plugin = json_file();
    let plugin = plugin.to_str().unwrap();
    orangery(["plugin", "check", plugin])
        .run()
        .exits(0)
        .prints("calls itself json-file 0.1.0")
        .prints("serves spec.type JsonFile")
        .prints("would be admitted");
    let cases = root().join("examples/plugin-rust/cases");
    orangery(["plugin", "test", cases.to_str().unwrap(), "--plugin", plugin])
        .run()
        .exits(0)
        .prints("4 passed, 0 failed");

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    runtime.spawn(serve(listener));
    let work = tempfile::tempdir().unwrap();
    let manifest = format!(
        "apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSetInputProvider\nmetadata: {{name: previews, namespace: apps}}\nspec:\n  type: JsonFile\n  url: http://{address}/previews\n  secretRef: {{name: files-token}}\n  filter: {{includeEnvironment: ^review/}}\n---\napiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSet\nmetadata: {{name: previews, namespace: apps}}\nspec:\n  inputsFrom: [{{kind: ResourceSetInputProvider, name: previews}}]\n  resources:\n  - {{apiVersion: v1, kind: ConfigMap, metadata: {{name: << inputs.slug >>, namespace: apps}}}}\n"
    );
    std::fs::write(work.path().join("m.yaml"), manifest).unwrap();
    orangery([
        "run",
        "--local",
        "out",
        "-f",
        "m.yaml",
        "--once",
        "--plugin",
        plugin,
        "--secret-from-env",
        "apps/files-token=T",
    ])
    .inside(work.path())
    .with("T", "file-secret")
    .run()
    .exits(0);
    let names: Vec<String> = tree(&work.path().join("out")).into_keys().collect();
    assert_eq!(names, ["apps/ConfigMap/review-cart.yaml", "apps/ConfigMap/review-search.yaml"]);
}

#[test]
fn the_example_plugin_refuses_a_path_that_leaves_the_url_before_anything_is_sent() {
    let plugin = json_file();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let work = tempfile::tempdir().unwrap();
    let manifest = |file: &str| {
        let text = format!(
            "apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSetInputProvider\nmetadata: {{name: previews, namespace: apps}}\nspec:\n  type: JsonFile\n  url: http://{address}/previews\n  secretRef: {{name: files-token}}\n  config: {{file: {file}}}\n"
        );
        std::fs::write(work.path().join("m.yaml"), text).unwrap();
    };
    let words = |first: &[&'static str]| {
        let plugin = ["--plugin", plugin.to_str().unwrap(), "--secret-from-env", "apps/files-token=T"];
        let words: Vec<String> = first.iter().chain(&plugin).map(|word| (*word).to_owned()).collect();
        orangery(words).inside(work.path()).with("T", "file-secret")
    };
    manifest("../secrets.json");
    for first in
        [&["poll", "-f", "m.yaml", "--allow-loopback"][..], &["run", "--local", "out", "-f", "m.yaml", "--once"]]
    {
        let ran = words(first).run();
        assert_ne!(ran.code, 0);
        assert!(ran.err.contains("spec.config.file") && ran.err.contains("leaves spec.url"), "{}", ran.err);
    }
    // Nobody has connected: whoever reads the socket now would have seen the token.
    let nobody = runtime
        .block_on(async { tokio::time::timeout(std::time::Duration::from_millis(200), listener.accept()).await });
    assert!(nobody.is_err(), "the token was sent");
    // A remark is printed, and the poll goes on.
    runtime.spawn(serve(listener));
    manifest("environments.txt");
    let ran = words(&["poll", "-f", "m.yaml", "--allow-loopback"]).run();
    assert!(ran.err.contains("404"), "{}", ran.err);
}
