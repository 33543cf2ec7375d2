//! Finds the next page in a header, in the body, or by counting.

use serde_json::Value;
use url::Url;

use super::{Paging, Walk};
use crate::error::Error;
use crate::http::{Request, Response};
use crate::json;

impl Walk<'_> {
    /// The URL of the page after this one; `None` at the end of the listing.
    pub(super) fn successor(&self, request: &Request, response: &Response) -> Result<Option<String>, Error> {
        let here = Url::parse(&request.url)
            .map_err(|cause| Error::other("InvalidUrl", format!("{}: {cause}", request.summary())))?;
        match (self.paging, response.header("x-next-page").map(str::trim)) {
            (Paging::NextPage, Some("")) => Ok(None),
            (Paging::NextPage, Some(page)) => Ok(Some(with_parameter(here, "page", page))),
            (Paging::Link | Paging::NextPage, _) => {
                let target = response.header("link").and_then(next_target);
                target.map(|target| self.within_origin(&here, target, request)).transpose()
            }
            (Paging::Numbered(parameter), _) => self.counted(here, parameter, request, response),
            (Paging::NextUrl(pointer), _) => {
                let target = found_at(pointer, request, response)?;
                target.map(|target| self.within_origin(&here, &target, request)).transpose()
            }
            (Paging::Token { at, parameter }, _) => {
                let token = found_at(at, request, response)?;
                Ok(token.map(|token| with_parameter(here, parameter, &token)))
            }
        }
    }

    /// Refuses a page at another origin: the credential would be requested for an address that the user did not name.
    fn within_origin(&self, here: &Url, target: &str, request: &Request) -> Result<String, Error> {
        let next = here.join(target).map_err(|cause| {
            Error::malformed(format!("{}: the link to the next page is not a URL: {cause}", request.summary()))
        })?;
        if next.origin() != here.origin() {
            return Err(Error::malformed(format!(
                "{} pagination leads from {} to {}, another origin; check that spec.url is the forge's external URL",
                self.operation,
                here.origin().ascii_serialization(),
                next.origin().ascii_serialization()
            )));
        }
        Ok(next.into())
    }

    fn counted(
        &self,
        here: Url,
        parameter: &str,
        request: &Request,
        response: &Response,
    ) -> Result<Option<String>, Error> {
        let listed = json::list_at(self.items_at, request, response)?;
        if listed.is_empty() {
            return Ok(None);
        }
        let page = here.query_pairs().find(|(key, _)| key == parameter).map_or("1".into(), |(_, value)| value);
        let page: u64 = page.parse().map_err(|_| {
            Error::other("InvalidUrl", format!("{}: the page {parameter}={page} is not a number", request.summary()))
        })?;
        Ok(Some(with_parameter(here, parameter, &page.saturating_add(1).to_string())))
    }
}

/// The text or number at a pointer in the body; `None` if it is absent, null or empty.
fn found_at(pointer: &str, request: &Request, response: &Response) -> Result<Option<String>, Error> {
    let document: Value = json::decode(request, response)?;
    match document.pointer(pointer) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(_) => Err(Error::malformed(format!(
            "{}: {pointer} is neither a text nor a number, so the next page is unknown",
            request.summary()
        ))),
    }
}

fn with_parameter(mut url: Url, parameter: &str, value: &str) -> String {
    let kept: Vec<(String, String)> =
        url.query_pairs().filter(|(key, _)| key != parameter).map(|(key, value)| (key.into(), value.into())).collect();
    url.query_pairs_mut().clear().extend_pairs(kept).append_pair(parameter, value);
    url.into()
}

/// The target of `rel="next"` in a `Link` header (RFC 8288): `<https://…>; rel="next", <…>; rel="last"`.
pub(super) fn next_target(link: &str) -> Option<&str> {
    let mut rest = link;
    while let Some((_, after)) = rest.split_once('<') {
        let (target, parameters) = after.split_once('>')?;
        let (own, others) = parameters
            .split_once('<')
            .map_or((parameters, ""), |(own, _)| (own, parameters.get(own.len()..).unwrap_or_default()));
        let is_next = own.split([';', ',']).filter_map(|parameter| parameter.split_once('=')).any(|(key, value)| {
            key.trim().eq_ignore_ascii_case("rel")
                && value.trim().trim_matches('"').split_ascii_whitespace().any(|rel| rel.eq_ignore_ascii_case("next"))
        });
        if is_next {
            return Some(target);
        }
        rest = others;
    }
    None
}
