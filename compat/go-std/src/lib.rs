//! Text as Go's standard library reads and writes it: regular expressions, numbers, characters, times.

pub mod regexp;
pub mod strconv;
pub mod time;
pub mod unicode;
