//! Durations as Go reads and writes them (`1h30m`, `500ms`), because annotations, windows and status carry that form.

use std::time::Duration;

/// Why a text is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// Not `number unit` repeated.
    #[error("\"{0}\" is not a duration; write for example 90s, 5m or 1h30m")]
    Malformed(String),
    /// The duration is below zero.
    #[error("\"{0}\" is negative; a duration here must be zero or more")]
    Negative(String),
    /// Past 292 years, where Go stops.
    #[error("\"{0}\" is longer than 2562047h")]
    TooLong(String),
}

/// Parses a Go duration of zero or more.
///
/// # Errors
/// The text is malformed, negative, or longer than Go can count.
pub fn parse(text: &str) -> Result<Duration, DurationError> {
    match go_std::time::parse_duration(text) {
        Ok(parsed) if parsed.0 < 0 => Err(DurationError::Negative(text.to_owned())),
        Ok(parsed) => Ok(Duration::from_nanos(parsed.0.unsigned_abs())),
        Err(go_std::time::DurationError::TooLong(_)) => Err(DurationError::TooLong(text.to_owned())),
        Err(_) => Err(DurationError::Malformed(text.to_owned())),
    }
}

/// Writes a duration as Go's `Duration.String` does; at most the 292 years that Go can count.
#[must_use]
pub fn format(duration: Duration) -> String {
    go_std::time::Duration(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)).to_string()
}

/// How long something took, for messages: whole milliseconds below a second, whole seconds above.
#[must_use]
pub fn format_rounded(took: Duration) -> String {
    if took < Duration::from_secs(1) {
        return format(Duration::from_millis(u64::try_from((took.as_micros() + 500) / 1000).unwrap_or(u64::MAX)));
    }
    format(Duration::from_secs(took.as_secs() + u64::from(took.subsec_millis() >= 500)))
}

/// `reconcileEvery`: absent or unreadable means the default, zero means never again by the clock.
#[must_use]
pub fn interval(annotation: Option<&str>, default: Duration) -> Option<Duration> {
    let chosen = annotation.map_or(default, |text| parse(text).unwrap_or(default));
    (!chosen.is_zero()).then_some(chosen)
}

/// `reconcileTimeout`: absent, unreadable or zero means the default.
#[must_use]
pub fn timeout(annotation: Option<&str>, default: Duration) -> Duration {
    interval(annotation, default).unwrap_or(default)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        for (text, nanos) in [
            ("0", 0),
            ("0s", 0),
            ("1h30m", 5_400_000_000_000),
            ("500ms", 500_000_000),
            ("1.5h", 5_400_000_000_000),
            (".5s", 500_000_000),
            ("+5m", 300_000_000_000),
            ("1us", 1_000),
            ("1µs", 1_000),
            ("2h45m30.25s", 9_930_250_000_000),
            ("-0s", 0),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_nanos(nanos)), "{text}");
        }
    }

    #[test]
    fn what_go_refuses_is_refused() {
        for text in ["", "5", "h", "1x", "1h 5m", "1,5h", "s5", ".s", "99999999h"] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(parse("-1s"), Err(DurationError::Negative("-1s".into())));
    }

    #[test]
    fn durations_are_written_as_go_writes_them() {
        for text in
            ["0s", "1ns", "1.5µs", "500ms", "1s", "1.05s", "1m0s", "1m30s", "1h0m0s", "1h30m0.25s", "2h45m30.25s"]
        {
            assert_eq!(format(parse(text).unwrap()), text);
        }
    }

    #[test]
    fn messages_round_to_milliseconds_or_seconds() {
        assert_eq!(format_rounded(Duration::from_micros(12_700)), "13ms");
        assert_eq!(format_rounded(Duration::from_millis(2_600)), "3s");
    }

    #[test]
    fn zero_means_never_and_nonsense_means_the_default() {
        let hour = Duration::from_secs(3600);
        assert_eq!(interval(None, hour), Some(hour));
        assert_eq!(interval(Some("0"), hour), None);
        assert_eq!(interval(Some("soon"), hour), Some(hour));
        assert_eq!(interval(Some("5m"), hour), Some(Duration::from_secs(300)));
        assert_eq!(timeout(Some("0s"), hour), hour);
    }
}
