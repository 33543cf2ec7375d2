//! What the machine must have, and installing what can be installed.

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The root of the workspace: where this crate's parent folder is.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_path_buf)
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// A `cargo` command that runs at the root with the same cargo that runs us.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Makes sure that the WebAssembly target is installed; installs it where rustup is present.
pub(crate) fn ensure_wasm_target() -> Result<()> {
    let sysroot = Command::new("rustc")
        .current_dir(root())
        .args(["--print", "sysroot"])
        .output()
        .context("rustc is not on PATH: install Rust from https://rustup.rs")?;
    let sysroot = PathBuf::from(String::from_utf8_lossy(&sysroot.stdout).trim());
    if sysroot.join("lib/rustlib/wasm32-wasip2/lib").is_dir() {
        return Ok(());
    }
    let rustup = Command::new("rustup")
        .current_dir(root())
        .args(["target", "add", "wasm32-wasip2"])
        .stdin(Stdio::null())
        .status();
    match rustup {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => {
            bail!("`rustup target add wasm32-wasip2` ended with {status}; run it by hand and look at its message")
        }
        Err(_) => bail!(
            "the Rust target wasm32-wasip2 is missing and rustup is not on PATH; install the standard library for it, for example the package rust-std-wasm32-wasip2 of your distribution"
        ),
    }
}

/// Makes sure that Go is there: the test control plane and the rendering oracle are built with it.
pub(crate) fn ensure_go() -> Result<()> {
    let version = Command::new("go")
        .args(["env", "GOVERSION"])
        .output()
        .context("go is not on PATH: the tests build a real kube-apiserver with it; install Go 1.26 or later")?;
    let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
    let minor: u32 = version
        .strip_prefix("go1.")
        .and_then(|rest| rest.split('.').next())
        .and_then(|minor| minor.parse().ok())
        .unwrap_or(0);
    if minor < 26 {
        bail!("go is {version}, but the tests need 1.26 or later");
    }
    Ok(())
}
