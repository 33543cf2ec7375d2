//! `cargo xtask image`: the OCI image of the program, made without a container engine.
//!
//! ```text
//! image/oci-layout, index.json      an OCI image layout, for `crane push`, `skopeo copy oci:…`, `oras cp --from-oci-layout`
//! image/blobs/sha256/…              manifest, configuration, two layers: the files of the root, the program
//! ```
//! # Guarantees
//! The same program gives the same bytes: files are sorted, their times are `SOURCE_DATE_EPOCH` or 1970, their owner is root.
//! There is no shell and no package manager; the process is user 65532; the CA roots are Mozilla's, of the version in Cargo.lock.
//!
//! # Assumptions
//! The program is for Linux. A static one (see `cargo xtask dist`) stands alone; with a dynamic one, the image holds the loader and
//! the libraries of this machine, and the last line says so.

mod archive;
mod layout;
mod program;
mod root;

use crate::dist::{self, Linked, Target};
use crate::machine::{ensure_wasm_target, target as target_folder};
use crate::steps::Steps;
use anyhow::{Context, Result};
use archive::Archive;
use layout::Layout;
use program::Program;
use std::path::{Path, PathBuf};

/// Make the OCI image of the program, as an image layout in a folder.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// A program that is built already; the default builds what `cargo xtask dist` publishes, static where that is possible.
    #[arg(long)]
    program: Option<PathBuf>,
    /// Where the layout is written; the default is `image` in the target folder.
    #[arg(long)]
    into: Option<PathBuf>,
    /// Another profile, to try the steps without the long optimisation.
    #[arg(long, default_value = dist::PROFILE)]
    profile: String,
}

/// Makes the image; what is worth knowing about it is said at the end.
pub(crate) fn run(options: &Options) -> Result<()> {
    let mut steps = Steps::new(2);
    let into = options.into.clone().unwrap_or_else(|| target_folder().join("image"));
    let mut remarks = Vec::new();
    let built = steps.perform("the program", || match &options.program {
        Some(program) => Ok(program.clone()),
        None => build(&options.profile, &mut remarks),
    })?;
    let digest = steps.perform("the image", || {
        let program = Program::read(&built)?;
        if !program.libraries.is_empty() {
            let files: Vec<_> = program.libraries.iter().map(|library| library.at.display().to_string()).collect();
            remarks.push(format!("the program is not static: the image holds this machine's {}", files.join(", ")));
        }
        write(&into, &program)
    })?;
    for remark in &remarks {
        eprintln!("!! {remark}");
    }
    steps.finish(&format!("{} holds the image {digest}", into.display()));
    println!("{digest}");
    Ok(())
}

fn build(profile: &str, remarks: &mut Vec<String>) -> Result<PathBuf> {
    ensure_wasm_target()?;
    let host = Target::host()?;
    let target = match Target::of_static_program(&host) {
        Linked::Possible(target) => target,
        Linked::Impossible(why) => {
            remarks.push(format!("no static program: {why}"));
            host
        }
    };
    let program = target_folder().join("image-program");
    dist::program(profile, &target, &program)?;
    Ok(program)
}

/// Writes the layout; answers the digest of the manifest.
fn write(into: &Path, program: &Program) -> Result<String> {
    if into.exists() {
        // Only what this command has written is removed.
        anyhow::ensure!(
            into.join("oci-layout").exists(),
            "{} is not an image layout: name an empty folder",
            into.display()
        );
        std::fs::remove_dir_all(into).with_context(|| format!("emptying {}", into.display()))?;
    }
    let time = time()?;
    let mut base = Archive::new(time);
    for (path, bytes) in root::files()? {
        base.file(Path::new(&path), 0o644, &bytes)?;
    }
    for library in &program.libraries {
        base.file(&library.at, 0o755, &library.bytes)?;
    }
    let mut own = Archive::new(time);
    own.file(Path::new(layout::ENTRYPOINT), 0o755, &program.bytes)?;
    let mut layout = Layout::create(into)?;
    layout.layer(base.finish()?)?;
    layout.layer(own.finish()?)?;
    layout.finish(program.architecture, &dist::version()?, time)
}

/// Seconds since 1970: the time of every file.
fn time() -> Result<u64> {
    match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(given) => given.parse().with_context(|| format!("SOURCE_DATE_EPOCH is {given:?}, not a number of seconds")),
        Err(_) => Ok(0),
    }
}
