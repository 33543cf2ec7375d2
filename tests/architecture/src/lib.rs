//! Nothing but tests: see the `tests` folder of this crate.
