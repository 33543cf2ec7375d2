//! The drawing of every crate: folders of at most a dozen, no file name three times, and no modules that name each other.

use anyhow::{Result, ensure};
use orangery_test_architecture::drawing::Drawing;
use orangery_test_architecture::modules;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Files and folders in one folder.
const ENTRIES: usize = 12;

/// The `src` of every crate that is part of the product.
fn crates() -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for top in ["compat", "host", "plugins"] {
        for entry in std::fs::read_dir(Path::new("../..").join(top))? {
            let src = entry?.path().join("src");
            if src.is_dir() {
                found.push(src);
            }
        }
    }
    found.sort();
    ensure!(found.len() > 12, "only {found:?} found: the test looks in the wrong place");
    Ok(found)
}

fn folders(src: &Path) -> Result<Vec<PathBuf>> {
    let mut all = vec![src.to_owned()];
    let mut open = vec![src.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                all.push(path.clone());
                open.push(path);
            }
        }
    }
    Ok(all)
}

/// Test crates that have outgrown a single folder once.
const TESTS: [&str; 3] = ["../../tests/flow/src", "../../tests/flow/tests/flow", "../../tests/forge/src"];

#[test]
fn no_folder_holds_more_than_a_dozen() -> Result<()> {
    let mut full = Vec::new();
    for src in crates()?.into_iter().chain(TESTS.map(PathBuf::from)) {
        for folder in folders(&src)? {
            let front = ["mod.rs", "lib.rs", "main.rs"];
            let mut nouns: Vec<String> = Vec::new();
            for entry in std::fs::read_dir(&folder)? {
                let name = entry?.file_name().to_string_lossy().into_owned();
                // `spec.rs` and the folder `spec/` are one module, and a folder's front page is the folder.
                let noun = name.strip_suffix(".rs").unwrap_or(&name).to_owned();
                if !front.contains(&name.as_str()) && !nouns.contains(&noun) {
                    nouns.push(noun);
                }
            }
            if nouns.len() > ENTRIES {
                full.push(format!("{} holds {}: {}", folder.display(), nouns.len(), nouns.join(", ")));
            }
        }
    }
    ensure!(full.is_empty(), "give these folders rooms by subject:\n{}", full.join("\n"));
    Ok(())
}

#[test]
fn no_file_name_stands_three_times_in_a_crate() -> Result<()> {
    let mut often = Vec::new();
    for src in crates()? {
        let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for folder in folders(&src)? {
            for entry in std::fs::read_dir(&folder)? {
                let path = entry?.path();
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                if path.is_file() && !["mod.rs", "lib.rs", "main.rs", "tests.rs"].contains(&name.as_str()) {
                    places.entry(name).or_default().push(path.display().to_string());
                }
            }
        }
        often.extend(places.into_values().filter(|places| places.len() > 2).map(|places| places.join(" ")));
    }
    ensure!(often.is_empty(), "these files need names of their own:\n{}", often.join("\n"));
    Ok(())
}

#[test]
fn the_modules_of_every_folder_of_a_crate_import_without_circles() -> Result<()> {
    let mut knots = Vec::new();
    for src in crates()? {
        let drawing = Drawing::of(&modules::read(&src)?);
        for (folder, knot) in drawing.knots() {
            let names: Vec<&str> = knot.iter().map(String::as_str).collect();
            let evidence = drawing.evidence(&folder, &knot).join("\n");
            knots.push(format!("{} {}: {}\n{evidence}", src.display(), folder.join("::"), names.join(", ")));
        }
    }
    ensure!(knots.is_empty(), "these modules name each other:\n{}", knots.join("\n"));
    Ok(())
}

#[test]
fn two_modules_that_name_each_other_are_found_through_super_groups_and_re_exports() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text);
    write("lib.rs", "mod one; mod two; mod three; pub use one::First;")?;
    write("one.rs", "use super::{two::Second, three}; pub struct First;")?;
    write("two.rs", "fn f() { let _ = crate::First; } // crate::three::Comment")?;
    write("three.rs", "#[cfg(test)] mod tests { use crate::one::First; }")?;
    let knots = Drawing::of(&modules::read(folder.path())?).knots();
    let [(at, knot)] = knots.as_slice() else { anyhow::bail!("{knots:?}") };
    ensure!(at.is_empty() && knot.iter().eq(["one", "two"]), "{knots:?}");
    Ok(())
}
