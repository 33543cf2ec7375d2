//! A simulated GitHub and GitLab with state, for the tests, the demo and people.
//!
//! ```text
//! Forge ──▶ World (repositories, tokens, faults, log)
//!              ▲ commands: the Rust API, `/_control/do`, the command line, seed files
//!              ▼
//! socket ─▶ tap ─▶ door (log, fault, who, budget) ─▶ github | gitlab ─▶ pages ─▶ ETag ─▶ spoilt or not
//! ```
//!
//! # Guarantees
//! The wire format is that of the real APIs for the fields clients read. Two runs of one script give the same bytes, but for
//! rate-limit windows and minted tokens. The log holds each request as it arrived.

mod access;
mod answer;
mod apps;
mod budget;
mod change;
mod command;
mod control;
mod door;
mod environment;
mod events;
mod fault;
mod forge;
mod github;
mod gitlab;
mod repository;
mod requests;
mod revision;
mod sabotage;
pub mod seed;
mod server;
mod world;

pub use access::{App, Rights, Token};
pub use budget::Budget;
pub use change::{ChangeRequest, ChangeState};
pub use command::{Command, Deploy, Open, Place, UnknownPlace, Webhook};
pub use environment::{Deployment, DeploymentStatus, Environment, EnvironmentState};
pub use fault::{Failure, Fault};
pub use forge::{Forge, Hosted, opening};
pub use repository::{Branch, CommitStatus, Flavour, Refused, Repository, Tag};
pub use requests::Request;
