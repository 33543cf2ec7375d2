//! What can be seen from outside: events, notifications, log lines, metrics.

mod events;
mod life;
mod log;
mod notifications;
mod rotated;
mod scraped;
