//! Every guest of `tests/guests`, contained; every capability, granted and refused.
//!
//! One program, so that the guests are built once and the engine is linked once.

mod answers;
mod bench;
mod cache;
mod catalogue;
mod circuit;
mod clock;
mod compiling;
mod evaluator;
mod footprint;
mod forge;
mod memory;
mod neighbours;
mod network;
mod rendering;
mod reporting;
mod secrets;
mod structured;
mod time;
mod validation;
mod waiting;
mod words;
mod world;

/// A guest without a module of tests does not compile.
macro_rules! each_has_tests {
    ($($guest:ident)*) => {
        const _: &[&str] = &[$(guests::$guest::GUEST),*];
    };
}
orangery_test_guests::for_each_guest!(each_has_tests);

/// Where the tests of each guest are.
mod guests {
    pub(crate) use crate::answers::echoes;
    pub(crate) use crate::clock::reads_the_clock;
    pub(crate) use crate::evaluator::{levels, patterns};
    pub(crate) use crate::memory::{empties_memory, hoards, overflows, recurses};
    pub(crate) use crate::neighbours::{calls_the_host, sends_in_describe};
    pub(crate) use crate::network::{asks, lists, needs_sockets, reports, wants_http_to_render};
    pub(crate) use crate::rendering::{gambles, miscounts, renders};
    pub(crate) use crate::reporting::{announces, tends};
    pub(crate) use crate::secrets::dumps_memory;
    pub(crate) use crate::time::{loops, loops_in_describe, sleeps};
    pub(crate) use crate::words::{exits, fails, floods_the_log, panics};
    pub(crate) use crate::world::{describes_badly, is_of_no_world, opens_files, peeks};
}
