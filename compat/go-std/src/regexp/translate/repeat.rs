//! Repetitions: `*`, `+`, `?`, `{2}`, `{2,}`, `{2,5}`, each lazy with a `?` behind it.

use super::{Parsed, RegexError, Translator};

/// Go's highest repeat count; nested counts multiply.
const MAX_REPEAT: u32 = 1000;

impl<'p> Translator<'p> {
    /// Reads a repetition operator; `false` if a `{` is not one and stands for itself.
    pub(super) fn repetition(&mut self, first: char, last: Option<&'p str>) -> Parsed<bool> {
        let before = self.rest;
        if first != '{' {
            self.advance(1);
            self.repeat(first.encode_utf8(&mut [0; 4]), 1, before, last)?;
            return Ok(true);
        }
        let Some((least, most, length)) = counts(self.rest) else {
            self.advance(1);
            self.literal('{');
            return Ok(false);
        };
        let part = before.get(..length).unwrap_or_default();
        self.advance(length);
        if least > MAX_REPEAT || most.is_some_and(|most| most > MAX_REPEAT || most < least) {
            return Err(RegexError::new("invalid repeat count", part));
        }
        self.repeat(part, least.max(most.unwrap_or(least)).max(1), before, last)?;
        Ok(true)
    }

    fn repeat(&mut self, operator: &str, times: u32, before: &str, last: Option<&str>) -> Parsed<()> {
        let lazy = self.rest.starts_with('?');
        if lazy {
            self.advance(1);
        }
        let since = |text: &str| text.get(..text.len() - self.rest.len()).unwrap_or(text).to_owned();
        if let Some(last) = last {
            return Err(RegexError::new("invalid nested repetition operator", since(last)));
        }
        let part = since(before);
        let Some(group) = self.groups.last_mut().filter(|group| group.operand) else {
            return Err(RegexError::new("missing argument to repetition operator", part));
        };
        group.last = group.last.max(1).saturating_mul(times);
        group.heaviest = group.heaviest.max(group.last);
        if group.last > MAX_REPEAT {
            return Err(RegexError::new("invalid repeat count", part));
        }
        let (start, end) = group.span;
        let (open, close) = if group.repeated { ("(?:", ")") } else { ("", "") };
        let operator = format!("{close}{operator}{}", if lazy != self.swapped { "?" } else { "" });
        group.span = (start, end + open.len() + operator.len());
        group.repeated = true;
        self.out.insert_str(end, &operator);
        self.out.insert_str(start, open);
        Ok(())
    }
}

/// The least count, the most if there is one, and the length of `{2}`, `{2,}` or `{2,5}`. Counts past `u32` saturate.
fn counts(text: &str) -> Option<(u32, Option<u32>, usize)> {
    let end = text.find('}')?;
    let inside = text.get(1..end)?;
    let number = |t: &str| {
        let good = !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit()) && (t.len() == 1 || !t.starts_with('0'));
        good.then(|| t.parse().unwrap_or(u32::MAX))
    };
    let (least, most) = match inside.split_once(',') {
        None => {
            let n = number(inside)?;
            (n, Some(n))
        }
        Some((least, "")) => (number(least)?, None),
        Some((least, most)) => (number(least)?, Some(number(most)?)),
    };
    Some((least, most, end + 1))
}
