//! Digests that users, the reference and we must agree on.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// SHA-256 in lower-case hexadecimal.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// `sha256:` and the SHA-256 in lower-case hexadecimal.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    format!("sha256:{}", sha256_hex(bytes))
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The `id` that the reference derives from a name: Adler-32, as an unsigned decimal number. It collides for ordinary names
/// (`v0.0.40` and `v0.1.12`); [`uid`] does not.
#[must_use]
pub fn adler32_id(name: &str) -> String {
    adler2::adler32_slice(name.as_bytes()).to_string()
}

/// The `uid` of an input: 16 hexadecimal characters from its provider and its natural key.
#[must_use]
pub fn uid(provider: &str, natural_key: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(provider.as_bytes());
    hash.update([0]);
    hash.update(natural_key.as_bytes());
    let mut text = hex(&hash.finalize());
    text.truncate(16);
    text
}

/// What identifies an input besides its provider: its `id`, and also its name where the `id` is only the Adler-32 of that
/// name; the whole content if there is no `id`.
#[must_use]
pub fn natural_key(input: &Map<String, Value>) -> String {
    let text = |key: &str| input.get(key).and_then(Value::as_str);
    let id = match input.get("id") {
        Some(Value::String(id)) => id.clone(),
        Some(Value::Null) | None => return format!("content:{}", content_digest(input)),
        Some(other) => other.to_string(),
    };
    let qualified = match (text("namespace"), text("name")) {
        (Some(namespace), Some(name)) => Some(format!("{namespace}/{name}")),
        _ => None,
    };
    let names = [text("tag").map(str::to_owned), text("branch").map(str::to_owned), qualified];
    match names.into_iter().flatten().find(|name| adler32_id(name) == id) {
        Some(name) => format!("{id}/{name}"),
        None => id,
    }
}

/// Digest of an input without the `provider` key, which the host adds.
fn content_digest(input: &Map<String, Value>) -> String {
    let mut own = input.clone();
    own.remove("provider");
    sha256_hex(Value::Object(own).to_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ids_are_those_of_the_reference() {
        for (name, id) in [
            ("foo", "42074437"),
            ("6.0.4", "48955639"),
            ("main", "68878758"),
            ("podinfo", "198050544"),
            ("team1-apps", "340788154"),
            ("", "1"),
            ("provider_1=0/provider_2=0", "2075461889"),
        ] {
            assert_eq!(adler32_id(name), id, "{name}");
        }
    }

    #[test]
    fn colliding_ids_have_different_uids() {
        assert_eq!(adler32_id("v0.0.40"), adler32_id("v0.1.12"));
        let of = |tag: &str| natural_key(json!({"id": adler32_id(tag), "tag": tag}).as_object().unwrap());
        assert_ne!(uid("p", &of("v0.0.40")), uid("p", &of("v0.1.12")));
    }

    #[test]
    fn a_uid_is_stable_while_the_content_of_an_identified_input_changes() {
        let key = |value: Value| natural_key(value.as_object().unwrap());
        assert_eq!(key(json!({"id": "42", "sha": "a"})), key(json!({"id": "42", "sha": "b"})));
        assert_ne!(key(json!({"a": 1})), key(json!({"a": 2})));
        assert_eq!(key(json!({"a": 1})), key(json!({"a": 1, "provider": {"name": "x"}})));
        assert_eq!(uid("a", "b").len(), 16);
        assert_ne!(uid("a", "bc"), uid("ab", "c"));
    }
}
