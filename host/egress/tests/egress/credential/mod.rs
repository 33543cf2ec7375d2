//! What the host attaches for a plugin, where, and with whose consent.

mod consent;
mod credentials;
mod github_app;
