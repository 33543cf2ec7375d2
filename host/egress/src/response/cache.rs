//! The conditional-request cache: bodies that a server may confirm to be still valid.
//!
//! # Guarantees
//! - Nothing is served without asking: an entry gives the validators of a request, and its body only after a 304.
//! - An entry belongs to everything that could change the answer: credential, TLS settings and own proxy, method, URL, and every header
//!   field that the plugin sent (which covers any `Vary`). Two tenants with two tokens never meet.
//! - Bounded by bytes; the least recently used go first.
//!
//! Freshness (`max-age`) is not used: a provider polls because it wants to know whether something changed, and forges
//! allow clients to keep listings for a minute. So little of RFC 9111 remains (what may be stored, and how a 304
//! updates stored headers) that it is implemented here.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use lru::LruCache;
use reqwest::StatusCode;
use reqwest::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderMap, HeaderValue, IF_MODIFIED_SINCE,
    IF_NONE_MATCH, LAST_MODIFIED, RANGE, TRANSFER_ENCODING, VARY,
};

use crate::connection::exchange::RawResponse;
use crate::request::message::Method;
use crate::request::target::Target;
use crate::secret::fingerprint::{Fingerprint, FingerprintKey};

/// Bytes that an entry takes in addition to its body.
const OVERHEAD: u64 = 512;

/// The cache of the process.
pub(crate) struct Cache {
    capacity: u64,
    entries: Mutex<Entries>,
}

struct Entries {
    entries: LruCache<Fingerprint, Arc<CachedResponse>>,
    bytes: u64,
}

/// An answer that has a validator.
pub(crate) struct CachedResponse {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

/// Everything that an answer depends on.
pub(crate) struct CacheKey<'a> {
    pub(crate) credential: Option<Fingerprint>,
    /// TLS settings, and a proxy of the tenant's: who could have made up the answer.
    pub(crate) peer: Fingerprint,
    pub(crate) method: Method,
    pub(crate) target: &'a Target,
    /// The header fields of the plugin, without validators.
    pub(crate) headers: &'a HeaderMap,
}

impl CacheKey<'_> {
    pub(crate) fn fingerprint(&self, key: &FingerprintKey) -> Fingerprint {
        let fields: BTreeSet<_> =
            self.headers.iter().map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes())).collect();
        let who = self.credential.as_ref().map_or(b"anonymous".as_slice(), Fingerprint::as_bytes);
        let what = [who, self.peer.as_bytes(), self.method.as_str().as_bytes(), self.target.url().as_str().as_bytes()];
        key.of(what.into_iter().chain(fields.into_iter().flat_map(|(name, value)| [name, value])))
    }

    /// Whether an answer to this request may be cached.
    pub(crate) fn is_cacheable(&self) -> bool {
        self.method.reads() && !self.headers.contains_key(RANGE)
    }
}

impl Cache {
    pub(crate) fn new(capacity: u64) -> Self {
        Self { capacity, entries: Mutex::new(Entries { entries: LruCache::unbounded(), bytes: 0 }) }
    }

    pub(crate) fn find(&self, name: Fingerprint) -> Option<Arc<CachedResponse>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).entries.get(&name).cloned()
    }

    /// Caches the answer if that is allowed; otherwise removes the entry, which is out of date.
    pub(crate) fn keep(&self, name: Fingerprint, answer: &RawResponse) {
        let storable = is_storable(answer);
        let stored =
            CachedResponse { status: answer.status, headers: answer.headers.clone(), body: answer.body.clone() };
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(old) = entries.entries.pop(&name) {
            entries.bytes = entries.bytes.saturating_sub(old.weight());
        }
        if !storable || stored.weight() > self.capacity {
            return;
        }
        entries.bytes = entries.bytes.saturating_add(stored.weight());
        entries.entries.put(name, Arc::new(stored));
        while entries.bytes > self.capacity {
            let Some((_, oldest)) = entries.entries.pop_lru() else { break };
            entries.bytes = entries.bytes.saturating_sub(oldest.weight());
        }
    }
}

impl CachedResponse {
    /// Adds the validators of the entry to a request.
    pub(crate) fn ask(&self, headers: &mut HeaderMap) {
        for (validator, condition) in [(ETAG, IF_NONE_MATCH), (LAST_MODIFIED, IF_MODIFIED_SINCE)] {
            if let Some(value) = self.headers.get(validator) {
                headers.insert(condition, value.clone());
            }
        }
    }

    /// The cached answer, with the headers that the 304 updated.
    pub(crate) fn refreshed(&self, not_modified: &HeaderMap) -> RawResponse {
        let mut headers = self.headers.clone();
        for name in not_modified.keys() {
            // These fields describe the empty body of the 304.
            if [CONTENT_LENGTH, CONTENT_ENCODING, CONTENT_RANGE, TRANSFER_ENCODING].contains(name) {
                continue;
            }
            headers.remove(name);
            for value in not_modified.get_all(name) {
                headers.append(name.clone(), value.clone());
            }
        }
        RawResponse { status: self.status, headers, body: self.body.clone() }
    }

    fn weight(&self) -> u64 {
        let head: usize = self.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        OVERHEAD + head as u64 + self.body.len() as u64
    }
}

fn is_storable(answer: &RawResponse) -> bool {
    let says = |name, word: &str| {
        let words = answer
            .headers
            .get_all(name)
            .iter()
            .filter_map(|value: &HeaderValue| value.to_str().ok())
            .flat_map(|v| v.split(','));
        words.map(str::trim).any(|found| found.eq_ignore_ascii_case(word))
    };
    answer.status == StatusCode::OK
        && (answer.headers.contains_key(ETAG) || answer.headers.contains_key(LAST_MODIFIED))
        && !says(CACHE_CONTROL, "no-store")
        && !says(VARY, "*")
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        f.debug_struct("Cache")
            .field("entries", &entries.entries.len())
            .field("bytes", &entries.bytes)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body_bytes: usize, fields: &[(&'static str, &'static str)]) -> RawResponse {
        let headers =
            fields.iter().map(|(name, value)| ((*name).parse().unwrap(), (*value).parse().unwrap())).collect();
        RawResponse { status: StatusCode::OK, headers, body: Bytes::from(vec![b'x'; body_bytes]) }
    }

    fn name(n: u8) -> Fingerprint {
        use std::sync::LazyLock;
        static KEY: LazyLock<FingerprintKey> = LazyLock::new(FingerprintKey::random);
        KEY.of([[n].as_slice()])
    }

    const TAGGED: &[(&str, &str)] = &[("etag", "\"a\"")];

    #[test]
    fn only_answers_with_a_validator_are_kept() {
        let cache = Cache::new(10_000);
        cache.keep(name(1), &answer(1, TAGGED));
        cache.keep(name(2), &answer(1, &[]));
        cache.keep(name(3), &answer(1, &[("etag", "\"a\""), ("cache-control", "private, No-Store")]));
        cache.keep(name(4), &answer(1, &[("etag", "\"a\""), ("vary", "*")]));
        cache.keep(name(5), &RawResponse { status: StatusCode::NOT_FOUND, ..answer(1, TAGGED) });
        let kept: Vec<_> = (1..=5).filter(|n| cache.find(name(*n)).is_some()).collect();
        assert_eq!(kept, [1]);
    }

    #[test]
    fn the_least_recently_used_go_first_and_the_bytes_stay_bounded() {
        let cache = Cache::new(3 * 2_000);
        (1..=3).for_each(|n| cache.keep(name(n), &answer(1_400, TAGGED)));
        assert!(cache.find(name(1)).is_some());
        cache.keep(name(4), &answer(1_400, TAGGED));
        let kept: Vec<_> = (1..=4).filter(|n| cache.find(name(*n)).is_some()).collect();
        assert_eq!(kept, [1, 3, 4]);
        cache.keep(name(5), &answer(7_000, TAGGED));
        assert!(cache.find(name(5)).is_none());
        assert!(cache.entries.lock().unwrap().bytes <= 6_000);
    }

    #[test]
    fn an_answer_that_may_not_be_kept_replaces_the_one_that_was() {
        let cache = Cache::new(10_000);
        cache.keep(name(1), &answer(1, TAGGED));
        cache.keep(name(1), &answer(1, &[]));
        assert!(cache.find(name(1)).is_none());
        assert_eq!(cache.entries.lock().unwrap().bytes, 0);
    }

    #[test]
    fn a_304_updates_the_head_but_not_the_length() {
        let stored = CachedResponse {
            status: StatusCode::OK,
            headers: answer(0, TAGGED).headers,
            body: Bytes::from_static(b"body"),
        };
        let fresh = stored.refreshed(&answer(0, &[("x-ratelimit-remaining", "7"), ("content-length", "0")]).headers);
        assert_eq!((fresh.status, fresh.body.as_ref()), (StatusCode::OK, b"body".as_slice()));
        assert_eq!(fresh.headers.get("x-ratelimit-remaining").unwrap(), "7");
        assert!(fresh.headers.get("content-length").is_none());
    }
}
