//! What is deleted, what is held, and what stays.

mod adoption;
mod adoption_foreign;
mod containers;
mod deleted_together;
mod guard;
mod namespace_ends;
mod terminating;
