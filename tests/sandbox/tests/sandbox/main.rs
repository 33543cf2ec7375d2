//! Every guest of `tests/guests`, contained; every capability, granted and refused.
//!
//! One program, so that the guests are built once and the engine is linked once.

mod admission;
mod bench;
mod calls;
mod forge;
mod limits;
mod network;
mod secrets;

/// A guest without a module of tests does not compile.
macro_rules! each_has_tests {
    ($($guest:ident)*) => {
        const _: &[&str] = &[$(guests::$guest::GUEST),*];
    };
}
orangery_test_guests::for_each_guest!(each_has_tests);

/// Where the tests of each guest are.
mod guests {
    pub(crate) use crate::admission::world::{describes_badly, is_of_no_world, opens_files, peeks};
    pub(crate) use crate::calls::answers::echoes;
    pub(crate) use crate::calls::credentials::authenticates;
    pub(crate) use crate::calls::evaluator::{levels, patterns};
    pub(crate) use crate::calls::notifying::{announces, notifies, tends};
    pub(crate) use crate::calls::rendering::{gambles, miscounts, renders};
    pub(crate) use crate::calls::words::{exits, fails, floods_the_log, panics};
    pub(crate) use crate::limits::clock::reads_the_clock;
    pub(crate) use crate::limits::memory::{empties_memory, hoards, overflows, recurses};
    pub(crate) use crate::limits::neighbours::{calls_the_host, sends_in_describe};
    pub(crate) use crate::limits::time::{loops, loops_in_describe, sleeps};
    pub(crate) use crate::network::{asks, lists, needs_sockets, wants_http_to_render};
    pub(crate) use crate::secrets::dumps_memory;
}
