//! `orangery plugin precompile`: a copy of this program that holds its built-in plugins as machine code too.
//!
//! It is how a release is made: the first start of the copy compiles nothing. The code runs on every processor of the architecture
//! and is part of the program's file, so it is trusted exactly as the program is.

use crate::cli::PluginPrecompileOptions;
use crate::exit;
use anyhow::Context;
use orangery_sandbox::{Compiler, attach, precompile};
use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::ExitCode;

/// Everyone may run a program.
const MODE: u32 = 0o755;

/// Compiles, and writes the copy.
///
/// # Errors
/// A built-in plugin does not compile, or the copy cannot be written.
pub async fn perform(options: &PluginPrecompileOptions) -> anyhow::Result<ExitCode> {
    let compiler = Compiler::this_program();
    let mut codes = Vec::new();
    for bundled in orangery_bundled::plugins().iter().chain([orangery_bundled::evaluator()]) {
        let code = precompile(bundled.bytes, &compiler).await.with_context(|| format!("compiling {}", bundled.name))?;
        println!("{:<12} {:>9} bytes, {:>9} as machine code", bundled.name, bundled.bytes.len(), code.len());
        codes.push((bundled.digest, code));
    }
    let codes: Vec<(&str, &[u8])> = codes.iter().map(|(digest, code)| (*digest, code.as_slice())).collect();
    let out = &options.out;
    let program = std::env::current_exe().context("cannot tell which file this program is")?;
    let program = File::open(&program).with_context(|| format!("cannot read {}", program.display()))?;
    // A name of its own until it is whole: the file may be a program that runs.
    let temporary = out.with_extension("unfinished");
    let written = || -> anyhow::Result<()> {
        let mut file = File::create(&temporary)?;
        attach(&program, &codes, &mut file)?;
        file.set_permissions(Permissions::from_mode(MODE))?;
        file.sync_all()?;
        Ok(std::fs::rename(&temporary, out)?)
    };
    written().with_context(|| format!("cannot write {}", out.display()))?;
    println!("{} starts without compiling them", out.display());
    Ok(exit::SUCCESS)
}
