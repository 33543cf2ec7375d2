//! The shapes of Secrets that a plugin's manifest declares: which are valid, and which of their keys a Secret lacks.

use std::collections::BTreeMap;

use orangery_plugin_documents::manifest::{Part, Scheme, SecretKey, Shape};
use reqwest::header::HeaderName;

use crate::request::headers;

/// The most bytes of the text before a token.
const PREFIX_BYTES: usize = 64;

/// The required keys of [`Scheme::GitHubApp`], for messages.
const APP_KEYS: &str = "githubAppID, githubAppPrivateKey, githubAppInstallationID or githubAppInstallationOwner";

/// The problem with a declared shape.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct ShapeError {
    /// The key of the shape, for example `scheme.header.name`.
    pub field: &'static str,
    /// The problem, and the rule that is broken.
    pub problem: String,
}

/// Checks that Secrets of this shape can be read and sent.
///
/// # Errors
/// The scheme lacks a part, two keys hold the same part, or no credential may use the header.
pub fn check(shape: &Shape) -> Result<(), ShapeError> {
    let wrong = |field, problem| Err(ShapeError { field, problem });
    if let Scheme::Header { name, prefix } = &shape.scheme {
        let allowed = HeaderName::try_from(name.as_str()).is_ok_and(|name| headers::may_authenticate(&name));
        if !allowed {
            let name = name.escape_debug();
            return wrong("scheme.header.name", format!("no credential can be sent in the header '{name}'"));
        }
        if prefix.len() > PREFIX_BYTES || !prefix.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
            let rule = format!("the prefix of a token has at most {PREFIX_BYTES} printable ASCII characters");
            return wrong("scheme.header.prefix", rule);
        }
    }
    if shape.scheme == Scheme::GitHubApp {
        return Ok(());
    }
    if shape.keys.iter().all(|key| key.optional) {
        return wrong("keys", "a shape needs at least one required key, or it would match every secret".to_owned());
    }
    if let Some(twice) = shape.keys.iter().enumerate().find(|(at, key)| same_name_before(shape, *at, key)) {
        return wrong("keys", format!("the key '{}' is listed twice", twice.1.name.escape_debug()));
    }
    let (needed, possible) = shape.scheme.parts();
    for part in [Part::Token, Part::Username, Part::Password] {
        let holding: Vec<&SecretKey> = shape.keys.iter().filter(|key| key.holds == Some(part)).collect();
        let (scheme, is_needed) = (&shape.scheme, needed.contains(&part));
        match holding.as_slice() {
            [] if is_needed => return wrong("keys", format!("the scheme {scheme} needs a key that holds the {part}")),
            [] => {}
            [_] if !is_needed && !possible.contains(&part) => {
                return wrong("keys", format!("the scheme {scheme} has no {part}"));
            }
            [key] if is_needed && key.optional => {
                let key = key.name.escape_debug();
                return wrong("keys", format!("the key '{key}' holds the {part}, which the scheme {scheme} needs"));
            }
            [_] => {}
            _ => return wrong("keys", format!("two keys hold the {part}")),
        }
    }
    Ok(())
}

fn same_name_before(shape: &Shape, at: usize, key: &SecretKey) -> bool {
    shape.keys.iter().take(at).any(|earlier| earlier.name == key.name)
}

/// The keys that a Secret of this shape must have and this one lacks.
pub(super) fn missing<'s>(shape: &'s Shape, data: &BTreeMap<String, Vec<u8>>) -> Vec<&'s str> {
    let absent = |key: &str| !data.contains_key(key);
    if shape.scheme == Scheme::GitHubApp {
        // This key decides whether the shape matches; other missing keys are reported as errors of the app.
        return ["githubAppID"].into_iter().filter(|key| absent(key)).collect();
    }
    let needed = shape.keys.iter().filter(|key| !key.optional);
    needed.map(|key| key.name.as_str()).filter(|key| absent(key)).collect()
}

/// A shape in words, for example `username, password as bearer`.
#[must_use]
pub fn describe(shape: &Shape) -> String {
    let keys = match shape.scheme {
        Scheme::GitHubApp => APP_KEYS.to_owned(),
        _ => {
            let name = |key: &SecretKey| if key.optional { format!("[{}]", key.name) } else { key.name.clone() };
            shape.keys.iter().map(name).collect::<Vec<_>>().join(", ")
        }
    };
    format!("{keys} as {}", shape.scheme)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shapes_of_today_and_of_other_forges_are_possible() {
        for shape in [
            Shape::new(Scheme::GitHubApp),
            Shape::new(Scheme::Bearer).beside("username").token("password"),
            Shape::new(Scheme::PrivateToken).token("password"),
            Shape::new(Scheme::Basic).password("password"),
            Shape::new(Scheme::Basic).username("user").optional().password("pass"),
            Shape::header("Authorization", "token ").token("token"),
            Shape::header("X-Api-Key", "").token("key"),
            Shape::new(Scheme::Oci).beside(".dockerconfigjson"),
        ] {
            assert_eq!(check(&shape), Ok(()), "{shape:?}");
        }
    }

    #[test]
    fn an_impossible_shape_is_refused_with_its_key() {
        for (shape, said) in [
            (
                Shape::new(Scheme::Bearer),
                "keys: a shape needs at least one required key, or it would match every secret",
            ),
            (Shape::new(Scheme::Bearer).beside("x"), "keys: the scheme bearer needs a key that holds the token"),
            (
                Shape::new(Scheme::Bearer).beside("x").token("t").optional(),
                "keys: the key 't' holds the token, which the scheme bearer needs",
            ),
            (Shape::new(Scheme::Bearer).token("t").password("p"), "keys: the scheme bearer has no password"),
            (Shape::new(Scheme::Bearer).token("t").token("u"), "keys: two keys hold the token"),
            (Shape::new(Scheme::Basic).username("p").password("p"), "keys: the key 'p' is listed twice"),
            (
                Shape::header("Host", "").token("t"),
                "scheme.header.name: no credential can be sent in the header 'Host'",
            ),
            (
                Shape::header("a b\n", "").token("t"),
                "scheme.header.name: no credential can be sent in the header 'a b\\n'",
            ),
            (
                Shape::header("X-Key", "\n").token("t"),
                "scheme.header.prefix: the prefix of a token has at most 64 printable ASCII characters",
            ),
        ] {
            assert_eq!(check(&shape).unwrap_err().to_string(), said);
        }
    }
}
