//! A process from its start until it is ready, and what it takes afterwards, as the kernel counts it: Linux only.

use anyhow::{Context, Result, ensure};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// No start takes longer, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running process; ended when dropped.
pub struct Started {
    child: Child,
    begun: Instant,
}

/// What a process took until it was ready.
#[derive(Debug, Clone, Copy)]
pub struct Start {
    /// From its start.
    pub wall: Duration,
    /// Processor time, that of children which have ended included.
    pub cpu: Duration,
}

/// What a process holds and does while nothing happens.
#[derive(Debug, Clone, Copy)]
pub struct Rest {
    /// All of its pages that are in memory.
    pub resident_mib: f64,
    /// Of these, its own: heaps and stacks.
    pub anonymous_mib: f64,
    /// Processor time a second.
    pub cpu: Duration,
}

impl Started {
    /// # Errors
    /// There is no such program.
    pub fn start(command: &mut Command) -> Result<Self> {
        let begun = Instant::now();
        Ok(Self { child: command.spawn().context("starting a program to measure")?, begun })
    }

    /// Waits until it is ready, which `ready` looks at.
    ///
    /// # Errors
    /// It ends, or is not ready in time.
    pub fn until(&mut self, mut ready: impl FnMut(&mut Child) -> bool) -> Result<Start> {
        while !ready(&mut self.child) {
            ensure!(self.child.try_wait()?.is_none(), "the program has ended");
            ensure!(self.begun.elapsed() < PATIENCE, "the program is not ready after {PATIENCE:?}");
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(Start { wall: self.begun.elapsed(), cpu: self.cpu()? })
    }

    /// What it holds after a while, and what it did in that time.
    ///
    /// # Errors
    /// There is no `/proc`.
    pub fn rest(&self, settle: Duration) -> Result<Rest> {
        let before = self.cpu()?;
        std::thread::sleep(settle);
        let cpu = (self.cpu()? - before).div_f64(settle.as_secs_f64());
        let status = self.proc("status")?;
        let mib = |field: &str| -> Result<f64> {
            let line = status.lines().find_map(|line| line.strip_prefix(field)).with_context(|| field.to_owned())?;
            Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
        };
        Ok(Rest { resident_mib: mib("VmRSS:")?, anonymous_mib: mib("RssAnon:")?, cpu })
    }

    /// Processor time so far.
    ///
    /// # Errors
    /// There is no `/proc`.
    pub fn cpu(&self) -> Result<Duration> {
        let stat = self.proc("stat")?;
        let (_, fields) = stat.rsplit_once(") ").context("a name in parentheses")?;
        let ticks = fields.split(' ').skip(11).take(4).map(str::parse::<u64>).sum::<Result<u64, _>>()?;
        let per_second = rustix::param::clock_ticks_per_second();
        Ok(Duration::from_secs_f64(ticks as f64 / per_second as f64))
    }

    fn proc(&self, file: &str) -> Result<String> {
        let path = format!("/proc/{}/{file}", self.child.id());
        std::fs::read_to_string(&path).with_context(|| format!("{path}: these figures are read there, on Linux only"))
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address that nobody listens on.
///
/// # Errors
/// There is none.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// Whether `/readyz` answers that the operator is ready.
pub fn is_ready(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}
