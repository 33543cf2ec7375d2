//! The Kubernetes target against a real API server. Every test has a namespace of its own and looks at the end state.

mod adoption;
mod apply;
mod contested;
mod cost;
mod crash;
mod ownership;
mod prune;
mod recreate;
mod rights;
mod stages;
mod world;
