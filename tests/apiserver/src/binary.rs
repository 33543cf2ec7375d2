//! Builds programs of Go modules once into the target directory, keyed by everything they are made of.
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

/// Folder of the Go module of the control plane.
const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/controlplane");

/// What the API server calls itself; without it, it says 0.0.0, and clients that look at the version refuse it.
const VERSION: &str = "-X k8s.io/component-base/version.gitVersion=v1.36.4 \
     -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=36";

/// A program that is built from a Go module: of its own sources, or of a package that the module requires.
#[derive(Debug, Clone, Copy)]
pub struct GoProgram {
    /// The folder with `go.mod`, `go.sum` and the sources.
    pub module: &'static str,
    /// What to build: `.`, or the path of a package.
    pub package: &'static str,
    /// The name of the program.
    pub name: &'static str,
    /// Further flags of the linker.
    pub link: &'static str,
}

/// The control plane, built now if it is not there.
///
/// # Errors
/// Go is missing, or the build failed: with what the compiler said.
pub fn controlplane() -> Result<PathBuf> {
    GoProgram { module: SOURCE, package: ".", name: "controlplane", link: VERSION }.built()
}

impl GoProgram {
    /// The built program, built now if it is not there.
    ///
    /// # Errors
    /// Go is missing, or the build failed: with what the compiler said.
    pub fn built(&self) -> Result<PathBuf> {
        let name = self.name;
        let dir = target_directory()?.join(name);
        fs::create_dir_all(&dir).with_context(|| format!("creating {}", dir.display()))?;
        let program = dir.join(format!("{name}-{:016x}", self.fingerprint()?));
        if program.exists() {
            return Ok(program);
        }
        let lock = File::create(dir.join("build.lock")).context("creating the build lock")?;
        if lock.try_lock().is_err() {
            eprintln!("waiting for another process that builds {name} for the tests");
            lock.lock().context("waiting for the build lock")?;
        }
        if !program.exists() {
            self.build(&program)?;
        }
        Ok(program)
    }

    /// Hash of the names and contents of all files of the module, and of the flags.
    fn fingerprint(&self) -> Result<u64> {
        let source = Path::new(self.module);
        let mut files: Vec<_> = fs::read_dir(source)
            .with_context(|| format!("listing {}", source.display()))?
            .map(|entry| entry.map(|e| e.path()))
            .collect::<std::io::Result<_>>()?;
        files.sort();
        let mut hasher = DefaultHasher::new();
        self.link.hash(&mut hasher);
        for file in files {
            file.file_name().hash(&mut hasher);
            fs::read(&file).with_context(|| format!("reading {}", file.display()))?.hash(&mut hasher);
        }
        Ok(hasher.finish())
    }

    fn build(&self, program: &Path) -> Result<()> {
        let Self { module, package, name, link } = self;
        eprintln!("building {name} for the tests (minutes when the Go cache is cold, seconds otherwise)");
        let unfinished = program.with_extension("unfinished");
        let started = Instant::now();
        let mut child = Command::new("go")
            .args(["build", "-trimpath", &format!("-ldflags=-s -w {link}"), "-o"])
            .arg(&unfinished)
            .arg(package)
            .current_dir(module)
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
                eprintln!("still building {name} after {} s", started.elapsed().as_secs());
                said = Instant::now();
            }
            std::thread::sleep(Duration::from_millis(200));
        };
        if !status.success() {
            bail!("`go build {package}` in {module} failed ({status}); its output is above");
        }
        // Renamed when complete, so that an interrupted build is never taken for a program.
        fs::rename(&unfinished, program).with_context(|| format!("renaming {}", unfinished.display()))
    }
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
