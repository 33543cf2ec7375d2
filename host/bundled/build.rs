//! Builds the components of `plugins/` for `wasm32-wasip2` with a nested cargo and hands their bytes to the crate.
//!
//! Which ones is said by their `Cargo.toml` alone (`plugins/catalog`); no name stands here.
//!
//! The nested cargo uses the workspace's `Cargo.lock` and the plugin profile, in a target folder of its own
//! (`<target>/plugins`): sharing the outer one waits for a lock that the outer cargo holds. It must not inherit what
//! the outer cargo says about this crate or its compiler: host linker flags break a WebAssembly link, and the compiler
//! wrapper of `cargo clippy` would lint instead of compile.

use orangery_plugin_catalog::{CatalogError, Component, Role};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};
use std::{env, fs, io};

const TARGET: &str = "wasm32-wasip2";
const WORKSPACE: [&str; 3] = ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml"];
/// Settings of the user, not of this build: they stay.
const KEPT: [&str; 7] = [
    "CARGO_HOME",
    "CARGO_MAKEFLAGS",
    "CARGO_NET_",
    "CARGO_HTTP_",
    "CARGO_REGISTRY_",
    "CARGO_REGISTRIES_",
    "CARGO_SOURCE_",
];
const SCRUBBED: [&str; 4] = ["CARGO", "RUSTC", "RUSTDOC", "RUSTFLAGS"];
const SCRUBBED_EXACTLY: [&str; 7] = ["TARGET", "HOST", "OUT_DIR", "PROFILE", "OPT_LEVEL", "DEBUG", "NUM_JOBS"];

enum BuildError {
    Missing(&'static str),
    Catalog(CatalogError),
    Io(PathBuf, io::Error),
    Start(PathBuf, io::Error),
    NoTarget(String),
    Failed(String),
}

fn main() -> ExitCode {
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), BuildError> {
    let root = path_of("CARGO_MANIFEST_DIR")?.join("../..");
    let out = path_of("OUT_DIR")?;
    let components = orangery_plugin_catalog::components(&root).map_err(BuildError::Catalog)?;
    println!("cargo::rerun-if-changed=build.rs");
    let sources = orangery_plugin_catalog::sources(&root).map_err(BuildError::Catalog)?;
    // A new folder under plugins/ becomes a member of the workspace and so changes Cargo.lock.
    for path in sources.into_iter().chain(WORKSPACE.map(|file| root.join(file))) {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    require_target()?;
    let target = target_folder(&out).join("plugins");
    for profile in components.iter().map(|component| component.profile.as_str()).collect::<BTreeSet<_>>() {
        compile(&root, &target, profile, &components)?;
    }
    embed(&components, &target.join(TARGET), &out)?;
    embed_sdk(&root, &out)
}

/// Writes the list of the SDK's files, which `orangery plugin new` puts beside a new plugin.
fn embed_sdk(root: &Path, out: &Path) -> Result<(), BuildError> {
    let mut list = String::from("&[\n");
    for file in orangery_plugin_catalog::sdk(root).map_err(BuildError::Catalog)? {
        list.push_str(&format!("    SourceFile {{ path: {:?}, text: {:?} }},\n", file.path, file.text));
    }
    list.push_str("]\n");
    write(&out.join("sdk.rs"), list.as_bytes())
}

/// Builds the components of one profile.
fn compile(root: &Path, target: &Path, profile: &str, components: &[Component]) -> Result<(), BuildError> {
    let mut cargo = Command::new(path_of("CARGO")?);
    cargo.current_dir(root).args(["build", "--locked", "--profile", profile, "--lib", "--target", TARGET]);
    cargo.arg("--target-dir").arg(target);
    for component in components.iter().filter(|component| component.profile == profile) {
        cargo.args(["--package", &component.package]);
    }
    scrub(&mut cargo);
    let output = run(&mut cargo)?;
    if output.status.success() {
        return Ok(());
    }
    Err(BuildError::Failed(String::from_utf8_lossy(&output.stderr).into_owned()))
}

/// Writes the list of the plugins, and a file of its own for each private component: the host asks for those by name.
fn embed(components: &[Component], built: &Path, out: &Path) -> Result<(), BuildError> {
    let mut list = String::from("&[\n");
    for component in components {
        let entry = entry(component, &built.join(&component.profile), out)?;
        match component.role {
            Role::Private => write(&out.join(format!("{}.rs", component.name)), entry.as_bytes())?,
            Role::Provider | Role::Renderer => list.push_str(&format!("    {entry},\n")),
        }
    }
    list.push_str("]\n");
    write(&out.join("plugins.rs"), list.as_bytes())
}

/// One component as a Rust expression. Its bytes are copied, so that a later build cannot change them under the compiler.
fn entry(component: &Component, built: &Path, out: &Path) -> Result<String, BuildError> {
    let Component { name, role, .. } = component;
    let from = built.join(component.file());
    let bytes = fs::read(&from).map_err(|cause| BuildError::Io(from, cause))?;
    write(&out.join(format!("{name}.wasm")), &bytes)?;
    let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!(
        "Bundled {{ name: {name:?}, role: Role::{role:?}, digest: {digest:?}, \
         bytes: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}.wasm\")) }}"
    ))
}

fn write(file: &Path, bytes: &[u8]) -> Result<(), BuildError> {
    fs::write(file, bytes).map_err(|cause| BuildError::Io(file.to_path_buf(), cause))
}

/// The standard library for the target must be there; where rustup is, it is asked to install it.
fn require_target() -> Result<(), BuildError> {
    if has_target()? {
        return Ok(());
    }
    let toolchain = env::var("RUSTUP_TOOLCHAIN").ok();
    let mut rustup = Command::new("rustup");
    rustup.args(["target", "add", TARGET]);
    if let Some(toolchain) = &toolchain {
        rustup.args(["--toolchain", toolchain]);
    }
    let why = match rustup.output() {
        Ok(output) if output.status.success() && has_target()? => return Ok(()),
        Ok(output) => format!("rustup could not add it: {}", String::from_utf8_lossy(&output.stderr).trim()),
        Err(cause) => format!("there is no rustup to add it: {cause}"),
    };
    Err(BuildError::NoTarget(why))
}

fn has_target() -> Result<bool, BuildError> {
    let mut rustc = Command::new(path_of("RUSTC")?);
    rustc.args(["--print", "target-libdir", "--target", TARGET]);
    let output = run(&mut rustc)?;
    let folder = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Ok(output.status.success() && fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()))
}

/// The target folder of the outer build: cargo marks it. `CARGO_TARGET_DIR` need not be set.
fn target_folder(out: &Path) -> PathBuf {
    let marked = out.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    marked.unwrap_or(out).to_path_buf()
}

fn scrub(command: &mut Command) {
    let rustc = env::var_os("RUSTC");
    for (name, _) in env::vars_os() {
        let Some(text) = name.to_str() else { continue };
        let kept = KEPT.iter().any(|prefix| text.starts_with(prefix));
        let scrubbed = SCRUBBED.iter().any(|prefix| text.starts_with(prefix)) || SCRUBBED_EXACTLY.contains(&text);
        if scrubbed && !kept {
            command.env_remove(&name);
        }
    }
    // The compiler of the outer build, without its wrappers.
    if let Some(rustc) = rustc {
        command.env("RUSTC", rustc);
    }
}

fn run(command: &mut Command) -> Result<Output, BuildError> {
    command.output().map_err(|cause| BuildError::Start(command.get_program().into(), cause))
}

fn path_of(variable: &'static str) -> Result<PathBuf, BuildError> {
    env::var_os(variable).as_deref().map(OsStr::to_owned).map(PathBuf::from).ok_or(BuildError::Missing(variable))
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(variable) => write!(f, "cargo did not set {variable}: run the build script by cargo"),
            Self::Catalog(error) => write!(f, "{error}"),
            Self::Io(path, cause) => write!(f, "{}: {cause}", path.display()),
            Self::Start(program, cause) => write!(f, "could not start {}: {cause}", program.display()),
            Self::NoTarget(why) => write!(
                f,
                "the built-in plugins need the Rust target {TARGET}, which is not installed ({why}).\n\
                 Install it: `rustup target add {TARGET}`, or your distribution's package of the standard library for it."
            ),
            Self::Failed(stderr) => write!(f, "the built-in plugins do not build:\n{stderr}"),
        }
    }
}
