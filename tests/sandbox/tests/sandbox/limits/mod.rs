//! Guests that take time, memory or places: their own calls end, and their neighbours do not notice.

mod circuit;
pub(crate) mod clock;
pub(crate) mod memory;
pub(crate) mod neighbours;
pub(crate) mod time;
mod waiting;
