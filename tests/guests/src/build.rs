//! Builds all guests once for each test process: a nested cargo with a target folder of its own, because the outer one
//! is locked while tests are compiled.

use anyhow::{Context, Result, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const TARGET: &str = "wasm32-wasip2";

/// The component of a guest.
///
/// # Errors
/// If there is no such guest or the guests do not build; the compiler's words are in the error.
pub fn bytes(name: &str) -> Result<Vec<u8>> {
    ensure!(crate::names().contains(&name), "no guest is called {name}; there are {}", crate::names().join(", "));
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let built = BUILT.get_or_init(|| build().map_err(|error| format!("{error:#}")));
    let dir = match built {
        Ok(dir) => dir,
        Err(error) => bail!("{error}"),
    };
    let path = dir.join(format!("{name}.wasm"));
    std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
}

fn build() -> Result<PathBuf> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target_dir = outer_target(manifest).join("guests");
    let mut cargo = Command::new("cargo");
    // The outer cargo's wishes (flags, wrappers, jobs, the package at hand) are not for the guests.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let outer = ["CARGO", "RUSTC", "RUSTDOC"].iter().any(|prefix| text.starts_with(prefix))
            || text.ends_with("RUSTFLAGS")
            || ["TARGET", "HOST", "OUT_DIR", "PROFILE", "OPT_LEVEL", "DEBUG", "NUM_JOBS"].contains(&text.as_ref());
        let kept = text == "CARGO_HOME"
            || text.starts_with("CARGO_NET")
            || text.starts_with("CARGO_REGISTR")
            || text.starts_with("CARGO_HTTP");
        if outer && !kept {
            cargo.env_remove(&name);
        }
    }
    // Small and quick to build; what they do is not measured. A panic must abort, as in real plugins.
    let output = cargo
        .args(["build", "--examples", "--target", TARGET, "--target-dir"])
        .arg(&target_dir)
        .env("CARGO_PROFILE_DEV_OPT_LEVEL", "1")
        .env("CARGO_PROFILE_DEV_DEBUG", "false")
        .env("CARGO_PROFILE_DEV_PANIC", "abort")
        .env("CARGO_PROFILE_DEV_STRIP", "symbols")
        .env("CARGO_PROFILE_DEV_INCREMENTAL", "false")
        .current_dir(manifest)
        .output()
        .context("cannot run cargo")?;
    ensure!(
        output.status.success(),
        "the guests do not build (is the target there? `rustup target add {TARGET}`):\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(target_dir.join(TARGET).join("debug").join("examples"))
}

/// The target folder this very program was built in: `<target>/<profile>/deps/<program>`.
fn outer_target(manifest: &Path) -> PathBuf {
    let program = std::env::current_exe().ok();
    let found = program.as_deref().and_then(|path| path.ancestors().find(|dir| dir.join("CACHEDIR.TAG").is_file()));
    found.map_or_else(|| manifest.join("../../target"), Path::to_owned)
}
