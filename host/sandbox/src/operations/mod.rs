//! The sandbox of a process and what it can be asked: admit, poll, render, notify, validate, evaluate, inspect.

pub(crate) mod accepted_configs;
pub(crate) mod evaluator;
pub(crate) mod inspect;
pub(crate) mod notify;
pub(crate) mod poll;
pub(crate) mod render;
pub(crate) mod sandbox;
pub(crate) mod validate;
