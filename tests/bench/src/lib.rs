//! Nothing but benches: see the `benches` folder, and `cargo xtask bench --help`.
