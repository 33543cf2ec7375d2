//! Step 7 of the pipeline: whether an answer is a redirect, and to which target.

use reqwest::StatusCode;
use reqwest::header::LOCATION;

use crate::connection::exchange::RawResponse;
use crate::request::message::Method;
use crate::request::origin::Scheme;
use crate::request::target::Target;

/// The most redirects that the host follows.
pub(crate) const MAX_REDIRECTS: u32 = 3;

/// The next target, or `None` if the answer is the last one. Only requests that read are followed, because the plugin
/// must decide what a redirected write means.
///
/// # Errors
/// The redirect leads to an address that is not allowed; the text is for the plugin.
pub(crate) fn next(method: Method, from: &Target, answer: &RawResponse) -> Result<Option<Target>, String> {
    let moved = matches!(
        answer.status,
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    );
    let Some(location) = answer.headers.get(LOCATION).filter(|_| moved && method.reads()) else { return Ok(None) };
    let refused = |why: &str| Err(format!("{} redirects to a URL that is refused: {why}", from.shown()));
    let Ok(location) = location.to_str() else { return refused("it is not plain text") };
    let to = match from.follow(location) {
        Ok(to) => to,
        Err(refusal) => return refused(&refusal.to_string()),
    };
    if from.origin().scheme() == Scheme::Https && to.origin().scheme() == Scheme::Http {
        return refused("it leads from https to http");
    }
    Ok(Some(to))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use reqwest::header::HeaderMap;

    use super::*;

    fn led(method: Method, status: StatusCode, location: &str) -> Result<Option<String>, String> {
        let headers = HeaderMap::from_iter([(LOCATION, location.parse().unwrap())]);
        let answer = RawResponse { status, headers, body: Bytes::new() };
        let from = Target::parse("https://a.example/x").unwrap();
        next(method, &from, &answer).map(|to| to.map(|to| to.url().to_string()))
    }

    #[test]
    fn reading_requests_are_followed() {
        for status in [301, 302, 303, 307, 308] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(led(Method::Get, status, "/y"), Ok(Some("https://a.example/y".to_owned())), "{status}");
        }
    }

    #[test]
    fn writing_requests_and_other_answers_are_not() {
        assert_eq!(led(Method::Post, StatusCode::TEMPORARY_REDIRECT, "/y"), Ok(None));
        assert_eq!(led(Method::Get, StatusCode::CREATED, "/y"), Ok(None));
    }

    #[test]
    fn a_downgrade_to_plain_text_is_refused() {
        let refusal = led(Method::Get, StatusCode::FOUND, "http://a.example/y").unwrap_err();
        assert!(refusal.contains("from https to http"), "{refusal}");
    }

    #[test]
    fn a_refused_location_is_not_repeated() {
        let refusal = led(Method::Get, StatusCode::FOUND, "https://u:hunter2@a.example/").unwrap_err();
        assert!(!refusal.contains("hunter2"), "{refusal}");
    }
}
