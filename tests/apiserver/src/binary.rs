//! Builds the Go program once into the target directory, keyed by everything it is made of.
//!
//! # Guarantees
//! Parallel test binaries build once: the others wait on a file lock. A cold build takes minutes (progress goes to
//! standard error), a warm one is a look-up.

use anyhow::{Context, Result, bail};
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Folder of the Go module.
const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/controlplane");

/// The built program, built now if it is not there.
///
/// # Errors
/// Go is missing, or the build failed: with what the compiler said.
pub fn controlplane() -> Result<PathBuf> {
    let dir = target_directory()?.join("controlplane");
    fs::create_dir_all(&dir).with_context(|| format!("creating {}", dir.display()))?;
    let program = dir.join(format!("controlplane-{:016x}", fingerprint(Path::new(SOURCE))?));
    if program.exists() {
        return Ok(program);
    }
    let lock = File::create(dir.join("build.lock")).context("creating the build lock")?;
    if lock.try_lock().is_err() {
        eprintln!("waiting for another process that builds the Kubernetes control plane for the tests");
        lock.lock().context("waiting for the build lock")?;
    }
    if !program.exists() {
        build(&program)?;
    }
    Ok(program)
}

/// `target/` of this build: the folder that the running test binary lies in, so that it follows `CARGO_TARGET_DIR`.
fn target_directory() -> Result<PathBuf> {
    if let Some(dir) = std::env::var_os("CARGO_TARGET_DIR") {
        return Ok(PathBuf::from(dir));
    }
    let exe = std::env::current_exe().context("asking for the path of this program")?;
    let found = exe.ancestors().find(|dir| dir.join("CACHEDIR.TAG").exists());
    Ok(found.map_or_else(|| Path::new(SOURCE).join("../../../target"), Path::to_path_buf))
}

/// Hash of the names and contents of all files of the module.
fn fingerprint(source: &Path) -> Result<u64> {
    let mut files: Vec<_> = fs::read_dir(source)
        .with_context(|| format!("listing {}", source.display()))?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<std::io::Result<_>>()?;
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.file_name().hash(&mut hasher);
        fs::read(&file).with_context(|| format!("reading {}", file.display()))?.hash(&mut hasher);
    }
    Ok(hasher.finish())
}

fn build(program: &Path) -> Result<()> {
    eprintln!(
        "building the Kubernetes control plane for the tests (minutes when the Go cache is cold, seconds otherwise)"
    );
    let unfinished = program.with_extension("unfinished");
    let started = Instant::now();
    let mut child = Command::new("go")
        .args(["build", "-trimpath", "-ldflags=-s -w", "-o"])
        .arg(&unfinished)
        .arg(".")
        .current_dir(SOURCE)
        .env("GOTOOLCHAIN", "local")
        .env("CGO_ENABLED", "0")
        .stdin(Stdio::null())
        .spawn()
        .context("starting `go build`: is Go installed?")?;
    let mut said = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().context("waiting for `go build`")? {
            break status;
        }
        if said.elapsed() > Duration::from_secs(30) {
            eprintln!("still building the control plane after {} s", started.elapsed().as_secs());
            said = Instant::now();
        }
        std::thread::sleep(Duration::from_millis(200));
    };
    if !status.success() {
        bail!("`go build` of {SOURCE} failed ({status}); its output is above");
    }
    // Renamed when complete, so that an interrupted build is never taken for a program.
    fs::rename(&unfinished, program).with_context(|| format!("renaming {}", unfinished.display()))
}
