//! Log lines. In a component the host bounds, redacts and attributes them; elsewhere they go to standard error and to
//! [`take`].
//!
//! ```
//! orangery_plugin_sdk::warn!("skipped environment {:?}: no deployment", "review/a");
//! ```

#[doc(inline)]
pub use crate::bindings::describing::orangery::plugin::log::Level;

/// Writes one line with fields. The macros [`crate::debug!`], [`crate::info!`], [`crate::warn!`] and
/// [`crate::error!`] are shorter.
#[cfg(target_arch = "wasm32")]
pub fn write(level: Level, message: &str, fields: &[(String, String)]) {
    crate::guest::log(level, message, fields);
}

#[cfg(not(target_arch = "wasm32"))]
thread_local! {
    static LINES: std::cell::RefCell<Vec<(Level, String)>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// Writes one line with fields. The macros [`crate::debug!`], [`crate::info!`], [`crate::warn!`] and
/// [`crate::error!`] are shorter.
#[cfg(not(target_arch = "wasm32"))]
pub fn write(level: Level, message: &str, fields: &[(String, String)]) {
    let fields: String = fields.iter().map(|(key, value)| format!(" {key}={value}")).collect();
    eprintln!("{level:?}: {message}{fields}");
    LINES.with_borrow_mut(|lines| lines.push((level, format!("{message}{fields}"))));
}

/// The lines that this thread has written since the last call, for tests.
#[cfg(not(target_arch = "wasm32"))]
pub fn take() -> Vec<(Level, String)> {
    LINES.take()
}

/// Logs a formatted line with details for finding a problem.
#[macro_export]
macro_rules! debug {
    ($($arg:tt)+) => { $crate::log::write($crate::log::Level::Debug, &format!($($arg)+), &[]) };
}

/// Logs a formatted line that an operator may want to know.
#[macro_export]
macro_rules! info {
    ($($arg:tt)+) => { $crate::log::write($crate::log::Level::Information, &format!($($arg)+), &[]) };
}

/// Logs a formatted line about something unexpected.
#[macro_export]
macro_rules! warn {
    ($($arg:tt)+) => { $crate::log::write($crate::log::Level::Warn, &format!($($arg)+), &[]) };
}

/// Logs a formatted line about something that failed.
#[macro_export]
macro_rules! error {
    ($($arg:tt)+) => { $crate::log::write($crate::log::Level::Error, &format!($($arg)+), &[]) };
}
