//! Why a component is not admitted, and why it could not be compiled.

use crate::guest::fault::Fault;
use crate::guest::text::GuestText;
use crate::plugin::PluginSource;
use crate::plugin::describe::DescriptionError;
use crate::plugin::world::WorldError;
use std::time::Duration;

/// Why a component is not admitted.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AdmitError {
    /// Too large.
    #[error("it has {bytes} bytes; at most {most} are allowed")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The bound.
        most: usize,
    },
    /// Not a component at all.
    #[error("it is {0}, not a WebAssembly component; in Rust, build with --target wasm32-wasip2")]
    NotAComponent(&'static str),
    /// The compiler refuses it.
    #[error("it cannot be compiled: {0}")]
    Malformed(GuestText),
    /// The compiler passed a limit, or broke.
    #[error("it cannot be compiled: {0}")]
    Compile(CompileFault),
    /// Its instances take too much.
    #[error(
        "its instances take {bytes} bytes beside their memory (globals, functions, imports and segments of all instances); \
         at most {most} are allowed"
    )]
    TooHeavy {
        /// What they take.
        bytes: u64,
        /// The bound.
        most: usize,
    },
    /// It has too many instances.
    #[error("it has {instances} core instances; at most {most} are allowed")]
    TooManyInstances {
        /// How many.
        instances: u64,
        /// The bound.
        most: usize,
    },
    /// Its memory cannot be computed before it runs.
    #[error("it hands modules or components from one instance to another, so that what it takes cannot be counted")]
    Uncountable,
    /// Of no world that this host has.
    #[error(transparent)]
    World(#[from] WorldError),
    /// It wants what its world has not; one sentence for each import.
    #[error("it {}", .0.join("; it "))]
    Imports(Vec<String>),
    /// The names fit, the types behind them do not.
    #[error("it was built against another shape of the interface: {0}")]
    Mismatched(GuestText),
    /// It broke while it described itself.
    #[error("it {0} while it described itself")]
    Faulted(Fault),
    /// Its manifest is not valid.
    #[error(transparent)]
    Description(#[from] DescriptionError),
    /// Another plugin serves this type or has this renderer name.
    #[error("it serves {what}, which {other} from {other_source} serves already; give only one of them")]
    Taken {
        /// The type or renderer name.
        what: String,
        /// The other plugin.
        other: String,
        /// Where the other came from.
        other_source: PluginSource,
    },
    /// A given plugin serves what a built-in one serves, without `--allow-shadowing`.
    #[error(
        "{given} serves {what}, which the built-in plugin {bundled} serves: it would get the credentials and the objects of that \
         {claim}; give it another name, or allow this with --allow-shadowing"
    )]
    Shadows {
        /// The given plugin.
        given: String,
        /// The type or renderer name.
        what: String,
        /// `type` or `renderer`.
        claim: &'static str,
        /// The bundled plugin.
        bundled: String,
    },
}

/// Why a component could not be compiled, though nothing is known to be wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompileFault {
    /// Too much processor time.
    #[error("that takes more than {budget:?} of processor time")]
    OutOfCpu {
        /// The budget.
        budget: Duration,
    },
    /// Too long.
    #[error("that was not done within {deadline:?}")]
    OutOfTime {
        /// The deadline.
        deadline: Duration,
    },
    /// Too much memory.
    #[error("that takes more than {bytes} bytes of memory")]
    OutOfMemory {
        /// The bound.
        bytes: usize,
    },
    /// The result is too large.
    #[error("it becomes more than {bytes} bytes of code")]
    TooLarge {
        /// The bound.
        bytes: usize,
    },
    /// The compiler ended in another way.
    #[error("the compiler ended with {status}: {said}")]
    Died {
        /// Its exit status.
        status: String,
        /// The end of what it wrote.
        said: GuestText,
    },
    /// The compiler does not start.
    #[error("the compiler {program} does not start: {cause}")]
    NotStarted {
        /// Which program.
        program: String,
        /// What the operating system said.
        cause: String,
    },
    /// The program is something else.
    #[error("{program} is not a compiler of plugins: its main must begin with compile_if_asked()")]
    NoCompiler {
        /// Which program.
        program: String,
    },
}
