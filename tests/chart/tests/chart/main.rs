//! What the chart renders, what it installs, and what follows from it.

mod deploy;
mod image;
mod installed;
mod rendered;
