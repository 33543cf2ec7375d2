//! The order of the steps and the watches; no arithmetic (that is `orangery_core`), no sockets and files (those are below).
//!
//! ```text
//! pipeline::provider::reconcile   schedule → access → sandbox::poll → select → snapshot
//! pipeline::set::reconcile        dependencies → gather → build → copies → converge → outcome
//! ```
//!
//! Both are the same in a cluster and in a directory. What differs is who calls them, and where status, ledger and Secrets
//! are: [`local`] keeps them in files, [`kubernetes`] on the API server. [`hooks`] makes both earlier.

pub mod hooks;
pub mod kubernetes;
pub mod local;
pub mod pipeline;
pub mod preview;
