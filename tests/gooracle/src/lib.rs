//! Asks the real Go libraries: a small Go program beside this crate answers one JSON request a line.
//!
//! The program is built once for each state of its sources, into the target folder, and runs as one process for each
//! [`Oracle`]. Needs `go`; its absence is an error, never a skipped test.

use anyhow::{Context, Result, bail};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// No answer takes longer.
const PATIENCE: Duration = Duration::from_secs(20);
/// What the program is built from.
const SOURCES: [&str; 8] =
    ["bench.go", "cel.go", "go.mod", "go.sum", "main.go", "objects.go", "template.go", "yaml.go"];

/// A running program.
#[derive(Debug)]
pub struct Oracle {
    child: Child,
    requests: ChildStdin,
    answers: Receiver<String>,
}

impl Oracle {
    /// Builds the program if its sources changed, and starts it.
    ///
    /// # Errors
    /// When `go` is missing or refuses the sources.
    pub fn start() -> Result<Self> {
        let program = build()?;
        let mut child = Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let requests = child.stdin.take().context("the oracle has no input")?;
        let output = child.stdout.take().context("the oracle has no output")?;
        let (send, answers) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Self { child, requests, answers })
    }

    /// Asks one question.
    ///
    /// # Errors
    /// When the program died or is silent; what it refuses is an answer with `err`.
    pub fn ask(&mut self, request: &Value) -> Result<Value> {
        self.requests.write_all(format!("{request}\n").as_bytes())?;
        self.requests.flush()?;
        match self.answers.recv_timeout(PATIENCE) {
            Ok(line) => Ok(serde_json::from_str(&line)?),
            Err(_) => bail!("the oracle is silent about {request}"),
        }
    }
}

impl Oracle {
    /// Asks many questions at once; the answers come in their order.
    ///
    /// # Errors
    /// As [`Oracle::ask`].
    pub fn ask_all(&mut self, requests: &[Value]) -> Result<Vec<Value>> {
        let lines: String = requests.iter().map(|request| format!("{request}\n")).collect();
        let Self { requests: input, answers, .. } = self;
        std::thread::scope(|scope| {
            // Both pipes are bounded: a thread of its own writes, so that neither side waits for the other to read first.
            let writing = scope.spawn(move || input.write_all(lines.as_bytes()).and_then(|()| input.flush()));
            let mut found = Vec::with_capacity(requests.len());
            for request in requests {
                match answers.recv_timeout(PATIENCE) {
                    Ok(line) => found.push(serde_json::from_str(&line)?),
                    Err(_) => bail!("the oracle is silent about {request}"),
                }
            }
            writing.join().map_err(|_| anyhow::anyhow!("the thread that asks failed"))??;
            Ok(found)
        })
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        // It ends by itself when its input closes; a stuck one must not outlive the test.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Builds the program if its sources changed; answers where it is.
///
/// # Errors
/// When `go` is missing or refuses the sources.
pub fn build() -> Result<PathBuf> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut digest = Sha256::new();
    for name in SOURCES {
        digest.update(std::fs::read(sources.join(name)).with_context(|| format!("reading {name}"))?);
    }
    let key: String = digest.finalize().iter().take(8).map(|b| format!("{b:02x}")).collect();
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| sources.join("../../target"), PathBuf::from);
    let folder = target.join("gooracle");
    std::fs::create_dir_all(&folder)?;
    let program = folder.join(format!("gooracle-{key}"));
    if program.exists() {
        return Ok(program);
    }
    // Other tests, threads of this process among them, may want to build the same.
    let lock = std::fs::File::create(folder.join("build.lock")).context("creating the build lock")?;
    lock.lock().context("waiting for the build lock")?;
    if program.exists() {
        return Ok(program);
    }
    // Renamed when complete, so that an interrupted build is never taken for a program.
    let own = folder.join(format!("gooracle-{key}.unfinished"));
    let status = Command::new("go")
        .args(["build", "-o"])
        .arg(&own)
        .arg(".")
        .current_dir(sources)
        .env("GOTOOLCHAIN", "local")
        .status()
        .context("running `go build`; the comparison with the Go libraries needs Go 1.26")?;
    if !status.success() {
        bail!("`go build` failed in {}", sources.display());
    }
    std::fs::rename(&own, &program)?;
    Ok(program)
}
