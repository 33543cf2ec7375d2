//! Stories of the whole operator, told against a real API server and a simulated forge.

mod binary;
mod configuration;
mod copies;
mod definitions;
mod drift;
mod environments;
mod features;
mod foreign;
mod github_previews;
mod gitlab_environments;
mod guard;
mod killed;
mod law_one;
mod laws;
mod lease;
mod listings;
mod outsider;
mod panics;
mod preview;
mod process;
mod shipped;
mod slow_lists;
mod tenant;
mod trouble;
mod waiting;
mod waits;
