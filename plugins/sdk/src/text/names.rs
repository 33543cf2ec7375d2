//! Names and ids that users build object names from. The results must never change, because existing manifests depend
//! on them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The unreserved characters of RFC 3986 stay as they are; all others, `/` included, are escaped.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The Adler-32 checksum of a name as an unsigned decimal: the `id` of branches and tags.
///
/// It collides for ordinary names (`v0.0.40` and `v0.1.12`). Users embed it in object names, so it must stay, and the
/// host gives every input a stable digest in addition.
pub fn checksum_id(name: &str) -> String {
    adler2::adler32_slice(name.as_bytes()).to_string()
}

/// GitLab's rule for `CI_COMMIT_REF_SLUG`: lower-case, everything but `[a-z0-9-]` becomes `-`, at most 63 bytes, no
/// `-` at either end.
pub fn slug(name: &str) -> String {
    let lower = name.to_lowercase();
    let mut slug: String =
        lower.chars().map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' }).collect();
    // Only ASCII is left, so each byte is one character.
    slug.truncate(63);
    slug.trim_matches('-').to_owned()
}

/// A text as one segment of a URL path or one value of a query: `group/project` becomes `group%2Fproject`.
pub fn encode_segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksum_ids_match_the_known_answers() {
        for (name, id) in [
            ("foo", "42074437"),
            ("6.0.4", "48955639"),
            ("main", "68878758"),
            ("podinfo", "198050544"),
            ("team1-apps", "340788154"),
            ("", "1"),
        ] {
            assert_eq!(checksum_id(name), id, "{name}");
        }
    }

    #[test]
    fn slugs_follow_the_rule_of_gitlab() {
        for (name, expected) in [
            ("6.0.4", "6-0-4"),
            ("Feat/Login_Page", "feat-login-page"),
            ("--feature--", "feature"),
            ("feat/Ünï", "feat--n"),
            ("///", ""),
        ] {
            assert_eq!(slug(name), expected, "{name}");
        }
    }

    #[test]
    fn a_slug_is_cut_before_it_is_trimmed() {
        let name = format!("{}/tail", "a".repeat(62));
        assert_eq!(slug(&name), "a".repeat(62));
        assert_eq!(slug(&"b".repeat(80)).len(), 63);
    }

    #[test]
    fn a_project_path_becomes_one_segment() {
        assert_eq!(encode_segment("group/sub.group/my_project-1"), "group%2Fsub.group%2Fmy_project-1");
        assert_eq!(encode_segment("review/über a&b"), "review%2F%C3%BCber%20a%26b");
    }
}
