//! Objects and definitions at the API server.

mod copies;
mod definitions;
mod environments;
mod frozen;
mod handover;
mod requests;
mod scopes;
mod size;
