//! Starts and observes the processes of the demo. Both end with this process.

use anyhow::{Context, Result, bail};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The longest wait for one result.
const PATIENCE: Duration = Duration::from_secs(60);

/// A forge, an operator, and where they write.
pub(crate) struct Stage {
    programs: PathBuf,
    into: PathBuf,
    url: String,
    forge: Child,
    operator: Option<Child>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.close();
        let _ = self.forge.kill();
        let _ = self.forge.wait();
    }
}

impl Stage {
    /// Starts the forge and writes the manifests with its address in the place of github.com.
    pub(crate) fn open(programs: &Path, into: &Path, example: &Path, seed: &str) -> Result<Self> {
        if into.exists() {
            std::fs::remove_dir_all(into).with_context(|| format!("cannot empty {}", into.display()))?;
        }
        std::fs::create_dir_all(into.join("manifests"))?;
        let seed_file = into.join("seed.json");
        std::fs::write(&seed_file, seed)?;
        let port_file = into.join("forge.port");
        let mut forge = Command::new(programs.join("orangery-forge"))
            .args(["serve", "--seed"])
            .arg(&seed_file)
            .arg("--port-file")
            .arg(&port_file)
            .stdout(File::create(into.join("forge.log"))?)
            .stderr(File::create(into.join("forge.err"))?)
            .spawn()
            .context("cannot start the simulated forge")?;
        let begun = Instant::now();
        let port = loop {
            let port = std::fs::read_to_string(&port_file).unwrap_or_default().trim().to_owned();
            if !port.is_empty() {
                break port;
            }
            if let Some(status) = forge.try_wait()? {
                bail!("the simulated forge ended at once ({status}); {} says why", into.join("forge.err").display());
            }
            if begun.elapsed() > PATIENCE {
                bail!("the simulated forge did not start; {} may say why", into.join("forge.err").display());
            }
            std::thread::sleep(Duration::from_millis(50));
        };
        let url = format!("http://127.0.0.1:{port}");
        for entry in std::fs::read_dir(example)? {
            let path = entry?.path();
            let Some(name) = path.file_name() else { continue };
            let text = std::fs::read_to_string(&path)?;
            std::fs::write(into.join("manifests").join(name), text.replace("https://github.com", &url))?;
        }
        println!("   the forge listens on {url}");
        Ok(Self { programs: programs.to_owned(), into: into.to_owned(), url, forge, operator: None })
    }

    /// Starts the operator in local mode.
    pub(crate) fn start_operator(&mut self) -> Result<()> {
        let child = Command::new(self.programs.join("orangery"))
            .args(["run", "--interval", "2s", "--local"])
            .arg(self.directory())
            .arg("-f")
            .arg(self.manifests())
            .args(["--secret-from-env", "app-preview/github-auth=DEMO_TOKEN"])
            .env("DEMO_TOKEN", "demo-token-that-no-plugin-ever-sees")
            .stdout(File::create(self.log())?)
            .stderr(File::create(self.into.join("orangery.err"))?)
            .stdin(Stdio::null())
            .spawn()
            .context("cannot start the operator")?;
        println!("   orangery run --local {} -f {}", self.directory().display(), self.manifests().display());
        self.operator = Some(child);
        Ok(())
    }

    /// Where the objects are.
    pub(crate) fn directory(&self) -> PathBuf {
        self.into.join("cluster")
    }

    /// Where the manifests are.
    pub(crate) fn manifests(&self) -> PathBuf {
        self.into.join("manifests")
    }

    /// The output of the operator.
    pub(crate) fn log(&self) -> PathBuf {
        self.into.join("orangery.log")
    }

    /// Drives the forge.
    pub(crate) fn forge(&self, words: &[&str]) -> Result<()> {
        println!("   $ orangery-forge {}", words.join(" "));
        let done = Command::new(self.programs.join("orangery-forge"))
            .arg("--url")
            .arg(&self.url)
            .args(words)
            .stdin(Stdio::null())
            .output()?;
        if !done.status.success() {
            bail!("orangery-forge {}: {}", words.join(" "), String::from_utf8_lossy(&done.stderr));
        }
        Ok(())
    }

    /// All requests to the pull request list, and those that were answered 304.
    pub(crate) fn requests(&self) -> Result<(usize, usize)> {
        let done = Command::new(self.programs.join("orangery-forge"))
            .arg("--url")
            .arg(&self.url)
            .args(["requests", "--path", "/pulls"])
            .output()?;
        let log = String::from_utf8_lossy(&done.stdout).into_owned();
        Ok((log.lines().count(), log.lines().filter(|line| line.contains("304")).count()))
    }

    /// The previews that exist: the names of the HelmReleases.
    pub(crate) fn previews(&self) -> Vec<String> {
        let folder = self.directory().join("app-preview/HelmRelease.helm.toolkit.fluxcd.io");
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_suffix(".yaml").map(ToOwned::to_owned))
            .collect();
        names.sort();
        names
    }

    /// The first line of an object that has this field.
    pub(crate) fn field(&self, object: &str, field: &str) -> Result<String> {
        let file = self.directory().join("app-preview").join(object);
        let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let line =
            text.lines().find(|line| line.trim_start().starts_with(field) || line.contains(&format!("/{field}")));
        line.map(|line| line.trim().to_owned()).with_context(|| format!("{} has no {field}", file.display()))
    }

    /// Prints some fields of an object.
    pub(crate) fn show(&self, object: &str, fields: &[&str]) -> Result<()> {
        println!("   {object}");
        for field in fields {
            println!("     {}", self.field(object, field)?);
        }
        Ok(())
    }

    /// Lines that the operator has written so far.
    pub(crate) fn log_lines(&self) -> usize {
        self.said().lines().count()
    }

    /// Whether the operator has printed something since a line.
    pub(crate) fn says(&self, since: usize, words: &str) -> bool {
        self.said().lines().skip(since).any(|line| line.contains(words))
    }

    /// Whether the last line about a set is this one.
    pub(crate) fn last_says(&self, words: &str) -> bool {
        self.said().lines().rev().find(|line| line.contains(" set ")).is_some_and(|line| line.contains(words))
    }

    fn said(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// Waits for the result of a step.
    pub(crate) fn until(&mut self, promise: &str, mut holds: impl FnMut(&Self) -> bool) -> Result<()> {
        let begun = Instant::now();
        loop {
            if holds(self) {
                println!("   ✔ {promise} ({:.1} s)", begun.elapsed().as_secs_f64());
                return Ok(());
            }
            if let Some(operator) = self.operator.as_mut()
                && let Some(status) = operator.try_wait()?
            {
                let errors = std::fs::read_to_string(self.into.join("orangery.err")).unwrap_or_default();
                bail!("the operator ended ({status}) before {promise}:\n{}\n{errors}", self.said());
            }
            if begun.elapsed() > PATIENCE {
                let errors = std::fs::read_to_string(self.into.join("orangery.err")).unwrap_or_default();
                bail!("waited {} s for: {promise}; the operator said:\n{}\n{errors}", PATIENCE.as_secs(), self.said());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Ends the operator as a kubelet ends a pod.
    pub(crate) fn close(&mut self) {
        if let Some(mut operator) = self.operator.take() {
            let _ = Command::new("kill").arg(operator.id().to_string()).status();
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_secs(10) && operator.try_wait().is_ok_and(|status| status.is_none())
            {
                std::thread::sleep(Duration::from_millis(50));
            }
            let _ = operator.kill();
            let _ = operator.wait();
        }
    }
}
