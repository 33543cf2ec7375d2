//! Does a plain scalar look like a YAML timestamp? Go's `time.Parse` for the four layouts that go-yaml tries.

/// `2006-1-2`, `2006-1-2T15:4:5[.9]Z07:00` (or `t`), `2006-1-2 15:4:5[.9]`; the year has four digits.
pub(crate) fn is_timestamp(s: &str) -> bool {
    parse(s.as_bytes()).is_some()
}

fn parse(s: &[u8]) -> Option<()> {
    let (year, rest) = s.split_at_checked(4)?;
    if !year.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let year = year.iter().fold(0, |n, d| n * 10 + u32::from(d - b'0'));
    let (month, rest) = number(literal(rest, b'-')?)?;
    let (day, rest) = number(literal(rest, b'-')?)?;
    if !(1..=12).contains(&month) || day < 1 || day > days_in(month, year) {
        return None;
    }
    match rest {
        [] => Some(()),
        [b'T' | b't', rest @ ..] => zone(clock(rest)?),
        [b' ', ..] => {
            let spaces = rest.iter().take_while(|b| **b == b' ').count();
            clock(rest.get(spaces..)?)?.is_empty().then_some(())
        }
        _ => None,
    }
}

fn literal(s: &[u8], expected: u8) -> Option<&[u8]> {
    s.split_first().filter(|(first, _)| **first == expected).map(|(_, rest)| rest)
}

/// One or two digits.
fn number(s: &[u8]) -> Option<(u32, &[u8])> {
    let digit = |b: &u8| b.is_ascii_digit().then(|| u32::from(b - b'0'));
    match s {
        [a, b, rest @ ..] if a.is_ascii_digit() && b.is_ascii_digit() => Some((digit(a)? * 10 + digit(b)?, rest)),
        [a, rest @ ..] => Some((digit(a)?, rest)),
        [] => None,
    }
}

/// Hour, minute, second and a fraction of any length.
fn clock(s: &[u8]) -> Option<&[u8]> {
    let (hour, rest) = number(s)?;
    let (minute, rest) = number(literal(rest, b':')?)?;
    let (second, rest) = number(literal(rest, b':')?)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    match rest {
        [b'.' | b',', fraction @ ..] => {
            let digits = fraction.iter().take_while(|b| b.is_ascii_digit()).count();
            if digits == 0 { Some(rest) } else { fraction.get(digits..) }
        }
        _ => Some(rest),
    }
}

/// `Z` or `±hh:mm`, and nothing after it.
fn zone(s: &[u8]) -> Option<()> {
    let two = |a: u8, b: u8| {
        (a.is_ascii_digit() && b.is_ascii_digit()).then(|| u32::from(a - b'0') * 10 + u32::from(b - b'0'))
    };
    match *s {
        [b'Z'] => Some(()),
        [b'+' | b'-', a, b, b':', c, d] => (two(a, b)? <= 24 && two(c, d)? <= 60).then_some(()),
        _ => None,
    }
}

fn days_in(month: u32, year: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
