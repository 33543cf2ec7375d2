//! What it is called when a plugin breaks: every way a guest can fail the host, as one closed list.

use crate::guest::answer::BadAnswer;
use crate::guest::text::GuestText;
use std::fmt;
use std::time::Duration;

/// How a plugin broke. Three in a row open the circuit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It stopped itself: a panic, an assertion, a bad memory access.
    Trapped {
        /// The name of the trap.
        trap: GuestText,
        /// The end of what it wrote to standard error, where a panic message is.
        stderr: GuestText,
    },
    /// It used up its processor time.
    OutOfCpu {
        /// The budget.
        budget: Duration,
    },
    /// It did not answer in time.
    OutOfTime {
        /// The deadline.
        deadline: Duration,
    },
    /// It asked for more memory than it may have.
    OutOfMemory {
        /// The bound in bytes.
        bytes: usize,
    },
    /// It recursed too deep.
    OutOfStack,
    /// It handed the host more in one call than the host copies.
    TooMuchAtOnce {
        /// The bound in bytes.
        bytes: usize,
    },
    /// It held more host resources than it may.
    TooManyResources {
        /// The bound.
        resources: usize,
    },
    /// It asked to end the process.
    Exited {
        /// With this status.
        status: i32,
    },
    /// Its answer breaks the rules of the interface.
    BadAnswer(BadAnswer),
    /// The caller gave up before it answered.
    Abandoned,
    /// The host's own code failed while it served the plugin; the call is lost, nothing else.
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
