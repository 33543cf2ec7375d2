//! The child process: limits itself, reads a component from standard input and writes code to standard output.

use super::{ARGUMENT, CompileOrder, MALFORMED, PREAMBLE, Processor};
use crate::engine;
use crate::limits::Limits;
use rustix::process::{Resource, Rlimit, setrlimit};
use std::io::{self, Read, Write};
use std::process::ExitCode;
use wasmtime::{CodeBuilder, Engine};

/// Compiles a plugin if this program was started for that, and returns the status to exit with.
///
/// `main` must call this before anything else; `None` means that the program was started for its usual work.
#[must_use]
pub fn compile_if_asked() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    arguments.next().filter(|argument| argument == ARGUMENT)?;
    let outcome = match CompileOrder::parse(arguments) {
        Some(order) => compile(order),
        None => Err(CompileFailure::Host("the arguments of the compiler are not in order".to_owned())),
    };
    Some(match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            let (status, text) = match failed {
                CompileFailure::Component(text) => (ExitCode::from(MALFORMED), text),
                CompileFailure::Host(text) => (ExitCode::FAILURE, text),
            };
            // Without standard error the reason cannot be reported.
            let _ = writeln!(io::stderr(), "{text}");
            status
        }
    })
}

/// Tells whether the component or the host is to blame for the missing code.
pub(super) enum CompileFailure {
    Component(String),
    Host(String),
}

impl From<io::Error> for CompileFailure {
    fn from(error: io::Error) -> Self {
        Self::Host(error.to_string())
    }
}

fn compile(order: CompileOrder) -> Result<(), CompileFailure> {
    limit(order)?;
    let mut bytes = Vec::new();
    io::stdin().lock().take(order.component_bytes as u64).read_to_end(&mut bytes)?;
    let code = machine_code(order, &bytes)?;
    let mut out = io::stdout().lock();
    out.write_all(PREAMBLE)?;
    out.write_all(&code)?;
    Ok(out.flush()?)
}

/// The code of a component.
pub(super) fn machine_code(order: CompileOrder, component: &[u8]) -> Result<Vec<u8>, CompileFailure> {
    let limits = Limits { stack_bytes: order.stack_bytes, ..Limits::default() };
    let config = match order.processor {
        Processor::Ours => Ok(engine::config(&limits)),
        Processor::Baseline => engine::baseline(&limits),
    };
    let host = |error: wasmtime::Error| CompileFailure::Host(format!("{error:#}"));
    let engine = Engine::new(&config.map_err(host)?).map_err(host)?;
    CodeBuilder::new(&engine)
        .wasm_binary(component, None)
        .and_then(|code| code.compile_component_serialized())
        .map_err(|error| CompileFailure::Component(format!("{error:#}")))
}

/// Limits this process before it reads a byte of the component, which is not trusted.
fn limit(order: CompileOrder) -> io::Result<()> {
    // If memory runs out, the kernel should end this process first.
    #[cfg(target_os = "linux")]
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    let most = |resource, current, maximum| {
        setrlimit(resource, Rlimit { current: Some(current), maximum: Some(maximum) }).map_err(io::Error::from)
    };
    most(Resource::Core, 0, 0)?;
    most(Resource::Fsize, 0, 0)?;
    // The soft limit ends the process with a signal that names the reason; the hard limit is for a process that ignores
    // the signal.
    most(Resource::Cpu, order.cpu_seconds, order.cpu_seconds.saturating_add(1))?;
    most(Resource::As, order.memory_bytes, order.memory_bytes)
}
