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
    /// The component is larger than [`Limits::component_bytes`](crate::Limits::component_bytes).
    #[error("it has {bytes} bytes; at most {most} are allowed")]
    TooLarge {
        /// The size of the component in bytes.
        bytes: usize,
        /// The bound in bytes.
        most: usize,
    },
    /// The bytes are not a component. The text says what they are instead.
    #[error("it is {0}, not a WebAssembly component; in Rust, build with --target wasm32-wasip2")]
    NotAComponent(&'static str),
    /// The compiler rejects the component.
    #[error("it cannot be compiled: {0}")]
    Malformed(GuestText),
    /// The compiler ran into a limit or crashed.
    #[error("it cannot be compiled: {0}")]
    Compile(CompileFault),
    /// The instances take more than [`Limits::instance_bytes`](crate::Limits::instance_bytes) beside linear memory.
    #[error(
        "its instances take {bytes} bytes beside their memory (globals, functions, imports and segments of all instances); \
         at most {most} are allowed"
    )]
    TooHeavy {
        /// How many bytes they take.
        bytes: u64,
        /// The bound in bytes.
        most: usize,
    },
    /// The component has more core instances than [`Limits::instances`](crate::Limits::instances).
    #[error("it has {instances} core instances; at most {most} are allowed")]
    TooManyInstances {
        /// The number of core instances.
        instances: u64,
        /// The largest number that is allowed.
        most: usize,
    },
    /// What the instances take cannot be computed before they run.
    #[error("it hands modules or components from one instance to another, so that what it takes cannot be counted")]
    Uncountable,
    /// The component was built for no world that this host has.
    #[error(transparent)]
    World(#[from] WorldError),
    /// The component imports what its world does not have; one sentence for each import.
    #[error("it {}", .0.join("; it "))]
    Imports(Vec<String>),
    /// The names of imports and exports match, the types behind them do not.
    #[error("it was built against another shape of the interface: {0}")]
    Mismatched(GuestText),
    /// The plugin faulted while it described itself.
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
        /// The name of the other plugin.
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
        /// The name of the plugin that was given.
        given: String,
        /// The type or renderer name.
        what: String,
        /// `type` or `renderer`.
        claim: &'static str,
        /// The name of the bundled plugin.
        bundled: String,
    },
}

/// Why a component could not be compiled, although it is not known to be invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompileFault {
    /// Compiling used up [`Limits::compile_cpu`](crate::Limits::compile_cpu).
    #[error("that takes more than {budget:?} of processor time")]
    OutOfCpu {
        /// The budget of processor time.
        budget: Duration,
    },
    /// Compiling took longer than [`Limits::compile_wall`](crate::Limits::compile_wall).
    #[error("that was not done within {deadline:?}")]
    OutOfTime {
        /// The limit of wall clock.
        deadline: Duration,
    },
    /// Compiling took more than [`Limits::compile_memory_bytes`](crate::Limits::compile_memory_bytes).
    #[error("that takes more than {bytes} bytes of memory")]
    OutOfMemory {
        /// The bound in bytes.
        bytes: usize,
    },
    /// The compiled code is too large for the size of the component.
    #[error("it becomes more than {bytes} bytes of code")]
    TooLarge {
        /// The bound in bytes.
        bytes: usize,
    },
    /// The compiler ended for another reason.
    #[error("the compiler ended with {status}: {said}")]
    Died {
        /// The exit status of the compiler.
        status: String,
        /// The end of its standard error.
        said: GuestText,
    },
    /// The compiler could not be started.
    #[error("the compiler {program} does not start: {cause}")]
    NotStarted {
        /// The path of the program.
        program: String,
        /// The error of the operating system.
        cause: String,
    },
    /// The program that was started is not a compiler of plugins.
    #[error("{program} is not a compiler of plugins: its main must begin with compile_if_asked()")]
    NoCompiler {
        /// The path of the program.
        program: String,
    },
}
