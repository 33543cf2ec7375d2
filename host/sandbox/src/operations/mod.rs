//! The sandbox of a process and what it can be asked: admit, poll, render, report, validate, evaluate, inspect.

pub(crate) mod accepted_configs;
pub(crate) mod evaluator;
pub(crate) mod inspect;
pub(crate) mod poll;
pub(crate) mod render;
pub(crate) mod report;
pub(crate) mod sandbox;
pub(crate) mod validate;
