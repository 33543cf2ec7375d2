//! The cache of renderings: a renderer is pure, so an unchanged input is not rendered again with unchanged templates.
//!
//! # Guarantees
//! The key covers everything that a renderer can see: the component, its configuration, all templates, the input with
//! its label, digest and untrusted keys, the clock and the seed. Only good answers are cached, as the texts that the
//! guest gave, within [`crate::Limits::remembered_bytes`]; the least recently used go first.

use super::{RenderInput, RenderedObject, Rendering};
use crate::bindings::renderer::exports::orangery::plugin::renderer as wit;
use crate::guest::failure::Note;
use blake3::Hasher;
use lru::LruCache;
use std::sync::{Mutex, PoisonError};

/// The digest of one input of one rendering.
pub(super) type Key = [u8; 32];

/// About how many bytes an answer takes in the cache.
fn bytes(answer: &Rendering) -> usize {
    let texts = answer.objects.iter().map(|one| one.object.len() + size_of::<RenderedObject>()).sum::<usize>();
    texts + answer.notes.len() * size_of::<Note>() + size_of::<Key>()
}

/// The cached answers of a process.
pub(crate) struct RenderCache {
    most: usize,
    entries: Mutex<Entries>,
}

struct Entries {
    bytes: usize,
    answers: LruCache<Key, Rendering>,
}

impl RenderCache {
    /// Holds at most this many bytes; 0 turns the cache off.
    pub(crate) fn new(most: usize) -> Self {
        Self { most, entries: Mutex::new(Entries { bytes: 0, answers: LruCache::unbounded() }) }
    }

    /// Whether the cache is turned on.
    pub(super) fn is_on(&self) -> bool {
        self.most > 0
    }

    pub(super) fn find(&self, key: &Key) -> Option<Rendering> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).answers.get(key).cloned()
    }

    pub(super) fn keep(&self, key: Key, answer: Rendering) {
        let bytes = bytes(&answer);
        if bytes > self.most {
            return;
        }
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = entries.answers.put(key, answer) {
            entries.bytes = entries.bytes.saturating_sub(self::bytes(&before));
        }
        entries.bytes = entries.bytes.saturating_add(bytes);
        while entries.bytes > self.most {
            let Some((_, oldest)) = entries.answers.pop_lru() else { break };
            entries.bytes = entries.bytes.saturating_sub(self::bytes(&oldest));
        }
    }
}

/// The part of the key that all inputs of one rendering share.
pub(super) fn common(digest: &str, context: &wit::RenderContext, templates: &[wit::Template]) -> Hasher {
    let mut hasher = Hasher::new();
    part(&mut hasher, digest.as_bytes());
    part(&mut hasher, &context.now_ms.to_be_bytes());
    part(&mut hasher, &context.seed.to_be_bytes());
    part(&mut hasher, &[u8::from(context.inputless)]);
    part(&mut hasher, context.config.as_bytes());
    for template in templates {
        part(&mut hasher, template.path.as_bytes());
        let (kind, text) = match &template.body {
            wit::Body::Object(text) => (b"object".as_slice(), text),
            wit::Body::Text(text) => (b"text".as_slice(), text),
        };
        part(&mut hasher, kind);
        part(&mut hasher, text.as_bytes());
    }
    hasher
}

/// The key of one input; `None` stands for a rendering without inputs.
pub(super) fn key(common: &Hasher, input: Option<&RenderInput>) -> Key {
    let mut hasher = common.clone();
    if let Some(input) = input {
        for text in [input.label.as_str(), input.uid.as_str(), &input.attributes.to_json()] {
            part(&mut hasher, text.as_bytes());
        }
        for untrusted in &input.untrusted {
            part(&mut hasher, untrusted.as_bytes());
        }
    }
    *hasher.finalize().as_bytes()
}

/// Hashes a part preceded by its length, so that no two lists of parts have the same hash.
fn part(hasher: &mut Hasher, bytes: &[u8]) {
    hasher.update(&u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
    hasher.update(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(text: &str) -> Rendering {
        Rendering { objects: vec![RenderedObject { template: 0, object: text.into() }], notes: Vec::new() }
    }

    #[test]
    fn what_was_kept_is_found_until_there_is_no_room() {
        let one = answered(r#"{"kind":"A"}"#);
        let memo = RenderCache::new(bytes(&one) * 2);
        for key in 0..3 {
            memo.keep([key; 32], one.clone());
            memo.find(&[0; 32]);
        }
        // The first was asked for in between, so the second went.
        assert!(memo.find(&[0; 32]).is_some());
        assert_eq!(memo.find(&[1; 32]), None);
        assert_eq!(memo.find(&[2; 32]).unwrap(), one);
    }

    #[test]
    fn one_key_counts_once_and_what_is_too_large_is_not_kept() {
        let one = answered(r#"{"kind":"A"}"#);
        let memo = RenderCache::new(bytes(&one));
        for _ in 0..5 {
            memo.keep([0; 32], one.clone());
        }
        assert!(memo.find(&[0; 32]).is_some());
        memo.keep([1; 32], answered(&format!(r#"{{"kind":"{}"}}"#, "A".repeat(100))));
        assert!(memo.find(&[0; 32]).is_some() && memo.find(&[1; 32]).is_none());
        assert!(!RenderCache::new(0).is_on());
    }

    #[test]
    fn everything_that_a_renderer_sees_is_in_the_key() {
        let context = |now_ms, seed, config: &str| wit::RenderContext {
            now_ms,
            seed,
            inputless: false,
            config: config.to_owned(),
        };
        let template = |path: &str, body| wit::Template { path: path.to_owned(), body };
        let input = |label: &str, uid: &str, attributes: &str, untrusted: &[&str]| RenderInput {
            label: label.to_owned(),
            uid: uid.to_owned(),
            attributes: serde_json::from_str::<serde_json::Map<_, _>>(attributes).unwrap().into(),
            untrusted: untrusted.iter().map(|key| (*key).to_owned()).collect(),
        };
        let text = |text: &str| wit::Body::Text(text.to_owned());
        let base = common("d", &context(0, 0, "{}"), &[template("p", text("t"))]);
        let one = input("l", "u", "{}", &[]);
        let mut keys = vec![
            key(&base, Some(&one)),
            key(&base, None),
            key(&base, Some(&input("m", "u", "{}", &[]))),
            key(&base, Some(&input("l", "v", "{}", &[]))),
            key(&base, Some(&input("l", "u", "{\"a\":1}", &[]))),
            key(&base, Some(&input("l", "u", "{}", &["a"]))),
        ];
        for other in [
            common("e", &context(0, 0, "{}"), &[template("p", text("t"))]),
            common("d", &context(1, 0, "{}"), &[template("p", text("t"))]),
            common("d", &context(0, 1, "{}"), &[template("p", text("t"))]),
            common("d", &context(0, 0, "{\"a\":1}"), &[template("p", text("t"))]),
            common("d", &context(0, 0, "{}"), &[template("q", text("t"))]),
            common("d", &context(0, 0, "{}"), &[template("p", text("u"))]),
            common("d", &context(0, 0, "{}"), &[template("p", wit::Body::Object("t".to_owned()))]),
            common("d", &context(0, 0, "{}"), &[]),
        ] {
            keys.push(key(&other, Some(&one)));
        }
        let different: std::collections::BTreeSet<_> = keys.iter().collect();
        assert_eq!(different.len(), keys.len());
    }
}
