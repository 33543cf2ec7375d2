//! Characters as Go sees them: Unicode 15 categories and simple, one-to-one case mappings.
//!
//! Rust's own tables follow another Unicode version and full case mappings (`ß` becomes `SS`), which would show.

mod case;
mod classes;
mod printable;

use std::cmp::Ordering;

fn within(table: &[(u32, u32)], c: char) -> bool {
    let c = u32::from(c);
    table
        .binary_search_by(|&(low, high)| match () {
            () if high < c => Ordering::Less,
            () if low > c => Ordering::Greater,
            () => Ordering::Equal,
        })
        .is_ok()
}

/// How far a character is from its mapping; `None` if the table does not hold it.
fn distance(table: &[(u32, u32, u32, i32)], c: char) -> Option<i32> {
    let code = u32::from(c);
    let next = table.partition_point(|&(low, ..)| low <= code);
    // Ranges with a step of two may interleave, so look a few entries back.
    let near = table.get(next.saturating_sub(3)..next).unwrap_or_default().iter().rev();
    near.copied()
        .find(|&(low, high, step, _)| code <= high && (code - low) % step == 0)
        .map(|(_, _, _, distance)| distance)
}

fn moved(c: char, distance: Option<i32>) -> char {
    distance.and_then(|distance| u32::from(c).checked_add_signed(distance)).and_then(char::from_u32).unwrap_or(c)
}

/// Whether a character is of category L, as Go's `unicode.IsLetter`.
pub fn is_letter(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphabetic() } else { within(&classes::LETTERS, c) }
}

/// Whether a character is of category Nd, as Go's `unicode.IsDigit`.
pub fn is_digit(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_digit() } else { within(&classes::DIGITS, c) }
}

/// Whether a character is white space, as Go's `unicode.IsSpace`.
pub fn is_space(c: char) -> bool {
    within(&classes::SPACES, c)
}

/// What Go's `%q` writes as it is.
pub fn is_print(c: char) -> bool {
    if c.is_ascii() { c == ' ' || c.is_ascii_graphic() } else { within(&printable::PRINTABLE, c) }
}

/// The simple upper-case mapping.
pub fn to_upper(c: char) -> char {
    if c.is_ascii() { c.to_ascii_uppercase() } else { moved(c, distance(&case::UPPER, c)) }
}

/// The simple lower-case mapping.
pub fn to_lower(c: char) -> char {
    if c.is_ascii() { c.to_ascii_lowercase() } else { moved(c, distance(&case::LOWER, c)) }
}

/// The simple title-case mapping.
pub fn to_title(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_uppercase();
    }
    moved(c, distance(&case::TITLE, c).or_else(|| distance(&case::UPPER, c)))
}

/// One character of Go text: a byte that is not UTF-8 counts as U+FFFD of length one.
pub fn decode(bytes: &[u8]) -> Option<(char, usize, bool)> {
    let first = *bytes.first()?;
    if first < 0x80 {
        return Some((char::from(first), 1, true));
    }
    for length in 2..=4 {
        let Some(head) = bytes.get(..length) else { break };
        if let Ok(text) = std::str::from_utf8(head) {
            return text.chars().next().map(|c| (c, length, true));
        }
    }
    Some((char::REPLACEMENT_CHARACTER, 1, false))
}

/// The characters of Go text: offset, character, length, and whether it was valid.
pub fn chars(bytes: &[u8]) -> impl Iterator<Item = (usize, char, usize, bool)> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let (c, length, valid) = decode(bytes.get(at..)?)?;
        let found = (at, c, length, valid);
        at += length;
        Some(found)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_mapping_is_one_to_one() {
        assert_eq!(to_upper('ß'), 'ß');
        assert_eq!(to_lower('İ'), 'i');
        assert_eq!(to_upper('ÿ'), 'Ÿ');
        assert_eq!(to_title('ǆ'), 'ǅ');
        assert_eq!(to_upper('ā'), 'Ā');
        assert_eq!(to_lower('Ā'), 'ā');
    }

    #[test]
    fn a_broken_byte_is_one_replacement_character() {
        let found: Vec<_> = chars(b"a\xffb").map(|(at, c, ..)| (at, c)).collect();
        assert_eq!(found, vec![(0, 'a'), (1, char::REPLACEMENT_CHARACTER), (2, 'b')]);
    }
}
