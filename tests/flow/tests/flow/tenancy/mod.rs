//! What tenants and outsiders may do, and what reaches nobody else.

mod addresses;
mod documented;
mod fairness;
mod foreign;
mod impersonation;
mod missing_rights;
mod outsider;
mod secrets;
