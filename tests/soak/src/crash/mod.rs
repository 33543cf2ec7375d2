//! Each kind of work, cut before and after each request to the API server.
//!
//! A [`Story`] prepares a state, then something is asked for while no operator runs. An operator starts, and its n-th request
//! meets a [`Fault`]. Where the fault is the death of the process, another operator starts. The end must be that of a run that
//! was not cut: the same objects, ledger and conditions, the same objects made anew, the same DELETEs in the audit log.

mod fault;
mod manifests;
mod plan;
mod round;
mod state;
mod story;

pub use fault::{FAULTS, Fault};
pub use plan::{Done, Plan};
pub use round::{Cut, Stage};
pub use state::EndState;
pub use story::{STORIES, Story};
