//! The order of the steps and the watches; no arithmetic (that is `orangery_core`), no sockets and files (those are below).
//!
//! ```text
//! provider::reconcile   schedule → access → sandbox::poll → select → snapshot
//! set::reconcile        dependencies → gather → build → copies → converge → outcome
//! ```
//!
//! Both are the same in a cluster and in a directory. What differs is who calls them, and where status, ledger and Secrets
//! are: [`local`] keeps them in files, [`kubernetes`] on the API server.

pub mod access;
pub mod adoption;
mod budget;
pub mod build;
pub mod converge;
pub mod copies;
pub mod cron;
pub mod dependencies;
pub mod events;
pub mod expression;
pub mod gather;
pub mod kubernetes;
pub mod lease;
pub mod local;
pub mod metrics;
pub mod naming;
pub mod poll;
pub mod provider;
pub mod secrets;
pub mod set;
pub mod verdict;
