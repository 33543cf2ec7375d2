//! `orangery plugin precompile`: the copy compiles nothing, and a copy that was changed compiles as if it had no machine code.

use crate::bench::orangery;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// `plugin list` of this program, which loads every built-in plugin; compiled plugins are kept in the folder.
fn list(program: &Path, cache: &Path) -> Output {
    let mut command = Command::new(program);
    command.env_clear().args(["plugin", "list", "--plugin-cache"]).arg(cache);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("renderer gotemplate"));
    output
}

/// How many plugins were compiled: each leaves a file.
fn compiled(cache: &Path) -> usize {
    let names = fs::read_dir(cache).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".cwasm")).count()
}

#[test]
fn a_copy_with_machine_code_compiles_nothing_and_a_damaged_one_compiles() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("orangery");
    orangery(["plugin", "precompile", "--out"].map(Into::into).into_iter().chain([copy.clone().into_os_string()]))
        .run()
        .exits(0)
        .prints("gotemplate")
        .prints("evaluator")
        .prints("starts without compiling them");

    let fresh = folder.path().join("fresh");
    let quiet = list(&copy, &fresh);
    assert_eq!(compiled(&fresh), 0);
    assert_eq!(String::from_utf8_lossy(&quiet.stderr), "");

    // One byte of the code of the first plugin, which stands right behind the program.
    let mut bytes = fs::read(&copy).unwrap();
    let program = fs::metadata(env!("CARGO_BIN_EXE_orangery")).unwrap().len();
    bytes[usize::try_from(program).unwrap() + 100_000] ^= 1;
    let damaged = folder.path().join("damaged");
    fs::write(&damaged, &bytes).unwrap();
    fs::set_permissions(&damaged, fs::metadata(&copy).unwrap().permissions()).unwrap();
    let cache = folder.path().join("cache");
    let said = list(&damaged, &cache);
    let said = String::from_utf8_lossy(&said.stderr);
    assert!(said.contains("is not used") && said.contains("its hash differs"), "{said}");
    assert_eq!(compiled(&cache), 1, "the other plugins are not touched");
}
