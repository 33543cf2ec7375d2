//! The order of keys: go-yaml's "natural" comparison, and a sort whose result is deterministic where that comparison is circular.
//!
//! For `v1beta1` < `v2` < `v10` < `v1beta1` no order is right. A merge sort that starts from the keys in byte order makes the same
//! comparisons every time, so the result is always the same; where the comparison is a total order, the result follows it.

use serde_json::{Map, Value};

use go_std::unicode::{is_digit, is_letter};

/// The entries in the order they are written.
pub(super) fn sorted(map: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut entries: Vec<(&String, &Value)> = map.iter().collect();
    // A no-op unless serde_json was built to keep the order of insertion.
    entries.sort_by(|a, b| a.0.cmp(b.0));
    let in_order = entries.iter().zip(entries.iter().skip(1)).all(|(a, b)| less(a.0, b.0));
    if in_order { entries } else { merge_sort(entries) }
}

/// `sort_by` may panic when the comparison is not a total order; this does not.
fn merge_sort<'m>(entries: Vec<(&'m String, &'m Value)>) -> Vec<(&'m String, &'m Value)> {
    if entries.len() < 2 {
        return entries;
    }
    let mut left = entries;
    let right = left.split_off(left.len() / 2);
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let mut left = merge_sort(left).into_iter().peekable();
    let mut right = merge_sort(right).into_iter().peekable();
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        let next = if less(b.0, a.0) { right.next() } else { left.next() };
        merged.extend(next);
    }
    merged.extend(left);
    merged.extend(right);
    merged
}

/// go-yaml's `keyList.Less` for two strings.
fn less(a: &str, b: &str) -> bool {
    let mut common = a.as_bytes().iter().zip(b.as_bytes()).take_while(|(x, y)| x == y).count();
    // Usually two letters decide.
    if let (Some(x), Some(y)) = (a.as_bytes().get(common), b.as_bytes().get(common))
        && x.is_ascii_alphabetic()
        && y.is_ascii_alphabetic()
    {
        return x < y;
    }
    while !a.is_char_boundary(common) {
        common -= 1;
    }
    let (before, rest_a) = a.split_at_checked(common).unwrap_or((a, ""));
    let rest_b = b.get(common..).unwrap_or_default();
    let (Some(x), Some(y)) = (rest_a.chars().next(), rest_b.chars().next()) else {
        return rest_a.is_empty() && !rest_b.is_empty();
    };
    match (is_letter(x), is_letter(y)) {
        (true, true) => return x < y,
        (false, false) => {}
        (_, b_is_letter) => return b_is_letter,
    }
    // Within a number that began before the difference a zero counts as a digit, not as a leading zero.
    let within = (x == '0' || y == '0') && before.chars().rev().take_while(|c| is_digit(*c)).any(|c| c != '0');
    let start = i64::from(within);
    let (value_a, digits_a) = number(rest_a, start);
    let (value_b, digits_b) = number(rest_b, start);
    if value_a != value_b {
        return value_a < value_b;
    }
    if digits_a != digits_b {
        return digits_a < digits_b;
    }
    x < y
}

/// Value (wrapping, as in Go) and length of the digits at the start.
fn number(text: &str, start: i64) -> (i64, usize) {
    text.chars().take_while(|c| is_digit(*c)).fold((start, 0), |(value, count), digit| {
        let digit = i64::from(u32::from(digit)) - i64::from(u32::from('0'));
        (value.wrapping_mul(10).wrapping_add(digit), count + 1)
    })
}
