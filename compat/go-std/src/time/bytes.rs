//! Times as bytes: RFC 3339 text, JSON, and Go's binary form.

use super::Clock;

impl Clock {
    /// As JSON holds it: RFC 3339.
    ///
    /// # Errors
    /// Go's text for years beyond four digits.
    pub fn json(&self) -> Result<String, String> {
        self.rfc3339("Time.MarshalJSON").map_err(|e| format!("json: error calling MarshalJSON for type time.Time: {e}"))
    }

    /// RFC 3339 with as many digits of the second as there are.
    ///
    /// # Errors
    /// Go's text for years beyond four digits.
    pub fn rfc3339(&self, method: &str) -> Result<String, String> {
        if !(0..10_000).contains(&self.date().year) {
            return Err(format!("{method}: year outside of range [0,9999]"));
        }
        if self.offset().abs() >= 24 * 3600 {
            return Err(format!("{method}: timezone hour outside of range [0,23]"));
        }
        Ok(self.format("2006-01-02T15:04:05.999999999Z07:00"))
    }

    /// `MarshalBinary`: version, seconds since year 1, nanoseconds, minutes east of UTC; -1 is UTC.
    ///
    /// # Errors
    /// Go's text for offsets that the form has no place for.
    pub fn binary(&self, method: &str) -> Result<Vec<u8>, String> {
        let [nanos, seconds] = self.fields();
        let offset = self.offset();
        let minutes = if self.location().is_utc() { -1 } else { offset / 60 };
        let unexpected = !self.location().is_utc() && minutes == -1;
        let minutes = i16::try_from(minutes).ok().filter(|_| !unexpected);
        let minutes = minutes.ok_or_else(|| format!("{method}: unexpected zone offset"))?;
        let odd = i8::try_from(offset % 60).unwrap_or(0);
        let mut out = vec![if odd == 0 { 1 } else { 2 }];
        out.extend(seconds.to_be_bytes());
        out.extend(u32::try_from(nanos).unwrap_or(0).to_be_bytes());
        out.extend(minutes.to_be_bytes());
        if odd != 0 {
            out.extend(odd.to_be_bytes());
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse_time;

    #[test]
    fn times_become_text_and_bytes() {
        let time = parse_time("2006-01-02 -0700", "2024-02-29 +0130").unwrap();
        assert_eq!(time.json(), Ok("2024-02-29T00:00:00+01:30".to_owned()));
        assert_eq!(time.binary("x"), Ok(vec![1, 0, 0, 0, 14, 221, 113, 170, 232, 0, 0, 0, 0, 0, 90]));
    }
}
