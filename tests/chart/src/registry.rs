//! A real registry on loopback, and a client for it.

use crate::{CRANE, REGISTRY};
use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A running registry; it ends when dropped.
pub struct Registry {
    address: SocketAddr,
    child: Child,
    folder: TempDir,
}

impl Registry {
    /// Starts one with nothing in it.
    ///
    /// # Errors
    /// It cannot be built or does not listen.
    pub fn start() -> Result<Self> {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let folder = tempfile::tempdir()?;
        let configuration = folder.path().join("registry.yaml");
        let storage = folder.path().join("storage");
        let text = format!(
            "version: 0.1\nlog: {{level: warn}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: \"{address}\"}}\n",
            storage.display()
        );
        std::fs::write(&configuration, text)?;
        let child = Command::new(REGISTRY.built()?)
            .arg("serve")
            .arg(&configuration)
            // No collector listens on this machine.
            .env("OTEL_TRACES_EXPORTER", "none")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("starting the registry")?;
        let mut registry = Self { address, child, folder };
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            if let Some(status) = registry.child.try_wait()? {
                bail!("the registry ended: {status}");
            }
            if begun.elapsed() > Duration::from_secs(20) {
                bail!("the registry does not listen on {address}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(registry)
    }

    /// Host and port.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.to_string()
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
