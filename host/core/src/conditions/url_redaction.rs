//! Removes secrets from URLs before they are shown in metrics, events, conditions, logs and on the command line.
//!
//! # Guarantees
//! User info and fragments are left out, and of a query only the names are shown: `https://host/path?page=…`. A text whose
//! host cannot be told apart from a password is not shown at all. Showing a shown text again changes nothing.

/// Shown for a text without `scheme://`.
const NOT_A_URL: &str = "(not a URL)";

/// Characters that end a URL inside a sentence.
const ENDS: [char; 6] = ['"', '\'', '`', '<', '>', '|'];
/// Characters that belong to the sentence if a URL ends with one of them.
const PUNCTUATION: [char; 7] = ['.', ',', ';', ':', ')', ']', '}'];

/// One URL without its secrets.
///
/// ```
/// use orangery_core::url_redaction;
/// assert_eq!(url_redaction::url("https://bot:hunter2@forge.example/o/r?page=2&key=hunter2#x"), "https://forge.example/o/r?page=…&key=…");
/// ```
#[must_use]
pub fn url(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return NOT_A_URL.to_owned() };
    let scheme: String = scheme.chars().filter(|c| is_scheme(*c)).collect();
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if host.is_empty() || rest.contains('\\') || !has_plain_port(host) {
        return format!("{scheme}://…");
    }
    let rest = rest.split('#').next().unwrap_or_default();
    let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
    let mut shown = format!("{scheme}://{host}{path}");
    for (index, part) in query.into_iter().flat_map(|query| query.split('&')).enumerate() {
        shown.push(if index == 0 { '?' } else { '&' });
        // A query without `=` may be a value and not a name.
        if let Some((name, _)) = part.split_once('=') {
            shown.push_str(name);
            shown.push('=');
        }
        shown.push('…');
    }
    shown.chars().map(|c| if c.is_control() || c.is_whitespace() { ' ' } else { c }).collect()
}

/// The text with each URL in it as [`url`] shows it.
#[must_use]
pub fn urls_in(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        let prose = before.trim_end_matches(is_scheme);
        let scheme = before.strip_prefix(prose).unwrap_or_default();
        let after = from.strip_prefix("://").unwrap_or_default();
        let end = after.find(|c: char| c.is_whitespace() || c.is_control() || ENDS.contains(&c)).unwrap_or(after.len());
        let (address, following) = after.split_at_checked(end).unwrap_or((after, ""));
        let bare = address.trim_end_matches(PUNCTUATION);
        shown.push_str(prose);
        shown.push_str(&url(&format!("{scheme}://{bare}")));
        shown.push_str(address.strip_prefix(bare).unwrap_or_default());
        rest = following;
    }
    shown.push_str(rest);
    shown
}

fn is_scheme(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')
}

/// Whether the text after the last colon is a port. A password with a slash in it (`user:pass/word@host`) ends the
/// authority too early and only looks like a port.
fn has_plain_port(host: &str) -> bool {
    let after_brackets = host.rsplit_once(']').map_or(host, |(_, port)| port);
    after_brackets.rsplit_once(':').is_none_or(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_info_fragments_and_query_values_are_left_out() {
        for (text, expected) in [
            ("https://forge.example/o/r", "https://forge.example/o/r"),
            ("http://[::1]:8080/o?a=1", "http://[::1]:8080/o?a=…"),
            ("oci://reg.example:5000/app", "oci://reg.example:5000/app"),
            ("https://token@forge.example", "https://forge.example"),
            ("https://a:b@c@forge.example/x", "https://forge.example/x"),
            ("https://forge.example/?hunter2", "https://forge.example/?…"),
            ("https://forge.example/x?a=1&b&c=3", "https://forge.example/x?a=…&…&c=…"),
            ("https://forge.example?a=b=c", "https://forge.example?a=…"),
            ("https://forge.example/x#hunter2", "https://forge.example/x"),
            ("https://forge.example/@scope/app", "https://forge.example/@scope/app"),
        ] {
            assert_eq!(url(text), expected, "{text}");
            assert_eq!(url(expected), expected, "a shown URL stays as it is");
        }
    }

    #[test]
    fn what_may_be_a_password_is_not_shown() {
        for text in [
            "https://bot:hunter2/x@forge.example/",
            "https:///bot:hunter2@forge.example/",
            "https://forge.example\\@bot:hunter2@x/",
            "hunter2",
            "",
        ] {
            assert!(!url(text).contains("hunter2"), "{text}: {}", url(text));
        }
    }

    #[test]
    fn a_sentence_keeps_its_words_and_its_punctuation() {
        let text = "GET https://bot:hunter2@a.example/x?key=hunter2: 404 (see 'https://b.example/y?z=hunter2'), then <http://c.example/>.";
        let expected = "GET https://a.example/x?key=…: 404 (see 'https://b.example/y?z=…'), then <http://c.example/>.";
        assert_eq!(urls_in(text), expected);
        assert_eq!(urls_in(expected), expected);
        assert_eq!(urls_in("no URL at all"), "no URL at all");
    }
}
