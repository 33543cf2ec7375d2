//! Slugs: any text as a name of `[a-z0-9-_]`, at most 63 characters, in English.
//!
//! Transliteration follows the table of the unidecode library (Apache-2.0, see NOTICE), because names of existing
//! objects were made with it: another table would rename them. All renderers share it, so that a preview keeps its name when
//! its template moves from one renderer to another.

mod table;

/// The longest slug: that of a DNS label.
const MAX: usize = 63;

/// The slug of a text.
pub fn slugify(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            '&' => plain.push_str("and"),
            '@' => plain.push_str("at"),
            '"' | '\'' | '’' => {}
            '‒' | '–' | '—' | '―' => plain.push('-'),
            c if c.is_ascii() => plain.push(c),
            c => plain.push_str(table::transliterated(c)),
        }
    }
    let mut slug = String::with_capacity(plain.len());
    for c in plain.chars().map(|c| c.to_ascii_lowercase()) {
        let c = if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
        if c != '-' || !slug.ends_with('-') {
            slug.push(c);
        }
    }
    shortened(slug.trim_matches(['-', '_'])).to_owned()
}

/// Cut at the last dash within the limit; a single long word is cut hard.
fn shortened(slug: &str) -> &str {
    if slug.len() <= MAX {
        return slug;
    }
    let end = slug.get(..=MAX).and_then(|head| head.rfind('-')).unwrap_or(MAX);
    slug.get(..end).unwrap_or(slug)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_names() {
        assert_eq!(slugify("Feature/ABC & Co. @home"), "feature-abc-and-co-athome");
        assert_eq!(slugify("  Ünïcödé – Straße  "), "unicode-strasse");
        assert_eq!(slugify("_a__b_"), "a__b");
        assert_eq!(slugify("北京"), "bei-jing");
        assert_eq!(slugify("it's \"x\""), "its-x");
        assert_eq!(slugify("🚀"), "");
    }

    /// The slug is the one that jobs of a pipeline compute too; names that must differ use `uid`.
    #[test]
    fn r01_awkward_branch_names() {
        let long = "Feat/Ünï_çode.v1.2-".repeat(80);
        let slug = slugify(&long);
        assert!(slug.len() <= MAX && !slug.starts_with('-') && !slug.ends_with('-'), "{slug}");
        assert!(
            slug.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "-_".contains(letter)),
            "{slug}"
        );
        assert_eq!(slugify(&format!("{long}other")), slug, "equal where the first 63 letters are");
        assert_eq!(slugify("Feat/Ünï_çode.v1.2-"), "feat-uni_code-v1-2");
    }

    #[test]
    fn a_long_slug_is_cut_at_a_dash_or_hard() {
        assert_eq!(slugify(&"ab-".repeat(30)), "ab-".repeat(21).trim_end_matches('-'));
        assert_eq!(slugify(&"a".repeat(80)), "a".repeat(63));
        assert_eq!(slugify(&format!("{}-{}", "a".repeat(63), "b")), "a".repeat(63));
    }
}
