//! Counts the objects of a JSON text. As a value, each object takes 0.6 KB, however small it is: the two bytes `{}`
//! grow three hundredfold. Texts that become values are therefore bounded by this count too.

/// The most objects in one input.
pub(super) const OF_INPUT: usize = 2_000;
/// The most objects in one answer: about 60 MiB as values.
pub(super) const OF_ANSWER: usize = 100_000;

/// Counts the objects of a JSON text; a brace inside a string does not count.
pub(super) fn count(json: &str) -> usize {
    let mut count = 0;
    let mut in_string = false;
    let mut bytes = json.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => in_string = !in_string,
            // The next byte is escaped, even if it is a quotation mark.
            b'\\' if in_string => drop(bytes.next()),
            b'{' if !in_string => count += 1,
            _ => {}
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_counted_and_braces_in_strings_are_not() {
        for (json, objects) in [("{}", 1), (r#"{"a":[{},{"b":{}}]}"#, 4), (r#"{"{{":"}{\"{","c":"\\"}"#, 1), ("[]", 0)]
        {
            assert_eq!(count(json), objects, "{json}");
        }
    }
}
