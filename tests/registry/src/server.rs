//! The running registry.

use crate::programs::{CRANE, REGISTRY};
use crate::tokens::Tokens;
use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The user of [`Registry::with_password`] and [`Registry::with_tokens`].
pub const USER: &str = "ci";
/// The password of [`USER`].
pub const PASSWORD: &str = "let:me-in";
/// [`PASSWORD`] as `htpasswd` keeps it, with the least work, so that a request takes no time.
const HTPASSWD: &str = "ci:$2a$04$DQZTkmXxoL5bygVsvR2oyukRRK37eWJaUIMC6pbEHcqRtAFR9.VCm\n";

/// A running registry; it ends when dropped.
pub struct Registry {
    address: SocketAddr,
    child: Child,
    folder: TempDir,
    tokens: Option<Tokens>,
}

impl Registry {
    /// Starts one with nothing in it, which everybody may read and write.
    ///
    /// # Errors
    /// It cannot be built or does not listen.
    pub fn start() -> Result<Self> {
        Self::serve(tempfile::tempdir()?, "", None)
    }

    /// Starts one that wants a user and a password with each request.
    ///
    /// # Errors
    /// It cannot be built or does not listen.
    pub fn with_password() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("htpasswd");
        std::fs::write(&file, HTPASSWD)?;
        let auth = format!("auth: {{htpasswd: {{realm: tests, path: {}}}}}\n", file.display());
        Self::serve(folder, &auth, None)
    }

    /// Starts one that wants tokens, and the service that gives them out to [`USER`].
    ///
    /// # Errors
    /// It cannot be built or does not listen.
    pub fn with_tokens() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let tokens = Tokens::start()?;
        let bundle = folder.path().join("issuer.pem");
        std::fs::write(&bundle, tokens.certificate())?;
        let auth = format!(
            "auth: {{token: {{realm: \"{}\", service: tests, issuer: tests, rootcertbundle: {}}}}}\n",
            tokens.realm(),
            bundle.display()
        );
        Self::serve(folder, &auth, Some(tokens))
    }

    fn serve(folder: TempDir, auth: &str, tokens: Option<Tokens>) -> Result<Self> {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let configuration = folder.path().join("registry.yaml");
        let storage = folder.path().join("storage");
        let text = format!(
            "version: 0.1\nlog: {{level: warn}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: \"{address}\"}}\n{auth}",
            storage.display()
        );
        std::fs::write(&configuration, text)?;
        let log = std::fs::File::create(folder.path().join("log"))?;
        let child = Command::new(REGISTRY.built()?)
            .arg("serve")
            .arg(&configuration)
            // No collector listens on this machine.
            .env("OTEL_TRACES_EXPORTER", "none")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("starting the registry")?;
        let mut registry = Self { address, child, folder, tokens };
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            if let Some(status) = registry.child.try_wait()? {
                bail!("the registry ended: {status}\n{}", registry.log());
            }
            if begun.elapsed() > Duration::from_secs(20) {
                bail!("the registry does not listen on {address}\n{}", registry.log());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(registry)
    }

    /// What it logged.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Host and port.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// How many tokens its service gave out.
    #[must_use]
    pub fn tokens(&self) -> usize {
        self.tokens.as_ref().map_or(0, Tokens::given)
    }

    /// The folder of the client, where a `config.json` holds credentials.
    #[must_use]
    pub fn docker_folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs the client; what it printed.
    ///
    /// # Errors
    /// It failed: with its words.
    pub fn crane<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<String> {
        let output = Command::new(CRANE.built()?)
            .args(arguments)
            .env("DOCKER_CONFIG", self.folder.path())
            .output()
            .context("starting crane")?;
        if !output.status.success() {
            bail!("crane failed: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8(output.stdout)?)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
