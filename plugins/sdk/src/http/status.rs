//! Tells from an HTTP status whether a request succeeded, or which kind of plugin error it is.
//!
//! Only the status and the documented headers decide. The text of an error body is quoted, but never matched: a body
//! that contains "not found" does not turn a 500 into a 404.

use std::time::{Duration, SystemTime};

use crate::error::{Error, Failure, Retry};
use crate::http::{Http, Request, Response};

/// Sends a request, and turns every answer that is not a success into an error.
///
/// # Errors
/// Those of [`check`], and the error if there was no answer.
pub fn send(http: &dyn Http, request: &Request) -> Result<Response, Error> {
    let response = http.send(request).map_err(|error| error.explain(request))?;
    check(request, response)
}

/// Returns a successful answer, and turns any other status into an error.
///
/// # Errors
/// 401 and 403 `unauthorized` (403 `rate-limited` where the headers say so), 404 and 410 `not-found`, 429
/// `rate-limited`, 408 and 5xx `unavailable`, the rest `other`.
pub fn check(request: &Request, response: Response) -> Result<Response, Error> {
    if (200..300).contains(&response.status) {
        return Ok(response);
    }
    let said = said(&response);
    let summary = request.summary();
    let answered = |hint: &str| format!("{summary} answered {}{said}{hint}", response.status);
    Err(match response.status {
        401 => Error::Unauthorized(Failure::new("Unauthorized", answered(&unauthorized(&response)))),
        403 if is_rate_limit(&response) => rate_limited(&response, answered("")),
        403 => Error::Unauthorized(Failure::new(
            "Forbidden",
            answered("; the credential lacks the right to read this, or the organisation demands single sign-on"),
        )),
        404 => Error::NotFound(Failure::new(
            "NotFound",
            answered(
                "; check spec.url, and that the credential may read it: a forge also answers 404 where the token lacks \
                 access",
            ),
        )),
        410 => Error::NotFound(Failure::new("Gone", answered(""))),
        429 => rate_limited(&response, answered("")),
        408 | 500..=599 => {
            let retry = silence(&response).map_or(Retry::Later, Retry::AfterMs);
            Error::Unavailable(Failure::new("ServerError", answered("")).retry(retry))
        }
        _ => Error::other("UnexpectedStatus", answered("")),
    })
}

/// How the request was authenticated, and what to do about a 401.
fn unauthorized(response: &Response) -> String {
    match &response.authenticated {
        Some(scheme) => format!(
            "; the credential was sent as {scheme}; check that the credential in spec.secretRef exists and has not expired"
        ),
        None => "; no credential was sent; name a Secret with one in spec.secretRef".to_owned(),
    }
}

fn rate_limited(response: &Response, message: String) -> Error {
    let retry = silence(response).map_or(Retry::Later, Retry::AfterMs);
    Error::RateLimited(Failure::new("RateLimited", message).retry(retry))
}

fn is_rate_limit(response: &Response) -> bool {
    response.header("retry-after").is_some()
        || [response.header("x-ratelimit-remaining"), response.header("ratelimit-remaining")].contains(&Some("0"))
}

/// How long the server wants no requests, in milliseconds. Times are compared with the server's own `Date`: a local
/// clock that is wrong cannot turn a reset time into a wait of hours or none.
fn silence(response: &Response) -> Option<u64> {
    if let Some(after) = response.header("retry-after") {
        if let Ok(seconds) = after.trim().parse::<u64>() {
            return Some(seconds.saturating_mul(1000));
        }
        let until = httpdate::parse_http_date(after).ok()?;
        return Some(milliseconds(until.duration_since(date(response)?).unwrap_or_default()));
    }
    let reset = response.header("x-ratelimit-reset").or_else(|| response.header("ratelimit-reset"))?;
    let until = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(reset.trim().parse().ok()?))?;
    Some(milliseconds(until.duration_since(date(response)?).unwrap_or_default()))
}

fn date(response: &Response) -> Option<SystemTime> {
    httpdate::parse_http_date(response.header("date")?).ok()
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The server's own message, if the body is short JSON: forges explain errors in `message`, `error` or
/// `error_description`.
fn said(response: &Response) -> String {
    let Ok(body) = serde_json::from_slice::<serde_json::Value>(&response.body) else { return String::new() };
    let text = ["message", "error_description", "error"].into_iter().find_map(|key| body.get(key)?.as_str());
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return String::new() };
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect();
    format!(": {line}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Answer, answer};

    const DATE: &str = "Sat, 21 Nov 2026 12:00:00 GMT";

    fn failure(answer: Answer) -> Error {
        check(&Request::get("https://forge.example/pulls?page=2"), answer.response()).unwrap_err()
    }

    #[test]
    fn a_refused_token_is_unauthorized_and_quotes_the_server() {
        let error = failure(answer(401).authenticated("bearer").text(r#"{"message": "Bad credentials"}"#));
        assert_eq!(error.kind(), "unauthorized");
        assert_eq!(
            error.to_string(),
            "GET https://forge.example/pulls answered 401: Bad credentials; the credential was sent as bearer; check that the \
             credential in spec.secretRef exists and has not expired"
        );
    }

    #[test]
    fn a_401_says_that_nothing_was_sent() {
        let error = failure(answer(401));
        assert_eq!(
            error.to_string(),
            "GET https://forge.example/pulls answered 401; no credential was sent; name a Secret with one in spec.secretRef"
        );
    }

    #[test]
    fn a_403_is_a_rate_limit_only_if_its_headers_say_so() {
        assert_eq!(failure(answer(403).text(r#"{"message": "rate limit exceeded"}"#)).kind(), "unauthorized");
        assert_eq!(failure(answer(403).header("X-RateLimit-Remaining", "12")).kind(), "unauthorized");
        let exhausted = failure(
            answer(403)
                .header("date", DATE)
                .header("X-RateLimit-Remaining", "0")
                .header("X-RateLimit-Reset", "1795262460"),
        );
        assert_eq!(exhausted.kind(), "rate-limited");
        assert_eq!(exhausted.failure().retry, Retry::AfterMs(60_000));
        let secondary = failure(answer(403).header("Retry-After", "30"));
        assert_eq!(secondary.failure().retry, Retry::AfterMs(30_000));
    }

    #[test]
    fn a_404_says_that_the_token_may_lack_access() {
        let error = failure(answer(404).text(r#"{"message": "Not Found"}"#));
        assert_eq!(error.kind(), "not-found");
        assert!(error.to_string().contains("the token lacks access"), "{error}");
    }

    #[test]
    fn a_429_obeys_seconds_dates_and_reset_times() {
        assert_eq!(failure(answer(429)).failure().retry, Retry::Later);
        assert_eq!(failure(answer(429).header("Retry-After", "7")).failure().retry, Retry::AfterMs(7000));
        let dated = answer(429).header("date", DATE).header("Retry-After", "Sat, 21 Nov 2026 12:00:05 GMT");
        assert_eq!(failure(dated).failure().retry, Retry::AfterMs(5000));
        let past = answer(429).header("date", DATE).header("RateLimit-Reset", "1795262000");
        assert_eq!(failure(past).failure().retry, Retry::AfterMs(0));
        let clockless = answer(429).header("RateLimit-Reset", "1795262460");
        assert_eq!(failure(clockless).failure().retry, Retry::Later);
    }

    #[test]
    fn a_broken_server_is_unavailable_whatever_its_body_says() {
        let error = failure(answer(502).text(r#"{"message": "404 project not found"}"#));
        assert_eq!((error.kind(), error.failure().code.as_str()), ("unavailable", "ServerError"));
        assert_eq!(failure(answer(503).header("retry-after", "2")).failure().retry, Retry::AfterMs(2000));
    }

    #[test]
    fn other_statuses_are_errors_too() {
        assert_eq!(failure(answer(410)).kind(), "not-found");
        assert_eq!(failure(answer(422).text(r#"{"error": "bad\nregex"}"#)).kind(), "other");
        assert!(failure(answer(422).text(r#"{"error": "bad\nregex"}"#)).to_string().ends_with("422: bad regex"));
        assert_eq!(failure(answer(304)).kind(), "other");
    }
}
