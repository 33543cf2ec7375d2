//! The API server as it is in real clusters: in trouble, and with credentials that change.

mod credentials;
mod trouble;
