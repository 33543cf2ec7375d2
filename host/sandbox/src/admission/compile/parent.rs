//! The parent process: starts a child, writes a component to it, and reads its code or the reason why there is none.

use super::{CompileOrder, MALFORMED, PREAMBLE};
use crate::admission::error::{AdmitError, CompileFault};
use crate::guest::text::GuestText;
use crate::limits::Limits;
use orangery_egress::Redactor;
use rustix::process::Signal;
use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

/// The most that compiled code may be, as a multiple of its component. About three is usual.
const GROWTH: usize = 16;
/// Bytes of standard error that the parent reads.
const SAID_BYTES: u64 = 16 * 1024;
/// More threads than this would only take more memory for their stacks and heaps.
const MOST_THREADS: usize = 4;

/// Compiles in a child. Dropping the future ends the child.
pub(super) async fn ask(
    program: &Path,
    arguments: &[OsString],
    order: CompileOrder,
    limits: &Limits,
    component: &[u8],
) -> Result<Vec<u8>, AdmitError> {
    let not_started = |cause: io::Error| {
        AdmitError::Compile(CompileFault::NotStarted {
            program: program.display().to_string(),
            cause: cause.to_string(),
        })
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
    let mut child = Command::new(program)
        .args(arguments)
        .args(order.arguments())
        .env_clear()
        .env("RAYON_NUM_THREADS", threads.to_string())
        .env("MALLOC_ARENA_MAX", "2")
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(not_started)?;
    let most = component.len().saturating_mul(GROWTH).max(1024 * 1024);
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let talk = async {
        let write = async move {
            if let Some(mut stdin) = stdin {
                // A child that ends early closes the pipe; its exit status says why it ended.
                let _ = stdin.write_all(component).await;
            }
        };
        let ((), code, said) = tokio::join!(write, read(stdout, most as u64 + 1), read(stderr, SAID_BYTES));
        (child.wait().await, code, said)
    };
    let Ok((status, mut code, said)) = tokio::time::timeout(limits.compile_wall, talk).await else {
        return Err(AdmitError::Compile(CompileFault::OutOfTime { deadline: limits.compile_wall }));
    };
    let status = status.map_err(not_started)?;
    if code.len() > most {
        return Err(AdmitError::Compile(CompileFault::TooLarge { bytes: most }));
    }
    if !status.success() {
        return Err(why(status, &String::from_utf8_lossy(&said), limits));
    }
    if !code.starts_with(PREAMBLE) {
        return Err(AdmitError::Compile(CompileFault::NoCompiler { program: program.display().to_string() }));
    }
    // Removed in place: the allocator would hold on to the memory of a copy.
    code.drain(..PREAMBLE.len());
    Ok(code)
}

async fn read(pipe: Option<impl AsyncRead + Unpin>, most: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        // What was read before an error is kept; the exit status of the child tells whether it was everything.
        let _ = pipe.take(most).read_to_end(&mut bytes).await;
    }
    bytes
}

/// Why a child ended without writing code.
fn why(status: ExitStatus, said: &str, limits: &Limits) -> AdmitError {
    let text = GuestText::message(said, &Redactor::default());
    if status.code() == Some(i32::from(MALFORMED)) {
        return AdmitError::Malformed(text);
    }
    let signal = |signal: Signal| status.signal() == Some(signal.as_raw());
    AdmitError::Compile(if signal(Signal::XCPU) {
        CompileFault::OutOfCpu { budget: limits.compile_cpu }
    } else if signal(Signal::ABORT) && said.contains("memory allocation of") {
        // These are the words of Rust's own allocator, which then aborts.
        CompileFault::OutOfMemory { bytes: limits.compile_memory_bytes }
    } else {
        CompileFault::Died { status: status.to_string(), said: text }
    })
}
