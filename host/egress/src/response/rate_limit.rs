//! Reads quotas and requested back-offs from the headers of an answer. It keeps nothing;
//! [`crate::response::back_off`] does.
//!
//! | what | read from |
//! |---|---|
//! | ask again later (403, 429, 503) | `Retry-After`, in seconds or as a date |
//! | GitHub's primary limit | `x-ratelimit-limit`, `-remaining`, `-reset` (seconds since 1970) |
//! | GitHub's secondary limit | 403 or 429 whose body says so, without `Retry-After`: a minute, as its manual asks |
//! | GitLab | `ratelimit-limit`, `-remaining`, `-reset` (seconds since 1970; the draft standard's seconds to go are read too) |

use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// The longest back-off that is obeyed, so that a wrong header cannot stop the requests to a forge for good.
const LONGEST: Duration = Duration::from_secs(65 * 60);
/// The back-off if the remote does not say how long.
const UNSAID: Duration = Duration::from_secs(60);
/// A larger number is a point in time, not a duration.
const EPOCH_SECONDS: u64 = 1_000_000_000;

/// What one answer says about limits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RateLimit {
    pub(crate) quota: Option<RateWindow>,
    pub(crate) back_off: Option<Duration>,
    /// Whether this answer was refused because of the limit, as opposed to being the last one before it.
    pub(crate) refused: bool,
}

/// The state of a quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RateWindow {
    pub(crate) limit: u64,
    pub(crate) remaining: u64,
    pub(crate) resets_in: Duration,
}

pub(crate) fn read(status: StatusCode, headers: &HeaderMap, body: &[u8], local: SystemTime) -> RateLimit {
    // Times of the remote are compared with its own clock, if it sends it.
    let now = headers.get(DATE).and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok()).unwrap_or(local);
    let quota = count(headers, "x-ratelimit", now).or_else(|| count(headers, "ratelimit", now));
    let asked =
        matches!(status, StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
    let retry_after = headers.get(RETRY_AFTER).and_then(|value| delay(value.to_str().ok()?, now)).filter(|_| asked);
    // GitHub has separate quotas for searches and others; using one up does not use up the main one.
    let main = headers.get("x-ratelimit-resource").is_none_or(|resource| resource == "core");
    let spent = quota.filter(|count| count.remaining == 0 && !count.resets_in.is_zero()).map(|count| count.resets_in);
    let limited = matches!(status, StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS);
    let unsaid = status == StatusCode::TOO_MANY_REQUESTS || (limited && says_secondary(body));

    let refusal = retry_after.or(spent.filter(|_| limited)).or(unsaid.then_some(UNSAID));
    let back_off = refusal.or(spent.filter(|_| main)).map(|pause| pause.min(LONGEST));
    RateLimit { quota, back_off, refused: refusal.is_some() }
}

fn count(headers: &HeaderMap, prefix: &str, now: SystemTime) -> Option<RateWindow> {
    let number = |name: &str| headers.get(format!("{prefix}-{name}"))?.to_str().ok()?.trim().parse::<u64>().ok();
    let reset = number("reset")?;
    let resets_in = if reset >= EPOCH_SECONDS {
        (SystemTime::UNIX_EPOCH + Duration::from_secs(reset.min(EPOCH_SECONDS * 10)))
            .duration_since(now)
            .unwrap_or_default()
    } else {
        Duration::from_secs(reset)
    };
    Some(RateWindow { limit: number("limit")?, remaining: number("remaining")?, resets_in })
}

fn delay(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    match value.parse::<u64>() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => httpdate::parse_http_date(value).ok().map(|until| until.duration_since(now).unwrap_or_default()),
    }
}

fn says_secondary(body: &[u8]) -> bool {
    let lower = body.get(..4096).unwrap_or(body).to_ascii_lowercase();
    memchr::memmem::find(&lower, b"secondary rate limit").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn rate_limit(status: u16, fields: &[(&'static str, &str)], body: &str) -> RateLimit {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.insert(*name, value.parse().unwrap());
        }
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW);
        read(StatusCode::from_u16(status).unwrap(), &headers, body.as_bytes(), now)
    }

    fn silence(status: u16, fields: &[(&'static str, &str)], body: &str) -> Option<u64> {
        rate_limit(status, fields, body).back_off.map(|pause| pause.as_secs())
    }

    #[test]
    fn retry_after_is_read_in_seconds_and_as_a_date() {
        for status in [403, 429, 503] {
            assert_eq!(silence(status, &[("retry-after", "120")], ""), Some(120), "{status}");
        }
        let date = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(NOW + 90));
        assert_eq!(silence(503, &[("retry-after", &date)], ""), Some(90));
        assert_eq!(silence(200, &[("retry-after", "120")], ""), None);
    }

    #[test]
    fn a_date_is_measured_by_the_clock_of_the_remote() {
        let theirs = |offset| httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(NOW + offset));
        assert_eq!(silence(429, &[("date", &theirs(3600)), ("retry-after", &theirs(3610))], ""), Some(10));
    }

    #[test]
    fn the_primary_limit_of_github_lasts_until_its_reset() {
        let reset = (NOW + 300).to_string();
        let spent = [("x-ratelimit-limit", "5000"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", &reset)];
        assert_eq!(silence(403, &spent, ""), Some(300));
        assert!(rate_limit(403, &spent, "").refused);
        let last = rate_limit(200, &spent, "");
        assert_eq!((last.back_off.map(|pause| pause.as_secs()), last.refused), (Some(300), false));
    }

    #[test]
    fn a_forbidden_repository_with_quota_left_is_no_rate_limit() {
        let reset = (NOW + 300).to_string();
        let left = [("x-ratelimit-limit", "5000"), ("x-ratelimit-remaining", "4999"), ("x-ratelimit-reset", &reset)];
        assert_eq!(silence(403, &left, "Resource not accessible by integration"), None);
        assert_eq!(rate_limit(403, &left, "").quota.map(|count| count.remaining), Some(4999));
    }

    #[test]
    fn the_secondary_limit_is_a_minute_unless_it_says_more() {
        assert_eq!(silence(403, &[], "You have exceeded a Secondary Rate Limit."), Some(60));
        assert_eq!(silence(403, &[("retry-after", "30")], "secondary rate limit"), Some(30));
        assert_eq!(silence(429, &[], ""), Some(60));
    }

    #[test]
    fn the_end_of_the_search_quota_does_not_silence_the_rest() {
        let reset = (NOW + 30).to_string();
        let fields = [
            ("x-ratelimit-limit", "30"),
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", &reset),
            ("x-ratelimit-resource", "search"),
        ];
        assert_eq!(silence(200, &fields, ""), None);
    }

    #[test]
    fn gitlab_and_the_draft_standard_are_read() {
        let reset = (NOW + 42).to_string();
        let gitlab = [("ratelimit-limit", "600"), ("ratelimit-remaining", "0"), ("ratelimit-reset", &reset)];
        assert_eq!(silence(429, &gitlab, ""), Some(42));
        let draft = [("ratelimit-limit", "600"), ("ratelimit-remaining", "0"), ("ratelimit-reset", "7")];
        assert_eq!(silence(429, &draft, ""), Some(7));
    }

    #[test]
    fn an_absurd_silence_is_cut() {
        assert_eq!(silence(429, &[("retry-after", "99999999999")], ""), Some(65 * 60));
    }
}
