//! Finds the known name that is closest to a wrong one, for messages such as "did you mean".

/// The closest of the known names, if it is close enough.
pub fn nearest<'k>(wrong: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let allowed = (wrong.chars().count() / 3).clamp(1, 3);
    let scored = known.into_iter().map(|name| (distance(wrong, name), name)).filter(|(d, _)| *d <= allowed);
    scored.min_by_key(|(d, name)| (*d, name.len())).map(|(_, name)| name)
}

/// How many letters must be changed, added or removed; case does not matter.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.to_lowercase().chars().collect();
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut next = vec![i + 1];
        for (cb, above) in b.iter().zip(row.iter().skip(1)) {
            let changed = diagonal + usize::from(ca != cb);
            let left = next.last().copied().unwrap_or(0);
            next.push(changed.min(above + 1).min(left + 1));
            diagonal = *above;
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_suggested_and_far_ones_are_not() {
        assert_eq!(nearest("brnch", ["branch", "title"]), Some("branch"));
        assert_eq!(nearest("toyaml", ["toJson", "toYaml"]), Some("toYaml"));
        assert_eq!(nearest("sha", ["branch", "title"]), None);
    }
}
