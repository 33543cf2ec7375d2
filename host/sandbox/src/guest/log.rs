//! The log lines of a plugin: bounded, redacted, kept for the report of the call and passed to `tracing`.
//!
//! Lines past the bound are only counted; one last line says how many were dropped.

use crate::bindings::log::Level;
use crate::consumer::Consumer;
use crate::guest::text::GuestText;
use crate::limits::Limits;
use orangery_egress::Redactor;

/// How important a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Details for the plugin's author.
    Trace,
    /// Details for finding a problem.
    Debug,
    /// What an operator may want to know.
    Info,
    /// Something unexpected happened, and the plugin continues.
    Warn,
    /// An operation of the plugin failed.
    Error,
}

impl From<Level> for LogLevel {
    fn from(level: Level) -> Self {
        match level {
            Level::Trace => Self::Trace,
            Level::Debug => Self::Debug,
            Level::Information => Self::Info,
            Level::Warn => Self::Warn,
            Level::Error => Self::Error,
        }
    }
}

/// One line that a plugin logged.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct LogLine {
    /// The severity that the plugin chose.
    pub level: LogLevel,
    /// The text of the line.
    pub message: GuestText,
    /// The names and values that the plugin attached.
    pub fields: Vec<(GuestText, GuestText)>,
}

/// The log of one call.
#[derive(Debug)]
pub(crate) struct CallLog {
    plugin: String,
    consumer: Consumer,
    lines: Vec<LogLine>,
    dropped: u64,
    most_lines: usize,
    most_bytes: usize,
}

impl CallLog {
    pub(crate) fn new(plugin: String, consumer: Consumer, limits: &Limits) -> Self {
        Self {
            plugin,
            consumer,
            lines: Vec::new(),
            dropped: 0,
            most_lines: limits.log_lines,
            most_bytes: limits.log_line_bytes,
        }
    }

    /// Keeps one line, or counts it.
    pub(crate) fn write(&mut self, level: LogLevel, message: &str, fields: &[(String, String)], redact: &Redactor) {
        if self.lines.len() >= self.most_lines {
            self.dropped += 1;
            return;
        }
        let message = GuestText::bounded(message, self.most_bytes, redact);
        let mut left = self.most_bytes.saturating_sub(message.as_str().len());
        let mut kept = Vec::new();
        for (name, value) in fields {
            let name = GuestText::bounded(name, left, redact);
            left = left.saturating_sub(name.as_str().len());
            let value = GuestText::bounded(value, left, redact);
            left = left.saturating_sub(value.as_str().len());
            if left == 0 {
                break;
            }
            kept.push((name, value));
        }
        self.emit(LogLine { level, message, fields: kept });
    }

    /// The lines, and one more if any were dropped.
    pub(crate) fn finish(&mut self, redact: &Redactor) -> Vec<LogLine> {
        if self.dropped > 0 {
            let message = GuestText::message(&format!("dropped {} more lines", self.dropped), redact);
            self.dropped = 0;
            self.emit(LogLine { level: LogLevel::Warn, message, fields: Vec::new() });
        }
        std::mem::take(&mut self.lines)
    }

    fn emit(&mut self, line: LogLine) {
        let (plugin, consumer) = (self.plugin.as_str(), self.consumer.as_str());
        let fields = line.fields.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ");
        macro_rules! at {
            ($level:ident) => {
                tracing::event!(target: "orangery::plugin", tracing::Level::$level, plugin, consumer, fields, "{}", line.message)
            };
        }
        match line.level {
            LogLevel::Trace => at!(TRACE),
            LogLevel::Debug => at!(DEBUG),
            LogLevel::Info => at!(INFO),
            LogLevel::Warn => at!(WARN),
            LogLevel::Error => at!(ERROR),
        }
        self.lines.push(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use orangery_egress::Redactor;

    fn log() -> CallLog {
        CallLog::new("p".into(), "c".into(), &Limits { log_lines: 2, log_line_bytes: 8, ..Limits::default() })
    }

    #[test]
    fn lines_past_the_bound_are_counted_in_one_last_line() {
        let mut log = log();
        for _ in 0..5 {
            log.write(LogLevel::Info, "hello", &[], &Redactor::default());
        }
        let lines = log.finish(&Redactor::default());
        let said: Vec<_> = lines.iter().map(|line| line.message.as_str()).collect();
        assert_eq!(said, ["hello", "hello", "dropped 3 more lines"]);
    }

    #[test]
    fn a_line_is_bounded_with_its_fields() {
        let mut log = log();
        log.write(LogLevel::Info, "abcd", &[("key".into(), "a long value".into())], &Redactor::default());
        let lines = log.finish(&Redactor::default());
        assert_eq!(lines[0].message.as_str(), "abcd");
        assert!(lines[0].fields.is_empty(), "{:?}", lines[0].fields);
    }
}
