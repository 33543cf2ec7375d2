//! Stories of the whole operator, told against a real API server and a simulated forge.

mod deletion;
mod hooks;
mod law_one;
mod laws;
mod objects;
mod observability;
mod process;
mod providers;
mod tenancy;
mod tenant;
mod waiting;
