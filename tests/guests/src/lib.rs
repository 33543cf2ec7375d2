//! Tiny components, one behaviour each, most of them hostile, and their bytes by name.
//!
//! A guest is a file in `examples/`, an `[[example]]` in `Cargo.toml` and a line in [`for_each_guest`]. The tests of this
//! crate hold the three together, and the crate that tests the sandbox does not compile unless it has a module of tests
//! named after each guest.

#[cfg(not(target_arch = "wasm32"))]
mod build;
#[cfg(target_arch = "wasm32")]
pub mod guest;

#[cfg(not(target_arch = "wasm32"))]
pub use build::bytes;

/// Calls a macro with the name of every guest.
#[macro_export]
macro_rules! for_each_guest {
    ($call:ident) => {
        $call! {
            announces
            asks
            authenticates
            calls_the_host
            describes_badly
            dumps_memory
            echoes
            empties_memory
            exits
            fails
            floods_the_log
            gambles
            hoards
            is_of_no_world
            levels
            lists
            loops
            loops_in_describe
            miscounts
            needs_sockets
            notifies
            opens_files
            overflows
            panics
            patterns
            peeks
            reads_the_clock
            recurses
            renders
            sends_in_describe
            sleeps
            tends
            wants_http_to_render
        }
    };
}

/// The names of all guests.
pub fn names() -> &'static [&'static str] {
    macro_rules! as_text {
        ($($name:ident)*) => { &[$(stringify!($name)),*] };
    }
    for_each_guest!(as_text)
}
