//! One provider by hand: `orangery poll` asks it once, `orangery notify` tells one notice.

pub mod notify;
pub mod poll;
