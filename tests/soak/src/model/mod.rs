//! Random histories against a small model of what must exist.
//!
//! A [`History`] is a seed and a list of [`Step`]s: change requests open and close, the forge fails, objects are edited and
//! deleted by hand, sets are edited, suspended, deleted and made again, namespaces go, operators stop, die and hand over. The
//! [`Model`] knows after each step what must exist when everything is at rest. [`play`] does the steps for real.
//!
//! # What is checked
//! At each rest the objects in the API server are those of the model, with the content of the model, and deletions are held
//! where the model says so. Between two rests no operator deletes an object that the model wanted all the time: that is counted
//! in the audit log. At the end the sets are deleted, and nothing is left.
//!
//! # What is not
//! A step that does not fit the state (closing what is not open) does nothing, so that every part of a history is a history.
//! Where the outcome would depend on how much the operator saw in between (a forge that fails, a set that is suspended, the last
//! change request that closes), the player rests before, so that the model need not guess.

mod history;
mod look;
mod player;
mod state;
mod step;

pub use history::{History, minimised};
pub use player::{play, play_after};
pub use state::{Model, Object};
pub use step::{Set, Step};
