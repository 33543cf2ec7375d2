//! Moving, comparing and rounding times.

use super::calendar::Date;
use super::{Duration, Location, SECONDS_PER_DAY, Time, ZERO, Zone};

const NANOS: i64 = 1_000_000_000;

impl Time {
    /// The time moved by a duration (`Time.Add`).
    pub fn plus(&self, d: Duration) -> Self {
        let nanos = self.nanos + d.0 % NANOS;
        let unix = self.unix.saturating_add(d.0 / NANOS).saturating_add(nanos.div_euclid(NANOS));
        Self { unix, nanos: nanos.rem_euclid(NANOS), zone: self.zone.clone() }
    }

    /// The duration from another time to this one (`Time.Sub`); saturates.
    pub fn since(&self, other: &Self) -> Duration {
        let seconds = i128::from(self.unix) - i128::from(other.unix);
        let nanos = seconds * i128::from(NANOS) + i128::from(self.nanos - other.nanos);
        Duration(i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX }))
    }

    /// `Time.AddDate`: the same time of day, so many years, months and days later.
    pub fn add_date(&self, years: i64, months: i64, days: i64) -> Self {
        let date = self.date();
        let days = Date {
            year: date.year.saturating_add(years.clamp(-1_000_000, 1_000_000)),
            month: date.month + months.clamp(-12_000_000, 12_000_000),
            day: date.day + days.clamp(-400_000_000, 400_000_000),
        }
        .days();
        let wall = days * SECONDS_PER_DAY + self.wall().rem_euclid(SECONDS_PER_DAY);
        Self { unix: wall - self.offset(), ..self.clone() }
    }

    /// `Time.Round`: to the nearest multiple of a duration since Go's zero time.
    pub fn round(&self, multiple: Duration) -> Self {
        let rest = self.rest(multiple);
        if rest != 0 && rest >= multiple.0 - rest {
            self.plus(Duration(multiple.0 - rest))
        } else {
            self.plus(Duration(-rest))
        }
    }

    /// `Time.Truncate`: down to a multiple of a duration since Go's zero time.
    pub fn truncate(&self, multiple: Duration) -> Self {
        self.plus(Duration(-self.rest(multiple)))
    }

    fn rest(&self, multiple: Duration) -> i64 {
        if multiple.0 <= 0 {
            return 0;
        }
        let since = i128::from(self.unix - ZERO) * i128::from(NANOS) + i128::from(self.nanos);
        i64::try_from(since.rem_euclid(i128::from(multiple.0))).unwrap_or(0)
    }

    /// The same moment in UTC.
    pub fn utc(&self) -> Self {
        Self { zone: Zone::Utc, ..self.clone() }
    }

    /// The same moment in a zone (`Time.In`).
    pub fn placed(&self, location: &Location) -> Self {
        Self { zone: location.0.clone(), ..self.clone() }
    }
}
