//! The proleptic Gregorian calendar.

use std::fmt;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// A month as Go's `time.Month`; January is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month(pub i64);

/// A day of the week as Go's `time.Weekday`; Sunday is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weekday(pub i64);

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match usize::try_from(self.0 - 1).ok().and_then(|at| MONTHS.get(at)) {
            Some(name) => f.write_str(name),
            None => write!(f, "%!Month({})", self.0 as u64),
        }
    }
}

impl fmt::Display for Weekday {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match usize::try_from(self.0).ok().and_then(|at| DAYS.get(at)) {
            Some(name) => f.write_str(name),
            None => write!(f, "%!Weekday({})", self.0 as u64),
        }
    }
}

/// The index of the name, whole or its first three letters, that a text starts with, whatever its case; and the rest.
pub(super) fn named(text: &str, names: Names, long: bool) -> Option<(i64, &str)> {
    let names: &[&str] = match names {
        Names::Months => &MONTHS,
        Names::Days => &DAYS,
    };
    for (nth, name) in names.iter().enumerate() {
        let name = if long { name } else { name.get(..3).unwrap_or(name) };
        if text.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name)) {
            return Some((i64::try_from(nth).ok()?, text.get(name.len()..)?));
        }
    }
    None
}

/// Which names to look for.
#[derive(Clone, Copy)]
pub(super) enum Names {
    Months,
    Days,
}

/// A day of the proleptic Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Date {
    /// The year; 0 is the year before 1.
    pub year: i64,
    /// The month, from 1.
    pub month: i64,
    /// The day of the month, from 1.
    pub day: i64,
}

pub(super) fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

pub(super) fn days_in(month: i64, year: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl Date {
    /// The day that is this many days after 1970-01-01.
    pub(super) fn of_days(days: i64) -> Self {
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        Self { year: year_of_era + era * 400 + i64::from(month <= 2), month, day }
    }

    /// Days after 1970-01-01. Months and days out of range are carried over.
    pub(super) fn days(self) -> i64 {
        let months = self.month - 1;
        let (year, month) = (self.year + months.div_euclid(12), months.rem_euclid(12) + 1);
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let shifted_month = if month > 2 { month - 3 } else { month + 9 };
        let of_year = (153 * shifted_month + 2) / 5 + self.day - 1;
        era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - 719_468
    }

    /// The day of the year, from 1.
    pub fn of_year(self) -> i64 {
        self.days() - Self { year: self.year, month: 1, day: 1 }.days() + 1
    }
}
