//! Digests, and the ids and uids of inputs that are made from them.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::borrow::Borrow;
use std::collections::BTreeMap;

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

/// The bytes as lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The `id` that Flux Operator derives from a name: Adler-32, as an unsigned decimal number. It collides for ordinary names
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
    let id = match input.get("id") {
        Some(Value::String(id)) => id.clone(),
        Some(Value::Null) | None => return format!("content:{}", content_digest(input)),
        Some(other) => other.to_string(),
    };
    match checksummed_name(&id, input) {
        Some(name) => format!("{id}/{name}"),
        None => id,
    }
}

/// The name whose Adler-32 the id is. Branches and tags have it in attributes of these names, other types of a plugin in one
/// that only the plugin knows, so every short text is tried.
fn checksummed_name(id: &str, input: &Map<String, Value>) -> Option<String> {
    /// The longest text that can be a name; longer ones cost time.
    const LONGEST: usize = 1024;
    if id.is_empty() || id.len() > 10 || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let text = |key: &str| input.get(key).and_then(Value::as_str);
    let is_name = |name: &&str| !name.is_empty() && name.len() <= LONGEST && adler32_id(name) == id;
    let usual = [text("tag"), text("branch")].into_iter().flatten();
    if let Some(name) = usual.chain(input.values().filter_map(Value::as_str)).find(is_name) {
        return Some(name.to_owned());
    }
    let qualified = format!("{}/{}", text("namespace")?, text("name")?);
    (adler32_id(&qualified) == id).then_some(qualified)
}

/// The natural keys of all inputs of one provider, each once. Inputs of one id are told apart by their names, so that neither
/// the order nor a newcomer matters more than it must; those without names are numbered.
#[must_use]
pub fn natural_keys<M: Borrow<Map<String, Value>>>(inputs: impl IntoIterator<Item = M>) -> Vec<String> {
    let name = |input: &Map<String, Value>| {
        let name = ["tag", "branch", "title", "name"].into_iter().find_map(|attribute| input.get(attribute)?.as_str());
        name.map(str::to_owned)
    };
    let (mut keys, names): (Vec<String>, Vec<Option<String>>) =
        inputs.into_iter().map(|input| (natural_key(input.borrow()), name(input.borrow()))).unzip();
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for key in &keys {
        *count.entry(key.clone()).or_default() += 1;
    }
    if count.len() == keys.len() {
        return keys;
    }
    for (key, name) in keys.iter_mut().zip(names) {
        if let Some(name) = name.filter(|_| count.get(key).is_some_and(|count| *count > 1)) {
            *key = format!("{key}/{name}");
        }
    }
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for key in &mut keys {
        let number = seen.entry(key.clone()).and_modify(|number| *number += 1).or_insert(0);
        if *number > 0 {
            *key = format!("{key}#{number}");
        }
    }
    keys
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
    fn ids_are_those_of_flux_operator() {
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
    fn colliding_ids_have_different_uids_whatever_attribute_holds_the_name() {
        let of = |title: &str| {
            natural_key(json!({"id": adler32_id(title), "sha": "a", "title": title}).as_object().unwrap())
        };
        assert_eq!(adler32_id("SHOP-131"), adler32_id("SHOP-212"));
        assert_ne!(uid("p", &of("SHOP-131")), uid("p", &of("SHOP-212")));
    }

    #[test]
    fn inputs_of_one_id_are_told_apart_by_name_in_any_order() {
        let maps =
            |values: &[Value]| -> Vec<_> { values.iter().map(|value| value.as_object().unwrap().clone()).collect() };
        let (one, two) = (json!({"id": "x", "title": "one"}), json!({"id": "x", "title": "two"}));
        assert_eq!(natural_keys(maps(&[one.clone(), two.clone()])), ["x/one", "x/two"]);
        assert_eq!(natural_keys(maps(&[two, one.clone()])), ["x/two", "x/one"]);
        assert_eq!(natural_keys(maps(&[one])), ["x"]);
        let nameless = json!({"id": "x"});
        assert_eq!(natural_keys(maps(&[nameless.clone(), nameless])), ["x", "x#1"]);
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
