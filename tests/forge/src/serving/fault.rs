//! Faults: what goes wrong, for which requests, and how often.
//!
//! A fault is data, so that a test, the control API, the command line and a seed file say it the same way. It matches a
//! request by a regular expression searched in the method-less path and query; the numeric `/repositories/{id}/…` links
//! that GitHub's paging hands out are matched under their `/repos/{owner}/{repo}/…` name too.

use std::time::Duration;

use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What goes wrong, where, how often.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Fault {
    /// What happens.
    pub fails: Failure,
    /// A regular expression searched in path and query; the default matches every request.
    #[serde(default, with = "pattern")]
    pub on: Option<Regex>,
    /// Only this method.
    #[serde(default)]
    pub method: Option<String>,
    /// Only from this page on.
    #[serde(default)]
    pub from_page: Option<u64>,
    /// Let this many matching requests pass first.
    #[serde(default)]
    pub after: u64,
    /// How many requests it hits; without it, all until cleared.
    #[serde(default)]
    pub times: Option<u64>,
}

/// The ways to fail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Failure {
    /// This status, with the forge's own body for it or the given one.
    Status {
        /// The status code.
        code: u16,
        /// A Retry-After header, seconds or a date as text.
        #[serde(default)]
        retry_after: Option<String>,
        /// Another body, sent as text.
        #[serde(default)]
        body: Option<String>,
    },
    /// The primary rate limit: 403 (429 on GitLab), nothing remaining, and a reset this many seconds away.
    PrimaryLimit {
        /// Seconds until the reset.
        reset_in: i64,
    },
    /// GitHub's secondary limit: 403 with Retry-After and its own words.
    SecondaryLimit {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// A maintenance page: 200 and HTML.
    Maintenance,
    /// A Content-Length that promises more than is sent.
    TruncatedBody,
    /// Chunks that stop without the last one.
    CutChunks,
    /// The head comes this many milliseconds late.
    SlowHead {
        /// Milliseconds.
        millis: u64,
    },
    /// The body comes a few bytes at a time, with this many milliseconds in between.
    SlowBody {
        /// Milliseconds.
        millis: u64,
    },
    /// The connection is reset once the request was read.
    Reset,
    /// 302 to another path of the same origin, which answers as asked.
    RedirectHere,
    /// 302 to the same path and query under another base URL.
    RedirectTo {
        /// For example `http://127.0.0.1:9999`.
        base: String,
    },
    /// 302 to the same address with the scheme `http`.
    RedirectDowngrade,
    /// 302 to itself, for ever.
    RedirectLoop,
    /// 200 and `[]`, without a next page.
    EmptyList,
    /// 200 and half a JSON document.
    InvalidJson,
    /// 200 and JSON of another shape: an object where a list belongs.
    OtherShape,
    /// The real list, in which the item with this number, id or name has another value in one field.
    UnreadableItem {
        /// Its `number`, `iid`, `id` or `name`, as text.
        item: String,
        /// JSON pointer to a field of the item, for example `/head/sha`.
        field: String,
        /// What stands there instead.
        value: Value,
    },
    /// The real page, whose next page is itself.
    RepeatedPage,
    /// The real page; afterwards this change request is closed, so that the next pages shift.
    ThenClose {
        /// The change request.
        number: u64,
    },
    /// 200 and a JSON list that holds every request header.
    EchoHeaders,
    /// 200 and a JSON document of this many bytes.
    HugeBody {
        /// Bytes.
        bytes: u64,
    },
    /// The same, compressed to a thousandth.
    GzipBomb {
        /// Bytes once unpacked.
        bytes: u64,
    },
    /// The real answer, said to be something else.
    WrongContentType {
        /// For example `text/plain`.
        content_type: String,
    },
}

impl Fault {
    /// `failure` for every request until cleared; narrow it with the methods below.
    pub fn new(failure: Failure) -> Self {
        Self { fails: failure, on: None, method: None, from_page: None, after: 0, times: None }
    }

    /// This status with the forge's own body.
    pub fn status(code: u16) -> Self {
        Self::new(Failure::Status { code, retry_after: None, body: None })
    }

    /// This status with a body of your own.
    pub fn status_saying(code: u16, body: &str) -> Self {
        Self::new(Failure::Status { code, retry_after: None, body: Some(body.to_owned()) })
    }

    /// 429 with Retry-After: seconds, or a date as text.
    pub fn too_many_requests(retry_after: &str) -> Self {
        Self::new(Failure::Status { code: 429, retry_after: Some(retry_after.to_owned()), body: None })
    }

    /// GitHub's secondary limit.
    pub fn secondary_limit(retry_after: u64) -> Self {
        Self::new(Failure::SecondaryLimit { retry_after })
    }

    /// The head comes late.
    pub fn slow_head(delay: Duration) -> Self {
        Self::new(Failure::SlowHead { millis: millis(delay) })
    }

    /// One item of a list has another value in one field, as where a forge answers null.
    pub fn unreadable_item(item: impl ToString, field: &str, value: Value) -> Self {
        Self::new(Failure::UnreadableItem { item: item.to_string(), field: field.to_owned(), value })
    }

    /// The body trickles.
    pub fn slow_body(between: Duration) -> Self {
        Self::new(Failure::SlowBody { millis: millis(between) })
    }

    /// A redirect to another origin.
    pub fn redirect_to(base: &str) -> Self {
        Self::new(Failure::RedirectTo { base: base.trim_end_matches('/').to_owned() })
    }

    /// Only requests whose path and query contain a match of this regular expression.
    ///
    /// # Errors
    /// When `pattern` is not a regular expression.
    pub fn on(self, pattern: &str) -> Result<Self, regex::Error> {
        Ok(Self { on: Some(Regex::new(pattern)?), ..self })
    }

    /// Only the next `times` matching requests.
    #[must_use]
    pub fn times(self, times: u64) -> Self {
        Self { times: Some(times), ..self }
    }

    /// Only the next matching request.
    #[must_use]
    pub fn once(self) -> Self {
        self.times(1)
    }

    /// Only pages from this one on.
    #[must_use]
    pub fn from_page(self, page: u64) -> Self {
        Self { from_page: Some(page), ..self }
    }

    /// Lets `requests` matching ones pass first.
    #[must_use]
    pub fn after(self, requests: u64) -> Self {
        Self { after: requests, ..self }
    }

    /// Only requests with this method.
    #[must_use]
    pub fn for_method(self, method: &str) -> Self {
        Self { method: Some(method.to_ascii_uppercase()), ..self }
    }

    /// Whether this request is hit; counts down when it is.
    fn hits(&mut self, method: &str, names: [&str; 2], page: u64) -> bool {
        let elsewhere = self.on.as_ref().is_some_and(|on| !names.iter().any(|name| on.is_match(name)));
        let other_method = self.method.as_ref().is_some_and(|wanted| !wanted.eq_ignore_ascii_case(method));
        if elsewhere || other_method || self.from_page.is_some_and(|from| page < from) || self.times == Some(0) {
            return false;
        }
        if self.after > 0 {
            self.after -= 1;
            return false;
        }
        self.times = self.times.map(|times| times - 1);
        true
    }
}

/// The first fault that hits, used up ones removed.
pub(crate) fn strike(faults: &mut Vec<Fault>, method: &str, names: [&str; 2], page: u64) -> Option<Failure> {
    let struck = faults.iter_mut().find_map(|fault| fault.hits(method, names, page).then(|| fault.fails.clone()));
    faults.retain(|fault| fault.times != Some(0));
    struck
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A regular expression as text.
mod pattern {
    use regex::Regex;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(on: &Option<Regex>, to: S) -> Result<S::Ok, S::Error> {
        on.as_ref().map(Regex::as_str).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Regex>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| Regex::new(&text).map_err(serde::de::Error::custom)).transpose()
    }
}
