//! `orangery plugin`: begin plugins, look at components, and test them.

pub mod check;
pub mod list;
pub mod new;
pub mod precompile;
pub mod test;
