//! The commands that talk to a cluster: the real program against a real API server, with an operator that does what is asked.

mod act;
mod bench;
mod check;
mod get;
mod hook;
mod logs;
mod look;
mod plan;
mod plan_as;
mod shell;
mod status;
mod write;
