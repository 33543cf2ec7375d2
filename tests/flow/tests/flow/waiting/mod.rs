//! Sets that wait: for readiness, for dependencies, for an end; and objects that change under a set.

mod dependencies;
mod drift;
mod features;
mod fights;
mod follows;
mod rollouts;
mod sources;
mod waits;
mod waits_restarted;
