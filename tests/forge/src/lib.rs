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

mod api;
mod command;
mod control;
mod forge;
mod hosted;
pub mod seed;
mod serving;
mod world;

pub use command::{Command, Deploy, Open, Place, UnknownPlace, Webhook};
pub use forge::{Forge, Hosted, opening};
pub use hosted::change::{ChangeRequest, ChangeState};
pub use hosted::environment::{Deployment, DeploymentStatus, Environment, EnvironmentState};
pub use hosted::repository::{Branch, CommitStatus, Flavour, Refused, Repository, Tag};
pub use serving::access::{App, Rights, Token};
pub use serving::budget::Budget;
pub use serving::fault::{Failure, Fault};
pub use serving::requests::Request;
