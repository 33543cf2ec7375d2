//! The shape of YAML text: which keys, items and documents it has, whatever the scalars say.

use go_yaml::{Kind, Node, Style, lines, parse};
use std::collections::BTreeSet;

/// More nodes than this are not compared: aliases can multiply them without end.
const LIMIT: usize = 200_000;

/// Whether the real text has the same shape as the one with harmless values: the same documents, and in each the same
/// maps and lists with as many entries in the same order. Keys may differ, as the values that they were made of do, but no key
/// may become another one's duplicate or a merge key.
pub(super) fn same(real: &str, harmless: &str) -> bool {
    let mut left = LIMIT;
    let (real, harmless) = (pieces(real), pieces(harmless));
    // Most documents of a text contain no untrusted value.
    real.len() == harmless.len() && real.iter().zip(&harmless).all(|(a, b)| a == b || same_piece(a, b, &mut left))
}

/// The text cut before each line that may separate documents, as it is read: nothing goes on across such a line. A text that may
/// be read as JSON is not cut.
fn pieces(text: &str) -> Vec<&str> {
    if text.trim_start().starts_with('{') {
        return vec![text];
    }
    let (mut pieces, mut start, mut at) = (Vec::new(), 0, 0);
    for line in lines(text) {
        if line.starts_with("---") && at > start {
            pieces.extend(text.get(start..at));
            start = at;
        }
        at += line.len();
    }
    pieces.extend(text.get(start..));
    pieces
}

fn same_piece(real: &str, harmless: &str, left: &mut usize) -> bool {
    let (Ok(real), Ok(harmless)) = (parse(real), parse(harmless)) else { return false };
    real.len() == harmless.len() && real.iter().zip(&harmless).all(|(a, b)| alike(a, b, left))
}

fn alike(real: &Node<'_>, harmless: &Node<'_>, left: &mut usize) -> bool {
    if *left == 0 {
        return false;
    }
    *left -= 1;
    match (real.kind(), harmless.kind()) {
        (Kind::Scalar, Kind::Scalar) => true,
        (Kind::Sequence, Kind::Sequence) => {
            let (a, b) = (real.items(), harmless.items());
            a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| alike(a, b, left))
        }
        (Kind::Mapping, Kind::Mapping) => {
            let (a, b) = (real.entries(), harmless.entries());
            let renamed = || a.iter().zip(&b).any(|((ak, _), (bk, _))| ak.text() != bk.text());
            a.len() == b.len()
                && (!renamed() || distinct(&a) >= distinct(&b))
                && a.iter().zip(&b).all(|((ak, av), (bk, bv))| {
                    is_merge(ak) == is_merge(bk) && alike(ak, bk, left) && alike(av, bv, left)
                })
        }
        _ => false,
    }
}

fn is_merge(key: &Node<'_>) -> bool {
    key.style() == Style::Plain && key.text() == Some("<<")
}

fn distinct(entries: &[(Node<'_>, Node<'_>)]) -> usize {
    entries.iter().filter_map(|(key, _)| key.text()).collect::<BTreeSet<_>>().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_may_differ_but_structure_may_not() {
        assert!(same("a: 1\nb: [x, y]\n", "a: foo\nb: [z, w]\n"));
        assert!(!same("a: 1\nb: 2\n", "a: xxxxxxx\n"));
        assert!(!same("a: [1]\n", "a: xxx\n"));
        assert!(!same("a: 1\n---\nb: 1\n", "a: xxxxxxxxxxxx\n"));
        assert!(same("k-1: a\n", "k-x: a\n"));
        assert!(!same("a: 1\na: 2\n", "a: 1\nx: 2\n"));
        assert!(!same("a: 1\n", "a: [x\n"));
    }

    #[test]
    fn documents_may_not_be_added_removed_or_changed_wherever_they_stand() {
        let three = |middle: &str| format!("---\na: 1\n---\n{middle}---\nc: [1, 2]\n");
        assert!(same(&three("b: x\n"), &three("b: yyy\n")));
        assert!(same(&three("b: 'x: y'\n"), &three("b: 'xxxx'\n")));
        for changed in ["b: x: y\n", "b: x\nd: y\n", "b: x\n---\nd: y\n", "- b\n", "b: |\n  x\n---\n  y\n", ""] {
            assert!(!same(&three(changed), &three("b: x\n")), "{changed}");
            assert!(!same(&three("b: x\n"), &three(changed)), "{changed}");
        }
        assert!(same("--- # x\na: 1\n", "--- # yyy\na: 1\n"));
        assert!(!same("{\"a\": \"x\"}\n---\nb: 1\n", "{\"a\": \"x\"}\n# -\n"));
        assert_eq!(pieces("a\n---\nb\n---\n--- c"), ["a\n", "---\nb\n", "---\n", "--- c"]);
        assert_eq!(pieces(" {\n---\n}"), [" {\n---\n}"]);
    }
}
