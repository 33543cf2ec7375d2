//! `spec.schedule[].cron`: five fields, descriptors such as `@daily`, `@every 30m`, and a `CRON_TZ=` prefix, in a time zone.
//!
//! This module only finds the triggers, mostly by calling the sandbox's evaluator, because tenants write the expressions. Whether a
//! poll may run now is decided by `orangery_core::schedule`.

use orangery_core::{Disposition, Explain, Reason, Timestamp};
use orangery_sandbox::{EvaluationError, Evaluations, Triggers};
use std::time::Duration;

/// Maximum bytes of an expression or a time zone. All minutes of an hour, one by one, are less than 200.
const LONGEST: usize = 1024;

/// A schedule entry that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CronError {
    /// The expression does not parse.
    #[error("failed to parse cron spec '{cron}' with timezone '{time_zone}': {message}")]
    Expression {
        /// The expression as written.
        cron: String,
        /// The time zone as written.
        time_zone: String,
        /// What the parser said.
        message: String,
    },
    /// It passed a limit before its triggers were found.
    #[error("failed to find the triggers of cron spec '{cron}' with timezone '{time_zone}': {cause}")]
    Unaffordable {
        /// The expression as written.
        cron: String,
        /// The time zone as written.
        time_zone: String,
        /// The limit that was exceeded.
        #[source]
        cause: EvaluationError,
    },
}

impl Explain for CronError {
    fn reason(&self) -> Reason {
        match self {
            Self::Expression { .. } | Self::Unaffordable { .. } => Reason::InvalidSchedule,
        }
    }

    fn disposition(&self) -> Disposition {
        match self {
            Self::Expression { .. } => Disposition::WaitForChange,
            Self::Unaffordable { cause, .. } => cause.disposition(),
        }
    }
}

/// When an entry triggers.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Rule {
    /// A calendar expression in a time zone.
    Calendar { fields: String, time_zone: String },
    /// Again after so many whole seconds, counted from 1970.
    Every(Duration),
}

/// The triggers of an entry around a moment in time. A `CRON_TZ=` or `TZ=` prefix wins over `time_zone`.
///
/// # Errors
/// The expression or the time zone is unknown, or a limit was passed.
pub async fn triggers(
    evaluations: &mut Evaluations<'_>,
    cron: &str,
    time_zone: &str,
    now: Timestamp,
) -> Result<Triggers, CronError> {
    let failed = |message| CronError::Expression { cron: shown(cron), time_zone: shown(time_zone), message };
    match rule(cron, time_zone).map_err(failed)? {
        Rule::Every(delay) => {
            let into = now.as_millis().checked_rem(delay.as_secs().saturating_mul(1000)).unwrap_or_default();
            let previous = Timestamp::from_millis(now.as_millis().saturating_sub(into));
            Ok(Triggers { previous: Some(previous), next: Some(previous + delay) })
        }
        Rule::Calendar { fields, time_zone: zone } => {
            let found = evaluations.triggers(&fields, &zone, now).await.map_err(|cause| CronError::Unaffordable {
                cron: shown(cron),
                time_zone: shown(time_zone),
                cause,
            })?;
            found.map_err(failed)
        }
    }
}

fn rule(cron: &str, time_zone: &str) -> Result<Rule, String> {
    if cron.len() > LONGEST || time_zone.len() > LONGEST {
        return Err(format!("it is longer than {LONGEST} bytes"));
    }
    let (zone, fields) = match cron.trim().strip_prefix("CRON_TZ=").or_else(|| cron.trim().strip_prefix("TZ=")) {
        Some(rest) => rest.split_once(char::is_whitespace).ok_or_else(|| "nothing follows the time zone".to_owned())?,
        None => (time_zone, cron.trim()),
    };
    if let Some(every) = fields.strip_prefix("@every ") {
        let delay = orangery_core::duration::parse(every).map_err(|error| error.to_string())?;
        // robfig/cron rounds to whole seconds and never goes below one.
        return Ok(Rule::Every(Duration::from_secs(delay.as_secs().max(1))));
    }
    let zone = if zone.is_empty() { "UTC" } else { zone };
    Ok(Rule::Calendar { fields: fields.to_owned(), time_zone: zone.to_owned() })
}

/// The text, or its beginning: conditions have a size.
fn shown(text: &str) -> String {
    if text.len() <= LONGEST { text.to_owned() } else { text.chars().take(64).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(fields: &str, time_zone: &str) -> Result<Rule, String> {
        Ok(Rule::Calendar { fields: fields.to_owned(), time_zone: time_zone.to_owned() })
    }

    #[test]
    fn an_interval_and_a_prefixed_time_zone_are_understood() {
        assert_eq!(rule("@every 90m", ""), Ok(Rule::Every(Duration::from_secs(5_400))));
        assert_eq!(rule("@every 10ms", "UTC"), Ok(Rule::Every(Duration::from_secs(1))), "never below a second");
        assert_eq!(rule("CRON_TZ=Asia/Tokyo 0 6 * * *", "UTC"), calendar("0 6 * * *", "Asia/Tokyo"));
        assert_eq!(rule(" TZ=Asia/Tokyo  @daily ", "UTC"), calendar(" @daily", "Asia/Tokyo"));
        assert_eq!(rule("@daily", ""), calendar("@daily", "UTC"));
    }

    #[test]
    fn what_cannot_be_a_schedule_is_refused_before_it_is_evaluated() {
        assert!(rule("@every soon", "UTC").is_err());
        assert_eq!(rule("CRON_TZ=UTC", "").unwrap_err(), "nothing follows the time zone");
        assert!(rule(&"1,".repeat(600), "UTC").unwrap_err().contains("longer than 1024 bytes"));
        assert!(rule("@daily", &"x".repeat(1025)).is_err());
        assert_eq!(shown(&"x".repeat(2000)).chars().count(), 65);
    }
}
