//! The image of `cargo xtask image`: the same bytes twice, pushed to and pulled from a real registry, with nothing in it but the
//! program and what it needs, which is enough for it to run; and the chart in the same registry.

use anyhow::{Context as _, Result, ensure};
use orangery_test_chart::{Helm, chart};
use orangery_test_registry::Registry;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The program of this source tree, built with the features of the workspace as the tests are, and smaller where `strip` is here.
fn program(folder: &Path) -> Result<PathBuf> {
    let mut build = Command::new(env!("CARGO"));
    let built = build.args(["build", "--quiet", "--workspace", "--bin", "orangery"]).current_dir(root()).status()?;
    ensure!(built.success(), "the program does not build");
    let exe = std::env::current_exe()?;
    let built = exe.parent().and_then(Path::parent).context("tests lie in target/…/deps")?.join("orangery");
    let stripped = folder.join("orangery");
    let strip = Command::new("strip").arg("-o").arg(&stripped).arg(&built).status();
    Ok(if strip.is_ok_and(|status| status.success()) { stripped } else { built })
}

/// `cargo xtask image`; what it said on standard error.
fn image(program: &Path, into: &Path) -> Result<String> {
    let mut command = Command::new(env!("CARGO"));
    command.args(["run", "--quiet", "--locked", "-p", "xtask", "--", "image", "--program"]).arg(program);
    let output = command.arg("--into").arg(into).current_dir(root()).env_remove("SOURCE_DATE_EPOCH").output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "no image: {said}");
    Ok(said)
}

/// All files below a folder, by their path in it.
fn files(folder: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(folder)?.to_owned(), fs::read(&path)?);
            }
        }
    }
    Ok(found)
}

#[test]
fn an_image_is_the_same_twice_and_what_a_registry_gives_back_runs() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let at = |name: &str| folder.path().join(name);
    let program = program(folder.path())?;
    let said = image(&program, &at("once"))?;
    image(&program, &at("twice"))?;
    let (once, twice) = (files(&at("once"))?, files(&at("twice"))?);
    ensure!(once.keys().eq(twice.keys()), "other files");
    for (path, bytes) in &once {
        ensure!(twice.get(path) == Some(bytes), "{} differs", path.display());
    }

    let registry = Registry::start()?;
    let name = format!("{}/orangery:test", registry.address());
    registry.crane(&["push", &at("once").display().to_string(), &name, "--insecure"])?;
    registry.crane(&["validate", "--remote", &name, "--insecure"])?;
    let index: Value = serde_json::from_slice(once.get(Path::new("index.json")).context("an index")?)?;
    let digest = registry.crane(&["digest", &name, "--insecure"])?;
    assert_eq!(index.pointer("/manifests/0/digest"), Some(&json!(digest.trim())));

    let configuration: Value = serde_json::from_str(&registry.crane(&["config", &name, "--insecure"])?)?;
    for (pointer, value) in [
        ("/os", json!("linux")),
        ("/created", json!("1970-01-01T00:00:00Z")),
        ("/config/User", json!("65532:65532")),
        ("/config/Entrypoint", json!(["/orangery"])),
        ("/config/Labels/org.opencontainers.image.version", json!(env!("CARGO_PKG_VERSION"))),
    ] {
        assert_eq!(configuration.pointer(pointer), Some(&value), "{pointer}");
    }

    let packed = at("files.tar");
    registry.crane(&["export", &name, &packed.display().to_string(), "--insecure"])?;
    let out = at("root");
    fs::create_dir(&out)?;
    let unpacked = Command::new("tar").arg("--extract").arg("--file").arg(&packed).arg("-C").arg(&out).status()?;
    ensure!(unpacked.success(), "what was pulled cannot be unpacked");
    let pulled = files(&out)?;
    let own = ["etc/group", "etc/nsswitch.conf", "etc/passwd", "etc/ssl/certs/ca-certificates.crt", "orangery"];
    let libraries: BTreeSet<&Path> =
        pulled.keys().map(PathBuf::as_path).filter(|path| !own.iter().any(|own| Path::new(own) == *path)).collect();
    assert_eq!(pulled.len(), own.len() + libraries.len(), "all of our own files are there");
    for library in &libraries {
        let file = library.display().to_string();
        ensure!(file.starts_with("lib") && file.contains(".so"), "{file} has no business in the image");
        ensure!(said.contains(&format!("/{file}")), "the command does not say that it packed {file}:\n{said}");
    }
    let roots = String::from_utf8(pulled.get(Path::new(own[3])).cloned().unwrap_or_default())?;
    ensure!(roots.matches("BEGIN CERTIFICATE").count() > 100, "CA roots");
    assert_eq!(fs::metadata(out.join("orangery"))?.permissions().mode() & 0o777, 0o755);
    runs(&out, &libraries)
}

/// Runs the program with nothing but what was in the image: its own loader and its own libraries, if it has any.
fn runs(out: &Path, libraries: &BTreeSet<&Path>) -> Result<()> {
    let program = out.join("orangery");
    let loader =
        libraries.iter().find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("ld-")));
    let mut command = match loader {
        Some(loader) => {
            let mut command = Command::new(out.join(loader));
            let folders: BTreeSet<String> =
                libraries.iter().filter_map(|path| Some(out.join(path).parent()?.display().to_string())).collect();
            command.arg("--inhibit-cache").arg("--library-path").arg(folders.into_iter().collect::<Vec<_>>().join(":"));
            command.arg(&program);
            command
        }
        None => Command::new(&program),
    };
    let output = command.arg("--version").env_clear().output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(said.trim() == concat!("orangery ", env!("CARGO_PKG_VERSION")), "{said} {output:?}");
    Ok(())
}

#[test]
fn what_is_no_program_and_what_is_no_layout_is_left_alone() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let text = folder.path().join("text");
    fs::write(&text, "#!/bin/sh\n")?;
    fs::set_permissions(&text, Permissions::from_mode(0o755))?;
    let refused = image(&text, &folder.path().join("layout")).map_err(|error| error.to_string());
    ensure!(refused.as_ref().is_err_and(|said| said.contains("is not a program for 64-bit Linux")), "{refused:?}");

    let kept = folder.path().join("documents");
    fs::create_dir(&kept)?;
    fs::write(kept.join("letter"), "dear")?;
    let refused = image(&std::env::current_exe()?, &kept).map_err(|error| error.to_string());
    ensure!(refused.as_ref().is_err_and(|said| said.contains("is not an image layout")), "{refused:?}");
    assert_eq!(fs::read_to_string(kept.join("letter"))?, "dear");
    Ok(())
}

#[test]
fn the_chart_is_pushed_to_a_registry_and_rendered_from_there() -> Result<()> {
    let (registry, helm, folder) = (Registry::start()?, Helm::offline()?, tempfile::tempdir()?);
    helm.run(&["package", &chart().display().to_string(), "--destination", &folder.path().display().to_string()])?;
    let version = env!("CARGO_PKG_VERSION");
    let package = folder.path().join(format!("orangery-{version}.tgz")).display().to_string();
    let charts = format!("oci://{}/charts", registry.address());
    helm.run(&["push", &package, &charts, "--plain-http"])?;
    let chart = format!("{charts}/orangery");
    let rendered =
        helm.run(&["template", "orangery", &chart, "--version", version, "--plain-http", "-n", "orangery-system"])?;
    assert_eq!(rendered, helm.renders(&[])?);
    Ok(())
}

/// The Dockerfile is for people with a container engine; both images are used alike.
#[test]
fn the_dockerfile_makes_an_image_that_is_used_like_the_other_one() -> Result<()> {
    let text = fs::read_to_string(root().join("Dockerfile"))?;
    let last = text.rsplit("\nFROM ").next().context("a stage")?;
    for line in [
        "scratch\n",
        "USER 65532:65532\n",
        "ENTRYPOINT [\"/orangery\"]\n",
        "ENV PATH=/ SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt\n",
    ] {
        ensure!(last.contains(line), "{line:?} is not in the last stage of the Dockerfile:\n{last}");
    }
    let toolchain = fs::read_to_string(root().join("rust-toolchain.toml"))?;
    let channel = toolchain.lines().find_map(|line| line.strip_prefix("channel = \"")).context("a channel")?;
    let version = channel.trim_end_matches('"');
    ensure!(text.contains(&format!("FROM rust:{version}-")), "the Dockerfile does not build with Rust {version}");
    Ok(())
}
