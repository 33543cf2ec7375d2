//! Stories of the whole operator, told against a real API server and a simulated forge.

mod deletion;
mod hooks;
mod laws;
mod objects;
mod observability;
mod process;
mod providers;
mod scenarios;
mod tenancy;
mod tenant;
mod waiting;
