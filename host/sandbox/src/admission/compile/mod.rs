//! Compiling, the one piece of work that a plugin causes before there is a store with limits.
//!
//! # Guarantees
//! A component is compiled in a child process with limits on processor time, memory and wall clock, because a
//! component of two megabytes can keep a compiler busy for minutes. A child that crashes or is killed is an error
//! about that plugin. The child has no key of the cache, no credential and no environment; only the parent
//! authenticates and stores the code.
//!
//! The components that came with the program are trusted, but compiled in a child as well: the memory of the compiler
//! returns to the system when the child ends, while an allocator would hold on to a hundred megabytes for the life of
//! the operator.

mod child;
mod parent;

pub use child::compile_if_asked;

use crate::admission::error::{AdmitError, CompileFault};
use crate::guest::text::GuestText;
use crate::limits::Limits;
use orangery_egress::Redactor;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

/// The first argument that makes a program compile a plugin instead of doing its usual work.
const ARGUMENT: &str = "compile-plugin-as-child";
/// A child writes this before the code, so that the output of another program is not mistaken for code.
const PREAMBLE: &[u8] = b"orangery compiled plugin 1\n";
/// The exit status of a child that has written to standard error what is wrong with the component.
const MALFORMED: u8 = 65;

/// Where components are compiled.
#[derive(Debug, Clone)]
pub enum Compiler {
    /// In a child process, started anew for each plugin. The program's `main` must begin with [`compile_if_asked`].
    Child {
        /// The path of the program.
        program: PathBuf,
        /// Arguments before those of the protocol.
        arguments: Vec<OsString>,
    },
    /// In this process and without limits: for tests, and for tools that compile only trusted plugins.
    InProcess,
}

impl Compiler {
    /// The running program, even if its file was replaced since it started.
    #[must_use]
    pub fn this_program() -> Self {
        Self::Child { program: this_program().unwrap_or_default(), arguments: Vec::new() }
    }
}

/// The file of the running program.
pub(crate) fn this_program() -> io::Result<PathBuf> {
    if cfg!(target_os = "linux") { Ok(PathBuf::from("/proc/self/exe")) } else { std::env::current_exe() }
}

/// Compiles for the processor of this machine.
pub(crate) async fn native(compiler: &Compiler, limits: &Limits, component: &[u8]) -> Result<Vec<u8>, AdmitError> {
    compile(compiler, CompileOrder::of(limits, Processor::Ours), limits, component).await
}

/// Compiles for every processor of this architecture.
pub(crate) async fn baseline(compiler: &Compiler, limits: &Limits, component: &[u8]) -> Result<Vec<u8>, AdmitError> {
    compile(compiler, CompileOrder::of(limits, Processor::Baseline), limits, component).await
}

async fn compile(
    compiler: &Compiler,
    order: CompileOrder,
    limits: &Limits,
    component: &[u8],
) -> Result<Vec<u8>, AdmitError> {
    match compiler {
        Compiler::Child { program, arguments } => parent::ask(program, arguments, order, limits, component).await,
        Compiler::InProcess => {
            let component = component.to_vec();
            let work = tokio::task::spawn_blocking(move || child::machine_code(order, &component));
            match work.await {
                Ok(Ok(code)) => Ok(code),
                Ok(Err(child::CompileFailure::Component(text))) => {
                    Err(AdmitError::Malformed(GuestText::message(&text, &Redactor::default())))
                }
                Ok(Err(child::CompileFailure::Host(text))) => Err(died("an error", &text)),
                Err(panic) => Err(died("a panic", &panic.to_string())),
            }
        }
    }
}

fn died(status: &str, said: &str) -> AdmitError {
    let said = GuestText::message(said, &Redactor::default());
    AdmitError::Compile(CompileFault::Died { status: status.to_owned(), said })
}

/// The processors that the code must run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Processor {
    /// The one of this machine, with all its features.
    Ours,
    /// Any processor of this architecture.
    Baseline,
}

impl Processor {
    fn word(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Baseline => "baseline",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Ours, Self::Baseline].into_iter().find(|processor| processor.word() == word)
    }
}

/// What the parent tells the child on its command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct CompileOrder {
    processor: Processor,
    /// Part of the engine's configuration.
    stack_bytes: usize,
    component_bytes: usize,
    cpu_seconds: u64,
    memory_bytes: u64,
}

impl CompileOrder {
    fn of(limits: &Limits, processor: Processor) -> Self {
        Self {
            processor,
            stack_bytes: limits.stack_bytes,
            component_bytes: limits.component_bytes,
            cpu_seconds: limits.compile_cpu.as_secs().max(1),
            memory_bytes: limits.compile_memory_bytes as u64,
        }
    }

    fn arguments(self) -> Vec<String> {
        vec![
            ARGUMENT.to_owned(),
            self.processor.word().to_owned(),
            self.stack_bytes.to_string(),
            self.component_bytes.to_string(),
            self.cpu_seconds.to_string(),
            self.memory_bytes.to_string(),
        ]
    }

    /// Parses the arguments after the first one.
    fn parse(mut arguments: impl Iterator<Item = OsString>) -> Option<Self> {
        let processor = Processor::parse(arguments.next()?.to_str()?)?;
        let mut number = || arguments.next()?.to_str()?.parse::<u64>().ok();
        let order = Self {
            processor,
            stack_bytes: usize::try_from(number()?).ok()?,
            component_bytes: usize::try_from(number()?).ok()?,
            cpu_seconds: number()?,
            memory_bytes: number()?,
        };
        arguments.next().is_none().then_some(order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_survives_the_command_line() {
        for processor in [Processor::Ours, Processor::Baseline] {
            let order = CompileOrder::of(&Limits::default(), processor);
            let arguments = order.arguments();
            assert_eq!(arguments[0], ARGUMENT);
            let parse = |arguments: &[String]| CompileOrder::parse(arguments.iter().map(OsString::from));
            assert_eq!(parse(&arguments[1..]), Some(order));
            assert_eq!(parse(&arguments[2..]), None, "too few");
            assert_eq!(parse(&arguments[1..arguments.len() - 1]), None, "too few");
            assert_eq!(parse(&[&arguments[1..], &arguments[2..3]].concat()), None, "too many");
            assert_eq!(parse(&["ours", "x", "1", "1", "1"].map(str::to_owned)), None);
            assert_eq!(parse(&["theirs", "1", "1", "1", "1"].map(str::to_owned)), None);
        }
    }
}
