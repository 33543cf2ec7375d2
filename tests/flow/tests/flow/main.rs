//! Stories of the whole operator, told against a real API server and a simulated forge.

mod binary;
mod definitions;
mod features;
mod github_previews;
mod gitlab_environments;
mod laws;
mod preview;
mod trouble;
