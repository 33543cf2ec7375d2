//! `cargo xtask guided`: libFuzzer, guided by coverage, looks for texts that break a reader. Needs a C++ compiler.

use crate::machine::{cargo, root, target};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The instrumentation that rustc adds, so that libFuzzer sees which branches a text reaches.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Cllvm-args=-simplifycfg-branch-fold-threshold=0 \
    -Ccodegen-units=1 --cfg fuzzing";
/// Where the crate of the targets is.
const CRATE: &str = "tests/fuzz/guided";

/// Look for texts that make a reader panic, overflow the stack or take too long, guided by coverage.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Which reader.
    target: Target,
    /// How long to look.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Where the random numbers begin.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// The readers.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Target {
    /// The YAML reader of compat/go-yaml.
    Yaml,
    /// The parser of plugins/gotemplate.
    Template,
}

impl Target {
    fn name(self) -> &'static str {
        match self {
            Self::Yaml => "yaml",
            Self::Template => "template",
        }
    }

    /// The checked-in cases to begin with, and the field of a case that holds the text.
    fn seeds(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Yaml => {
                &[("compat/go-yaml/tests/corpus/read.json", "in"), ("compat/go-yaml/tests/corpus/stream.json", "in")]
            }
            Self::Template => &[
                ("tests/gooracle/tests/differential/corpus.json", "template"),
                ("plugins/gotemplate/tests/functions.json", "template"),
            ],
        }
    }
}

/// Builds the target with coverage, gives it the seeds, runs it and names what it found.
pub(crate) fn run(options: &Options) -> Result<()> {
    let name = options.target.name();
    let folder = target().join("guided");
    let host = host()?;
    let status = cargo()
        .current_dir(root().join(CRATE))
        // Its lock file follows the workspace: a dependency that a reader has gained must not stop the search.
        .args(["build", "--release", "--bin", name, "--target", &host, "--target-dir"])
        .arg(&folder)
        .env("RUSTFLAGS", COVERAGE)
        .status()?;
    if !status.success() {
        bail!("the target does not build; libFuzzer is C++: is a C++ compiler (c++, or $CXX) installed?");
    }
    let [corpus, seeds, crashes] = ["corpus", "seeds", "crashes"].map(|part| folder.join(part).join(name));
    for folder in [&corpus, &seeds, &crashes] {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    }
    for (file, field) in options.target.seeds() {
        plant(&seeds, file, field)?;
    }
    let before = listed(&crashes)?;
    let ended = Command::new(folder.join(&host).join("release").join(name))
        .arg(format!("-max_total_time={}", options.seconds))
        .arg(format!("-seed={}", options.seed))
        .arg(format!("-artifact_prefix={}/", crashes.display()))
        .arg(format!("-dict={}", root().join(CRATE).join(format!("{name}.dict")).display()))
        .args(["-timeout=10", "-rss_limit_mb=2048", "-max_len=8192", "-print_final_stats=1", "-verbosity=1"])
        .args([&corpus, &seeds])
        .arg(root().join("tests/fuzz/regressions").join(name))
        .status()?;
    let found: Vec<PathBuf> = listed(&crashes)?.difference(&before).cloned().collect();
    for file in &found {
        println!("found: {}", file.display());
    }
    if !ended.success() || !found.is_empty() {
        bail!(
            "a text breaks the {name} reader, see above. Mend the reader and copy the file to tests/fuzz/regressions/{name}/ \
             under a name that says what it is: `cargo test -p orangery-test-fuzz` runs it from then on"
        );
    }
    println!("nothing found in {} s; what covers the code is kept in {}", options.seconds, corpus.display());
    Ok(())
}

/// The target triple of this machine. Naming it keeps the coverage out of build scripts and procedural macros.
fn host() -> Result<String> {
    let output = Command::new("rustc").current_dir(root()).arg("-vV").output().context("rustc is not on PATH")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("`rustc -vV` names no host")
}

/// Writes the texts of a file of cases, one file each.
fn plant(seeds: &Path, file: &str, field: &str) -> Result<()> {
    let path = root().join(file);
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let json: Value = serde_json::from_str(&text).with_context(|| format!("{} is no JSON", path.display()))?;
    let cases = json.as_array().or_else(|| json.get("cases")?.as_array());
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let texts = cases.into_iter().flatten().filter_map(|case| case.get(field)?.as_str());
    let mut planted = 0_usize;
    for text in texts {
        std::fs::write(seeds.join(format!("{stem}-{planted}")), text)?;
        planted += 1;
    }
    if planted == 0 {
        bail!("{} holds no cases with a `{field}`", path.display());
    }
    Ok(())
}

fn listed(folder: &Path) -> Result<BTreeSet<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    Ok(entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?)
}
