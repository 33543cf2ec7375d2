//! Runs the binary as a user would, in an environment that has nothing of the developer's.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// What a run came to.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// One call of the binary.
pub(crate) struct Call {
    command: Command,
    input: Option<String>,
}

/// The binary with these words.
pub(crate) fn orangery<S: AsRef<std::ffi::OsStr>>(words: impl IntoIterator<Item = S>) -> Call {
    let mut command = Command::new(env!("CARGO_BIN_EXE_orangery"));
    command.args(words);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let ours = ["ORANGERY_", "KUBECONFIG", "RUST_LOG", "DEFAULT_SERVICE_ACCOUNT", "HTTP_PROXY", "HTTPS_PROXY"];
        if ours.iter().any(|prefix| text.to_uppercase().starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
    // Compiled plugins are shared by all tests; a kubeconfig of the developer is not seen.
    command.env("XDG_CACHE_HOME", scratch().join("cache")).env("HOME", scratch().join("home"));
    Call { command, input: None }
}

impl Call {
    pub(crate) fn inside(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn reads(mut self, text: &str) -> Self {
        self.input = Some(text.to_owned());
        self
    }

    /// Starts it and does not wait.
    pub(crate) fn spawn(mut self) -> Child {
        self.command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Runs to the end.
    pub(crate) fn run(mut self) -> Ran {
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A command that does not read closes its end: no fault of the test.
        drop(stdin.write_all(self.input.unwrap_or_default().as_bytes()));
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        Ran {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "exit code\n--- stdout\n{}\n--- stderr\n{}", self.out, self.err);
        self
    }

    /// It failed with this text, and said nothing on stdout.
    #[track_caller]
    pub(crate) fn fails_with(self, text: &str) -> Self {
        let ran = self.exits(1).warns(text);
        assert_eq!(ran.out, "", "a failure prints nothing on stdout");
        ran
    }

    #[track_caller]
    pub(crate) fn warns(self, text: &str) -> Self {
        assert!(self.err.contains(text), "stderr should contain {text:?}\n--- stderr\n{}", self.err);
        self
    }

    #[track_caller]
    pub(crate) fn prints(self, text: &str) -> Self {
        assert!(self.out.contains(text), "stdout should contain {text:?}\n--- stdout\n{}", self.out);
        self
    }
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A folder below the target folder that outlives the tests.
pub(crate) fn scratch() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
}

/// All files below a folder by their relative paths, hidden folders left out.
pub(crate) fn tree(folder: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    collect(folder, "", &mut files, false);
    files
}

/// All files below a folder, hidden ones too.
pub(crate) fn whole_tree(folder: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    collect(folder, "", &mut files, true);
    files
}

fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, String>, hidden: bool) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if name.starts_with('.') && !hidden {
            continue;
        }
        let path = format!("{prefix}{name}");
        if entry.file_type().unwrap().is_dir() {
            collect(&entry.path(), &format!("{path}/"), files, hidden);
        } else {
            files.insert(path, String::from_utf8_lossy(&std::fs::read(entry.path()).unwrap()).into_owned());
        }
    }
}

/// The text without the line that names a random UID.
pub(crate) fn without_uid(text: &str) -> String {
    text.lines().filter(|line| !line.starts_with("# uid: ")).fold(String::new(), |all, line| all + line + "\n")
}
