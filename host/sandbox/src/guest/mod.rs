//! What comes out of a guest (text, log lines, failures, faults, answers), and the checks that it must pass.

pub(crate) mod answer;
pub(crate) mod evaluation;
pub(crate) mod failure;
pub(crate) mod fault;
pub(crate) mod log;
pub(crate) mod text;
