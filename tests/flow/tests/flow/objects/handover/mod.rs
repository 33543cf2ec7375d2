//! D21: an installation of Flux Operator is taken over in place and handed back: nothing is deleted, made anew or changed by a byte.

mod back;
mod installation;
mod over;
mod theirs;
