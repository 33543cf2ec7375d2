//! Plugins from the command line: what they say of themselves, how they are tested, what they tell.

mod explain;
mod notify;
mod notify_cases;
mod plugin;
mod render_cases;
