//! Which code from the end of a program's file runs, and which is refused.

use super::*;
use crate::engine;
use std::fs;
use std::path::PathBuf;
use wasmtime::{CodeBuilder, Config, ModuleVersionStrategy};

const PROGRAM: &[u8] = b"a program, whatever it does";

fn config() -> Config {
    engine::config(&Limits::default())
}

/// The engine that loads.
fn ours() -> Engine {
    Engine::new(&config()).unwrap()
}

fn compiled(config: &Config) -> Vec<u8> {
    let engine = Engine::new(config).unwrap();
    let module = "(core module (func (export \"f\") (result i32) i32.const 7))";
    let text = format!("(component {module})").into_bytes();
    CodeBuilder::new(&engine).wasm_binary_or_text(&text, None).unwrap().compile_component_serialized().unwrap()
}

/// A file with a program and this code for the component `abc`.
fn program(dir: &Path, code: &[u8]) -> PathBuf {
    let plain = dir.join("plain");
    fs::write(&plain, PROGRAM).unwrap();
    let path = dir.join("program");
    attach(&File::open(plain).unwrap(), &[("abc", code)], &mut File::create(&path).unwrap()).unwrap();
    path
}

fn unfit(path: &Path) -> String {
    let error = Precompiled::in_file(path).unwrap().load("abc", &ours()).unwrap_err().to_string();
    assert!(Precompiled::in_file(path).unwrap().component("abc", &ours()).is_none(), "it is compiled instead");
    error
}

#[test]
fn code_of_this_engine_for_any_processor_runs() {
    let dir = tempfile::tempdir().unwrap();
    let path = program(dir.path(), &compiled(&engine::baseline(&Limits::default()).unwrap()));
    let precompiled = Precompiled::in_file(&path).unwrap();
    assert!(precompiled.component("abc", &ours()).is_some());
    assert!(precompiled.component("abd", &ours()).is_none(), "that is another component");
    assert!(fs::read(path).unwrap().starts_with(PROGRAM));
}

#[test]
fn code_of_another_version_or_with_other_features_is_not_used() {
    let dir = tempfile::tempdir().unwrap();
    let mut version = config();
    version.module_version(ModuleVersionStrategy::Custom("another".to_owned())).unwrap();
    let said = unfit(&program(dir.path(), &compiled(&version)));
    assert!(said.contains("incompatible version 'another'"), "{said}");
    let mut features = config();
    features.epoch_interruption(false);
    let said = unfit(&program(dir.path(), &compiled(&features)));
    assert!(said.contains("epoch interruption"), "{said}");
}

#[test]
fn changed_code_is_refused_wherever_it_was_changed() {
    let dir = tempfile::tempdir().unwrap();
    let code = compiled(&config());
    let path = program(dir.path(), &code);
    let good = fs::read(&path).unwrap();
    for at in [PROGRAM.len(), PROGRAM.len() + code.len() / 2, PROGRAM.len() + code.len() - 1] {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(&path, bad).unwrap();
        let said = unfit(&path);
        assert!(said.contains("its hash differs"), "byte {at}: {said}");
    }
}

#[test]
fn a_changed_index_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let code = compiled(&config());
    let path = program(dir.path(), &code);
    let good = fs::read(&path).unwrap();
    let index = PROGRAM.len() + code.len();
    for at in [index, index + 20, good.len() - 16 - 32 - 8, good.len() - 16 - 1] {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(&path, bad).unwrap();
        let said = Precompiled::in_file(&path).unwrap_err().to_string();
        assert!(said.contains("damaged") && said.contains("install the program again"), "byte {at}: {said}");
    }
}

#[test]
fn a_program_without_code_has_none_and_one_with_code_can_be_given_other() {
    let dir = tempfile::tempdir().unwrap();
    let plain = dir.path().join("plain");
    for short in [b"".as_slice(), b"short", PROGRAM] {
        fs::write(&plain, short).unwrap();
        assert!(Precompiled::in_file(&plain).unwrap().entries.is_empty());
    }
    let code = compiled(&config());
    let first = program(dir.path(), b"not code at all");
    let second = dir.path().join("second");
    attach(&File::open(first).unwrap(), &[("abc", &code)], &mut File::create(&second).unwrap()).unwrap();
    assert_eq!(fs::read(&second).unwrap(), fs::read(program(dir.path(), &code)).unwrap());
    assert!(Precompiled::in_file(&second).unwrap().component("abc", &ours()).is_some());
}
