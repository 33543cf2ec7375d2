//! Layouts: Go's example time `Mon Jan 2 15:04:05 MST 2006` and its pieces.

/// How a numeric zone is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Offset {
    /// `Z` stands for no offset.
    pub(super) iso: bool,
    pub(super) colon: bool,
    /// Whether only the hours are written.
    pub(super) short: bool,
    pub(super) seconds: bool,
}

/// One piece of a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    LongMonth,
    Month,
    NumMonth,
    ZeroMonth,
    LongWeekday,
    Weekday,
    Day,
    UnderDay,
    ZeroDay,
    UnderYearDay,
    ZeroYearDay,
    Hour,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    LongYear,
    Year,
    UpperPm,
    LowerPm,
    ZoneName,
    Offset(Offset),
    /// `.000`: this many digits.
    Fraction {
        separator: char,
        digits: usize,
    },
    /// `.999`: without trailing zeros.
    TrimmedFraction {
        separator: char,
        digits: usize,
    },
}

/// The fixed spellings, longer ones before their prefixes.
const WORDS: &[(&str, Piece)] = &[
    ("January", Piece::LongMonth),
    ("Monday", Piece::LongWeekday),
    ("MST", Piece::ZoneName),
    ("01", Piece::ZeroMonth),
    ("02", Piece::ZeroDay),
    ("03", Piece::ZeroHour12),
    ("04", Piece::ZeroMinute),
    ("05", Piece::ZeroSecond),
    ("06", Piece::Year),
    ("002", Piece::ZeroYearDay),
    ("15", Piece::Hour),
    ("1", Piece::NumMonth),
    ("2006", Piece::LongYear),
    ("2", Piece::Day),
    ("__2", Piece::UnderYearDay),
    ("_2", Piece::UnderDay),
    ("3", Piece::Hour12),
    ("4", Piece::Minute),
    ("5", Piece::Second),
    ("PM", Piece::UpperPm),
    ("pm", Piece::LowerPm),
];

/// The spellings of a numeric zone after its `-` or `Z`.
const OFFSETS: &[(&str, bool, bool, bool)] = &[
    ("070000", false, false, true),
    ("07:00:00", true, false, true),
    ("0700", false, false, false),
    ("07:00", true, false, false),
    ("07", false, true, false),
];

/// The first piece of a layout: the text before it, itself, how long it is.
pub(super) fn next(layout: &str) -> Option<(&str, Piece, usize)> {
    for (at, c) in layout.char_indices() {
        let rest = layout.get(at..)?;
        if let Some((piece, length)) = piece_at(rest, c) {
            return Some((layout.get(..at)?, piece, length));
        }
        // `_2006` is a literal underscore and a year.
        if rest.starts_with("_2006") {
            return Some((layout.get(..=at)?, Piece::LongYear, 4));
        }
    }
    None
}

fn piece_at(rest: &str, first: char) -> Option<(Piece, usize)> {
    if rest.starts_with("_2006") {
        return None;
    }
    if let Some((word, piece)) = WORDS.iter().find(|(word, _)| rest.starts_with(word)) {
        return Some((*piece, word.len()));
    }
    let lower_after = |n: usize| rest.as_bytes().get(n).is_some_and(u8::is_ascii_lowercase);
    if rest.starts_with("Jan") && !lower_after(3) {
        return Some((Piece::Month, 3));
    }
    if rest.starts_with("Mon") && !lower_after(3) {
        return Some((Piece::Weekday, 3));
    }
    if matches!(first, '-' | 'Z') {
        let tail = rest.get(1..)?;
        let (text, colon, short, seconds) = OFFSETS.iter().find(|(text, ..)| tail.starts_with(text))?;
        let offset = Offset { iso: first == 'Z', colon: *colon, short: *short, seconds: *seconds };
        return Some((Piece::Offset(offset), 1 + text.len()));
    }
    if matches!(first, '.' | ',') {
        let digit = rest.get(1..)?.chars().next().filter(|c| matches!(c, '0' | '9'))?;
        let digits = rest.get(1..)?.chars().take_while(|c| *c == digit).count();
        if rest.as_bytes().get(1 + digits).is_some_and(u8::is_ascii_digit) {
            return None;
        }
        let piece = if digit == '9' {
            Piece::TrimmedFraction { separator: first, digits }
        } else {
            Piece::Fraction { separator: first, digits }
        };
        return Some((piece, 1 + digits));
    }
    None
}
