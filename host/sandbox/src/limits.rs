//! Every limit of a plugin, with its default and its ceiling.
//!
//! Two limits bound time: `cpu` counts processor time, because a wall clock would punish a provider for a slow forge;
//! the `*_wall` deadlines exist because epochs do not fire while a guest waits in the host. Two kinds of limit bound
//! concurrency: few calls compute at once, because there are few processors; many may wait, because waiting only
//! costs their memory. `crossing_bytes` bounds what the host copies out of a guest at once, so that a guest with 64
//! MiB of memory cannot make the host allocate as much again for each call.

use std::time::Duration;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// The length of an epoch: how often a guest yields to other tasks and its processor time is checked.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// Frames of a stack that are shown. A panic in Rust begins with about ten frames of the standard library.
pub(crate) const FRAMES: usize = 32;

/// What a plugin may use. [`Limits::default`] has the defaults, [`Limits::checked`] the ceilings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Size of a component. Default 32 MiB, ceiling 64 MiB.
    pub component_bytes: usize,
    /// Linear memory, summed over all memories of a call. Default 64 MiB, ceiling 512 MiB.
    pub memory_bytes: usize,
    /// Processor time of one call: the guest's, and what the host computes for it. Default 2 s, ceiling 30 s.
    pub cpu: Duration,
    /// Wall clock that one poll may ask for. Default and ceiling 300 s.
    pub poll_wall: Duration,
    /// Wall clock of one rendering of one batch. Default 5 s, ceiling 300 s.
    pub render_wall: Duration,
    /// Wall clock of `describe` and `validate-config`. Default 2 s, ceiling 300 s.
    pub validate_wall: Duration,
    /// Bytes that one call may copy from guest to host. Default 8 MiB, ceiling 32 MiB.
    pub crossing_bytes: usize,
    /// Host resources (streams, pollables, descriptors) a guest may hold. Default and ceiling 256.
    pub resources: usize,
    /// Elements of all tables. Default and ceiling 100,000.
    pub table_elements: usize,
    /// Core instances of a call; a composed Python plugin needs dozens. Default and ceiling 200.
    pub instances: usize,
    /// Bytes of the instances beside linear memory: globals, functions, imports and segments, counted in the component.
    /// Default 32 MiB, ceiling 64 MiB.
    pub instance_bytes: usize,
    /// Stack of the guest. Default 512 KiB, ceiling 1 MiB.
    pub stack_bytes: usize,
    /// Inputs in one answer. Default and ceiling 10,000.
    pub inputs: usize,
    /// Bytes of all inputs of one answer. Default 4 MiB, ceiling 16 MiB.
    pub inputs_bytes: usize,
    /// Bytes of one input. Default 32 KiB, ceiling 256 KiB.
    pub input_bytes: usize,
    /// Bytes of one rendered object. Default 512 KiB, ceiling 1 MiB: etcd takes about 1.5 MiB.
    pub object_bytes: usize,
    /// Bytes of all objects of one call. Default 4 MiB, ceiling 16 MiB.
    pub objects_bytes: usize,
    /// Bytes of all objects that one set renders, over all calls. Default 64 MiB, ceiling 1 GiB.
    pub rendered_bytes: usize,
    /// Bytes of rendered objects that are cached, so that what did not change is not rendered again. Default 32 MiB,
    /// ceiling 1 GiB; 0 turns the cache off.
    pub remembered_bytes: usize,
    /// Log lines kept for one call. Default 100, ceiling 1,000.
    pub log_lines: usize,
    /// Bytes of one log line, fields included. Default 4 KiB, ceiling 16 KiB.
    pub log_line_bytes: usize,
    /// Bytes kept of standard output and of standard error. Default 16 KiB, ceiling 64 KiB.
    pub stdio_bytes: usize,
    /// Calls of one consumer that run at once. Default and ceiling 1.
    pub calls_per_consumer: usize,
    /// Calls of one plugin that compute at once. Default 4, ceiling 64.
    pub calls_per_plugin: usize,
    /// Calls with a network that are under way at once, of all plugins; each keeps its memory while it waits. Default 64,
    /// ceiling 1,024.
    pub calls_open: usize,
    /// The share of these that consumers of one namespace may have. Default 32, ceiling 1,024.
    pub calls_open_per_namespace: usize,
    /// The share of these that may go to one origin. Default 16, ceiling 1,024.
    pub calls_open_per_origin: usize,
    /// Processor time of compiling one component, in whole seconds. Default 60 s, ceiling 300 s.
    pub compile_cpu: Duration,
    /// Wall clock of compiling one component. Default 120 s, ceiling 600 s.
    pub compile_wall: Duration,
    /// Address space of the process that compiles one component. Default 768 MiB, ceiling 4 GiB.
    pub compile_memory_bytes: usize,
    /// Faults in a row that open the circuit of a consumer. Default 3, ceiling 100.
    pub faults_to_open: usize,
    /// How long a circuit stays open at first. Default 1 min, ceiling 30 min.
    pub circuit_first: Duration,
    /// How long a circuit stays open at most. Default and ceiling 30 min.
    pub circuit_longest: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            component_bytes: 32 * MIB,
            memory_bytes: 64 * MIB,
            cpu: Duration::from_secs(2),
            poll_wall: Duration::from_secs(300),
            render_wall: Duration::from_secs(5),
            validate_wall: Duration::from_secs(2),
            crossing_bytes: 8 * MIB,
            resources: 256,
            table_elements: 100_000,
            instances: 200,
            instance_bytes: 32 * MIB,
            stack_bytes: 512 * KIB,
            inputs: 10_000,
            inputs_bytes: 4 * MIB,
            input_bytes: 32 * KIB,
            object_bytes: 512 * KIB,
            objects_bytes: 4 * MIB,
            rendered_bytes: 64 * MIB,
            remembered_bytes: 32 * MIB,
            log_lines: 100,
            log_line_bytes: 4 * KIB,
            stdio_bytes: 16 * KIB,
            calls_per_consumer: 1,
            calls_per_plugin: 4,
            calls_open: 64,
            calls_open_per_namespace: 32,
            calls_open_per_origin: 16,
            compile_cpu: Duration::from_secs(60),
            compile_wall: Duration::from_secs(120),
            compile_memory_bytes: 768 * MIB,
            faults_to_open: 3,
            circuit_first: Duration::from_secs(60),
            circuit_longest: Duration::from_secs(30 * 60),
        }
    }
}

/// A limit that is out of range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the limit {limit} is {value}; it must be at least {least} and at most {most}")]
pub struct LimitError {
    limit: &'static str,
    value: String,
    least: String,
    most: String,
}

impl Limits {
    /// These limits, if each of them is within its range.
    ///
    /// # Errors
    /// The first limit that is zero or above its ceiling.
    pub fn checked(self) -> Result<Self, LimitError> {
        let wall = Duration::from_secs(300);
        for (limit, value, most) in [
            ("component_bytes", self.component_bytes, 64 * MIB),
            ("memory_bytes", self.memory_bytes, 512 * MIB),
            ("crossing_bytes", self.crossing_bytes, 32 * MIB),
            ("resources", self.resources, 256),
            ("table_elements", self.table_elements, 100_000),
            ("instances", self.instances, 200),
            ("instance_bytes", self.instance_bytes, 64 * MIB),
            ("stack_bytes", self.stack_bytes, MIB),
            ("inputs", self.inputs, 10_000),
            ("inputs_bytes", self.inputs_bytes, 16 * MIB),
            ("input_bytes", self.input_bytes, 256 * KIB),
            ("object_bytes", self.object_bytes, MIB),
            ("objects_bytes", self.objects_bytes, 16 * MIB),
            ("rendered_bytes", self.rendered_bytes, 1024 * MIB),
            ("log_lines", self.log_lines, 1_000),
            ("log_line_bytes", self.log_line_bytes, 16 * KIB),
            ("stdio_bytes", self.stdio_bytes, 64 * KIB),
            ("calls_per_consumer", self.calls_per_consumer, 1),
            ("calls_per_plugin", self.calls_per_plugin, 64),
            ("calls_open", self.calls_open, 1_024),
            ("calls_open_per_namespace", self.calls_open_per_namespace, 1_024),
            ("calls_open_per_origin", self.calls_open_per_origin, 1_024),
            ("compile_memory_bytes", self.compile_memory_bytes, 4096 * MIB),
            ("faults_to_open", self.faults_to_open, 100),
        ] {
            if value == 0 || value > most {
                return Err(LimitError { limit, value: value.to_string(), least: "1".into(), most: most.to_string() });
            }
        }
        if self.remembered_bytes > 1024 * MIB {
            return Err(LimitError {
                limit: "remembered_bytes",
                value: self.remembered_bytes.to_string(),
                least: "0".into(),
                most: (1024 * MIB).to_string(),
            });
        }
        for (limit, value, most) in [
            ("cpu", self.cpu, Duration::from_secs(30)),
            ("poll_wall", self.poll_wall, wall),
            ("render_wall", self.render_wall, wall),
            ("validate_wall", self.validate_wall, wall),
            ("compile_cpu", self.compile_cpu, wall),
            ("compile_wall", self.compile_wall, Duration::from_secs(600)),
            ("circuit_first", self.circuit_first, Duration::from_secs(30 * 60)),
            ("circuit_longest", self.circuit_longest, Duration::from_secs(30 * 60)),
        ] {
            if value < TICK || value > most {
                return Err(LimitError {
                    limit,
                    value: format!("{value:?}"),
                    least: format!("{TICK:?}"),
                    most: format!("{most:?}"),
                });
            }
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_within_their_ceilings() {
        assert_eq!(Limits::default().checked(), Ok(Limits::default()));
    }

    #[test]
    fn a_limit_above_its_ceiling_is_refused_by_name() {
        let said = Limits { memory_bytes: 513 * MIB, ..Limits::default() }.checked().unwrap_err().to_string();
        assert_eq!(said, "the limit memory_bytes is 537919488; it must be at least 1 and at most 536870912");
        let said = Limits { cpu: Duration::from_secs(31), ..Limits::default() }.checked().unwrap_err().to_string();
        assert_eq!(said, "the limit cpu is 31s; it must be at least 10ms and at most 30s");
    }

    #[test]
    fn a_limit_of_nothing_is_refused() {
        assert!(Limits { inputs: 0, ..Limits::default() }.checked().is_err());
        assert!(Limits { poll_wall: Duration::ZERO, ..Limits::default() }.checked().is_err());
    }
}
