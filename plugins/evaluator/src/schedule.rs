//! The triggers of a cron expression around a moment.

use croner::parser::{CronParser, Seconds};
use croner::{Cron, Weekday};
use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};

/// A date that a cron expression of five fields can name comes at least once in so many years: the 29th of February falls on
/// each weekday within 40 years, also across a year such as 2100 that has none.
const YEARS: i16 = 40;

/// The triggers around a moment, in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Triggers {
    /// The last one at or before the moment.
    pub previous: Option<i64>,
    /// The first one after it.
    pub next: Option<i64>,
}

/// Finds the triggers of an expression in a time zone. Both are absent if it names no date of the calendar.
///
/// # Errors
/// What does not parse: the expression, or the time zone.
pub fn find(cron: &str, time_zone: &str, now: i64) -> Result<Triggers, String> {
    let zone = TimeZone::get(time_zone).map_err(|error| error.to_string())?;
    let parser = CronParser::builder().seconds(Seconds::Disallowed).build();
    let cron = parser.parse(cron).map_err(|error| error.to_string())?;
    let now = Timestamp::from_millisecond(now).map_err(|error| error.to_string())?.to_zoned(zone);
    // The library would look through five thousand years for a date such as the 31st of February.
    if !names_a_date(&cron, now.date()) {
        return Ok(Triggers { previous: None, next: None });
    }
    let previous = cron.find_previous_occurrence(&now, true).ok();
    let next = cron.find_next_occurrence(&now, false).ok();
    Ok(Triggers {
        previous: previous.map(|when| when.timestamp().as_millisecond()),
        next: next.map(|when| when.timestamp().as_millisecond()),
    })
}

/// Whether any date within the next years is one of the expression's.
fn names_a_date(cron: &Cron, today: Date) -> bool {
    let end = today.year().saturating_add(YEARS);
    today.series(jiff::Span::new().days(1)).take_while(|date| date.year() <= end).any(|date| {
        let (year, month, day) = (i32::from(date.year()), date.month().unsigned_abs(), date.day().unsigned_abs());
        let weekday = Weekday::from_days_from_sunday(u32::from(date.weekday().to_sunday_zero_offset().unsigned_abs()));
        cron.pattern.month_match(u32::from(month)).unwrap_or_default()
            && cron.pattern.day_match(year, u32::from(month), u32::from(day), weekday).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str) -> i64 {
        time.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn five_fields_trigger_in_their_time_zone() {
        let find = |now| find("0 9 * * 1-5", "Europe/Berlin", at(now)).unwrap();
        assert_eq!(find("2026-11-20T08:00:00Z").next, Some(at("2026-11-23T08:00:00Z")));
        assert_eq!(find("2026-11-22T12:00:00Z").previous, Some(at("2026-11-20T08:00:00Z")));
    }

    #[test]
    fn a_trigger_at_this_very_moment_is_the_previous_one() {
        let found = find("@daily", "UTC", at("2026-11-20T00:00:00Z")).unwrap();
        assert_eq!(found.previous, Some(at("2026-11-20T00:00:00Z")));
        assert_eq!(found.next, Some(at("2026-11-21T00:00:00Z")));
    }

    #[test]
    fn a_date_that_never_comes_has_no_triggers_and_a_rare_one_has() {
        for never in ["0 0 31 2 *", "0 0 30 2 *", "0 0 31 4,6,9,11 *", "* * 31 2 *"] {
            assert_eq!(find(never, "UTC", 0), Ok(Triggers { previous: None, next: None }), "{never}");
        }
        let leap = find("0 0 29 2 +1", "UTC", at("2072-03-01T00:00:00Z")).unwrap();
        assert_eq!(leap.previous, Some(at("2072-02-29T00:00:00Z")));
        assert_eq!(leap.next, Some(at("2112-02-29T00:00:00Z")), "40 years, across 2100");
    }

    #[test]
    fn nonsense_does_not_parse() {
        for (cron, zone) in
            [("* * *", "UTC"), ("61 * * * *", "UTC"), ("0 0 * * *", "Mars/Olympus"), ("0 0 0 * * *", "UTC")]
        {
            assert!(find(cron, zone, 0).is_err(), "{cron} {zone}");
        }
    }
}
