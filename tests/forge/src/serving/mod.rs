//! From a socket to an answer: who asks, what a fault does, how much quota is left.

pub(crate) mod access;
pub(crate) mod answer;
pub(crate) mod budget;
pub(crate) mod door;
pub(crate) mod fault;
pub(crate) mod requests;
pub(crate) mod sabotage;
pub(crate) mod server;
