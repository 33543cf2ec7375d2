//! The operator as a process: started, stopped, killed, with a lease, with the shipped manifests.

mod api_server;
mod binary;
mod chart;
mod killed;
mod lease;
mod lifecycle;
mod outage;
mod override_manager;
mod panics;
mod scope;
mod shipped;
mod unprivileged;
