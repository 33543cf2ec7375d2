//! The ways in which a guest can fail the host, as a closed list.

use crate::guest::answer::BadAnswer;
use crate::guest::text::GuestText;
use std::fmt;
use std::time::Duration;

/// How a plugin failed the host. Three faults in a row open the circuit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The guest trapped: a panic, an assertion, a bad memory access.
    Trapped {
        /// The name of the trap.
        trap: GuestText,
        /// The end of what it wrote to standard error, where a panic message is.
        stderr: GuestText,
    },
    /// The guest used up its processor time.
    OutOfCpu {
        /// The budget of processor time.
        budget: Duration,
    },
    /// The guest did not answer in time.
    OutOfTime {
        /// The limit of wall clock.
        deadline: Duration,
    },
    /// The guest asked for more memory than its limit.
    OutOfMemory {
        /// The bound in bytes.
        bytes: usize,
    },
    /// The guest used up its stack.
    OutOfStack,
    /// The guest passed more to the host in one call than the host copies.
    TooMuchAtOnce {
        /// The bound in bytes.
        bytes: usize,
    },
    /// The guest held more host resources than its limit.
    TooManyResources {
        /// The largest number that is allowed.
        resources: usize,
    },
    /// The guest asked to end the process.
    Exited {
        /// The status that it asked to exit with.
        status: i32,
    },
    /// The answer breaks the rules of the interface.
    BadAnswer(BadAnswer),
    /// The caller stopped waiting before the guest answered.
    Abandoned,
    /// The host's own code panicked while it served the plugin; only this call is lost.
    HostPanicked,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trapped { trap, stderr } if stderr.as_str().is_empty() => write!(f, "trapped: {trap}"),
            Self::Trapped { trap, stderr } => write!(f, "trapped: {trap}; it wrote: {stderr}"),
            Self::OutOfCpu { budget } => write!(f, "used up its {budget:?} of processor time"),
            Self::OutOfTime { deadline } => write!(f, "ran past its {deadline:?} deadline"),
            Self::OutOfMemory { bytes } => write!(f, "asked for more than its {bytes} bytes of memory"),
            Self::OutOfStack => f.write_str("recursed too deep for its stack"),
            Self::TooMuchAtOnce { bytes } => write!(f, "handed over more than {bytes} bytes in one call"),
            Self::TooManyResources { resources } => write!(f, "held more than {resources} host resources"),
            Self::Exited { status } => write!(f, "asked to end the process with status {status}"),
            Self::BadAnswer(bad) => write!(f, "answered what the interface forbids: {bad}"),
            Self::Abandoned => f.write_str("was given up on before it answered"),
            Self::HostPanicked => f.write_str("met an error in the host's own code; please report it"),
        }
    }
}
