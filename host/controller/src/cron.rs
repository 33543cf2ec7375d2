//! `spec.schedule[].cron`: five fields, descriptors such as `@daily`, `@every 30m`, and a `CRON_TZ=` prefix, in a time zone.
//!
//! Only finding the triggers is here; whether a poll may run now is arithmetic and lives in `orangery_core::schedule`.

use croner::parser::{CronParser, Seconds};
use jiff::{Timestamp, tz::TimeZone};
use orangery_core::{Disposition, Explain, Reason};

/// A schedule entry that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CronError {
    /// The expression does not parse.
    #[error("failed to parse cron spec '{cron}' with timezone '{time_zone}': {message}")]
    Expression {
        /// As written.
        cron: String,
        /// As written.
        time_zone: String,
        /// What the parser said.
        message: String,
    },
}

impl Explain for CronError {
    fn reason(&self) -> Reason {
        match self {
            Self::Expression { .. } => Reason::InvalidSchedule,
        }
    }

    fn disposition(&self) -> Disposition {
        match self {
            Self::Expression { .. } => Disposition::WaitForChange,
        }
    }
}

/// When an entry triggers.
enum Rule {
    /// A calendar expression in a time zone.
    Calendar(Box<croner::Cron>, TimeZone),
    /// Every so many milliseconds, counted from 1970.
    Every(i64),
}

/// A parsed entry.
pub struct Cron {
    rule: Rule,
}

impl Cron {
    /// Parses an expression; a `CRON_TZ=` or `TZ=` prefix wins over `time_zone`.
    ///
    /// # Errors
    /// The expression or the time zone is unknown.
    pub fn parse(cron: &str, time_zone: &str) -> Result<Self, CronError> {
        let failed =
            |message: String| CronError::Expression { cron: cron.to_owned(), time_zone: time_zone.to_owned(), message };
        let (zone, fields) = match cron.trim().strip_prefix("CRON_TZ=").or_else(|| cron.trim().strip_prefix("TZ=")) {
            Some(rest) => {
                rest.split_once(char::is_whitespace).ok_or_else(|| failed("nothing follows the time zone".into()))?
            }
            None => (time_zone, cron.trim()),
        };
        if let Some(every) = fields.strip_prefix("@every ") {
            let delay = orangery_core::duration::parse(every).map_err(|error| failed(error.to_string()))?;
            // robfig/cron rounds to whole seconds and never goes below one.
            let seconds =
                i64::try_from(delay.as_secs().max(1)).map_err(|_| failed("the interval is too long".into()))?;
            return Ok(Self { rule: Rule::Every(seconds.saturating_mul(1000)) });
        }
        let zone = if zone.is_empty() { "UTC" } else { zone };
        let zone = TimeZone::get(zone).map_err(|error| failed(error.to_string()))?;
        let parser = CronParser::builder().seconds(Seconds::Disallowed).build();
        let calendar = parser.parse(fields).map_err(|error| failed(error.to_string()))?;
        Ok(Self { rule: Rule::Calendar(Box::new(calendar), zone) })
    }

    /// The last trigger at or before `now` (milliseconds since 1970).
    #[must_use]
    pub fn previous(&self, now: i64) -> Option<i64> {
        match &self.rule {
            Rule::Every(delay) => Some(now - now.rem_euclid(*delay)),
            Rule::Calendar(calendar, zone) => {
                let now = Timestamp::from_millisecond(now).ok()?.to_zoned(zone.clone());
                Some(calendar.find_previous_occurrence(&now, true).ok()?.timestamp().as_millisecond())
            }
        }
    }

    /// The first trigger after `now` (milliseconds since 1970).
    #[must_use]
    pub fn next(&self, now: i64) -> Option<i64> {
        match &self.rule {
            Rule::Every(delay) => Some(now - now.rem_euclid(*delay) + *delay),
            Rule::Calendar(calendar, zone) => {
                let now = Timestamp::from_millisecond(now).ok()?.to_zoned(zone.clone());
                Some(calendar.find_next_occurrence(&now, false).ok()?.timestamp().as_millisecond())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str) -> i64 {
        time.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn five_fields_trigger_in_their_time_zone() {
        let cron = Cron::parse("0 9 * * 1-5", "Europe/Berlin").unwrap();
        assert_eq!(cron.next(at("2026-11-20T08:00:00Z")), Some(at("2026-11-23T08:00:00Z")));
        assert_eq!(cron.previous(at("2026-11-22T12:00:00Z")), Some(at("2026-11-20T08:00:00Z")));
    }

    #[test]
    fn a_trigger_at_this_very_moment_is_the_previous_one() {
        let cron = Cron::parse("@daily", "UTC").unwrap();
        assert_eq!(cron.previous(at("2026-11-20T00:00:00Z")), Some(at("2026-11-20T00:00:00Z")));
        assert_eq!(cron.next(at("2026-11-20T00:00:00Z")), Some(at("2026-11-21T00:00:00Z")));
    }

    #[test]
    fn an_interval_and_a_prefixed_time_zone_are_understood() {
        let every = Cron::parse("@every 90m", "").unwrap();
        assert_eq!(every.next(0), Some(5_400_000));
        let tokyo = Cron::parse("CRON_TZ=Asia/Tokyo 0 6 * * *", "UTC").unwrap();
        assert_eq!(tokyo.next(at("2026-11-20T00:00:00Z")), Some(at("2026-11-20T21:00:00Z")));
    }

    #[test]
    fn nonsense_names_the_expression_and_the_time_zone() {
        for (cron, zone) in [
            ("* * *", "UTC"),
            ("61 * * * *", "UTC"),
            ("0 0 * * *", "Mars/Olympus"),
            ("@every soon", "UTC"),
            ("0 0 0 * * *", "UTC"),
        ] {
            let error = Cron::parse(cron, zone).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(
                error.starts_with(&format!("failed to parse cron spec '{cron}' with timezone '{zone}'")),
                "{cron}: {error}"
            );
        }
    }
}
