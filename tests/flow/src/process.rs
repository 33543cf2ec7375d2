//! The operator as a process of its own, as a cluster runs it.

use crate::operator;
use crate::world::World;
use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tempfile::NamedTempFile;

/// How long a process may take to end.
const ENDING: Duration = Duration::from_secs(20);

/// What a process is started with.
pub struct Launch {
    program: OsString,
    arguments: Vec<OsString>,
    environment: Vec<(String, String)>,
    inherits: Inherits,
    user: Option<u32>,
}

/// What a process has of the environment of the tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inherits {
    /// All of it.
    Everything,
    /// Nothing, as in an image that holds the program alone.
    Nothing,
}

impl Launch {
    /// `run` of a program with the rights of a kubeconfig. Its clients have the name of the world, if it is the program of
    /// these tests.
    ///
    /// # Errors
    /// The folder of compiled plugins cannot be found.
    pub fn new(program: impl Into<OsString>, kubeconfig: &Path, world: &World) -> Result<Self> {
        let mut launch = Self::shipped(program, kubeconfig, &["run".to_owned()]).flags(&["--plugin-cache"]);
        launch.arguments.push(operator::cache()?.into_os_string());
        launch.inherits = Inherits::Everything;
        Ok(launch.variable("ORANGERY_FLOW_AGENT", world.agent()).variable("ORANGERY_LOG", "info"))
    }

    /// A program with the arguments of the shipped Deployment, in an empty environment; the kubeconfig stands for what a
    /// kubelet mounts.
    #[must_use]
    pub fn shipped(program: impl Into<OsString>, kubeconfig: &Path, arguments: &[String]) -> Self {
        let mut all: Vec<OsString> = arguments.iter().map(Into::into).collect();
        all.extend(["--kubeconfig".into(), kubeconfig.into()]);
        let (environment, inherits) = (Vec::new(), Inherits::Nothing);
        Self { program: program.into(), arguments: all, environment, inherits, user: None }
    }

    /// As this user and group.
    #[must_use]
    pub fn user(mut self, user: u32) -> Self {
        self.user = Some(user);
        self
    }

    /// With these flags as well.
    #[must_use]
    pub fn flags<T: Into<OsString> + Clone>(mut self, flags: &[T]) -> Self {
        self.arguments.extend(flags.iter().cloned().map(Into::into));
        self
    }

    /// With this variable as well.
    #[must_use]
    pub fn variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Killed when so many of its requests were answered, the first that writes counted as the first.
    #[must_use]
    pub fn killed_after(self, requests: u64) -> Self {
        self.variable("ORANGERY_FLOW_KILL_AFTER", requests.to_string())
    }

    /// Starts it.
    ///
    /// # Errors
    /// There is no such program.
    pub fn start(&self) -> Result<Process> {
        let (health, metrics) = (free()?, free()?);
        let log = NamedTempFile::new().context("making a log file")?;
        let mut command = Command::new(&self.program);
        if self.inherits == Inherits::Nothing {
            command.env_clear();
        }
        if let Some(user) = self.user {
            command.uid(user).gid(user);
        }
        let child = command
            .args(&self.arguments)
            .args(["--health-addr", &health.to_string(), "--metrics-addr", &metrics.to_string()])
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log.reopen().context("opening the log file")?)
            .spawn()
            .with_context(|| format!("starting {}", self.program.display()))?;
        Ok(Process { child, health, metrics, log })
    }
}

/// A running operator; killed when dropped.
pub struct Process {
    child: Child,
    /// Where `/healthz` and `/readyz` answer.
    pub health: SocketAddr,
    /// Where `/metrics` answers.
    pub metrics: SocketAddr,
    log: NamedTempFile,
}

impl Process {
    /// How it ended, if it did.
    ///
    /// # Errors
    /// The system does not know.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Waits until it ends by itself.
    ///
    /// # Errors
    /// It does not.
    pub async fn ends(&mut self) -> Result<ExitStatus> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            if begun.elapsed() > ENDING {
                bail!("it did not end within {ENDING:?}:\n{}", self.said()?);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Sends SIGTERM, as a kubelet does, and waits for the end.
    ///
    /// # Errors
    /// It does not end.
    pub async fn terminate(&mut self) -> Result<ExitStatus> {
        if !Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?.success() {
            bail!("SIGTERM was not sent:\n{}", self.said()?);
        }
        self.ends().await
    }

    /// Everything on its standard error so far.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn said(&self) -> Result<String> {
        std::fs::read_to_string(self.log.path()).context("reading the log")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// An address that was free a moment ago.
fn free() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// The answer to a GET, or nothing if nobody answers.
#[must_use]
pub fn get(address: SocketAddr, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}
